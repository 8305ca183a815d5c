import { encodeControl, ProtocolError, parseControl } from '@cocoi/protocol'
import { expect } from 'chai'

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))

function refusal(payload: Uint8Array): string {
  try {
    parseControl(payload)
  } catch (error) {
    expect(error).to.be.instanceOf(ProtocolError).with.property('code', 'ERR_BAD_MESSAGE')
    return (error as ProtocolError).message
  }
  throw new Error('the message was accepted')
}

/** A control message of almost the allowed size that holds `item` again and again. */
function filled(opening: string, item: string): Uint8Array {
  return Uint8Array.from(Buffer.concat([hex(opening), Buffer.alloc(1_000_000, hex(item))]))
}

describe('CBOR of others', () => {
  it('is refused with a tag, so that nothing but plain values is ever made of it', () => {
    const tagged = {
      'a date': 'c1 00',
      'a regular expression': 'd8 1b 82 66 526567457870 61 2e',
      'a set': 'd9 0102 81 01',
      'a shared value': 'd8 1c 81 d8 1d 00',
      'a record': 'd9 dfff 83 19 e000 81 61 61 01',
      'a float array': 'd8 55 44 00000000',
      'bytes around no bytes': 'd8 40 01',
    }
    for (const [what, bytes] of Object.entries(tagged)) {
      expect(refusal(hex(bytes)), what).to.match(/the tag \d+/)
    }
  })

  it('may tag its bytes as bytes, as some libraries do', () => {
    expect(refusal(hex('a1 61 78 d8 40 42 0102'))).to.contain('type')
  })

  it('does not become a big number, which would take minutes', () => {
    expect(refusal(filled('c2 5a 000f4240', 'ff'))).to.contain('the tag 2')
  })

  it('does not become a million objects', () => {
    expect(refusal(filled('9f', '80'))).to.contain('more than 262144 items')
    expect(refusal(filled('', '81'))).to.contain('more than 32 deep')
  })

  it('is refused with lengths that lie', () => {
    expect(refusal(hex('5b ffffffffffffffff 00'))).to.contain('longer than the message')
    expect(refusal(hex('9b ffffffffffffffff 00'))).to.contain('ends inside an item')
    expect(refusal(hex('1c'))).to.contain('reserved')
    expect(refusal(hex('ff'))).to.contain('break')
    expect(refusal(hex('1f'))).to.contain('without length')
    expect(refusal(hex('7f 61 61 ff'))).to.contain('in pieces')
    expect(refusal(hex('01 01'))).to.contain('another item')
  })

  it('may be of indefinite length, as small encoders write it', () => {
    expect(parseControl(hex('bf 64 74797065 65 647261696e ff'))).to.deep.equal({ type: 'drain' })
    expect(parseControl(encodeControl({ type: 'drain' }))).to.deep.equal({ type: 'drain' })
  })
})
