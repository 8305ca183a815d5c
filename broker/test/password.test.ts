import { hashPassword, PasswordChecker, parseCredential } from '@cocoi/broker'
import { expect } from 'chai'

describe('PasswordChecker', () => {
  it('refuses more than a few at a time instead of piling them up, and goes on afterwards', async () => {
    const checker = new PasswordChecker({ maxRunning: 2, maxWaiting: 3 })
    const checks = Array.from({ length: 9 }, () => checker.matches(Buffer.from('x')))
    const outcomes = await Promise.allSettled(checks)
    expect(outcomes.map(({ status }) => status)).to.deep.equal([
      ...Array(5).fill('fulfilled'),
      ...Array(4).fill('rejected'),
    ])
    expect(await checker.matches(Buffer.from('x'))).to.equal(false)
  })

  it('says yes to the password and no to anything else', async () => {
    const credential = parseCredential(await hashPassword('Grüße'))
    if (credential?.kind !== 'password') throw new Error('not a password')
    const checker = new PasswordChecker()
    const answers = ['Grüße', 'Grusse', ''].map(text =>
      checker.matches(Buffer.from(text), credential),
    )
    expect(await Promise.all(answers)).to.deep.equal([true, false, false])
  })
})
