import { type Guess, LoginThrottle } from '@cocoi/broker'
import { expect } from 'chai'

const SECOND = 1000
const ADDRESS = '192.0.2.7'

describe('LoginThrottle', () => {
  let throttle: LoginThrottle

  beforeEach(() => {
    throttle = new LoginThrottle()
  })

  const waitMs = (guess: Guess, now = 0) => {
    const attempt = throttle.begin(guess, now)
    attempt.withdraw()
    return attempt.waitMs
  }

  function fail(times: number, guess: Guess, now = 0): void {
    for (let i = 0; i < times; i += 1) expect(throttle.begin(guess, now).waitMs).to.equal(0)
  }

  it('lets ten failures pass, then makes the next wait 1, 2, 4, … and at most 30 s', () => {
    const guess = { user: undefined, address: ADDRESS }
    fail(10, guess)
    let now = 0
    const waits: number[] = []
    for (let i = 0; i < 7; i += 1) {
      const wait = waitMs(guess, now)
      waits.push(wait / SECOND)
      now += wait
      fail(1, guess, now)
    }
    expect(waits).to.deep.equal([1, 2, 4, 8, 16, 30, 30])
  })

  it('counts failures at one user whatever address they come from', () => {
    for (let i = 0; i < 10; i += 1) fail(1, { user: 'cam', address: `192.0.2.${i}` })
    expect(waitMs({ user: 'cam', address: '198.51.100.1' })).to.equal(SECOND)
    expect(waitMs({ user: 'pi', address: '198.51.100.1' })).to.equal(0)
  })

  it('counts an IPv6 network as one address, and an IPv4 one in IPv6 form as itself', () => {
    for (let i = 0; i < 10; i += 1) fail(1, { user: undefined, address: `2001:db8::${i}:1%eth0` })
    expect(waitMs({ user: undefined, address: '2001:db8:0:0:ffff::' })).to.equal(SECOND)
    expect(waitMs({ user: undefined, address: '2001:db8:0:1::1' })).to.equal(0)
    fail(10, { user: undefined, address: '192.0.2.1' })
    expect(waitMs({ user: undefined, address: '::ffff:192.0.2.1' })).to.equal(SECOND)
    expect(waitMs({ user: undefined, address: '::ffff:192.0.2.2' })).to.equal(0)
  })

  it('does not keep out who has logged in from that address before', () => {
    const cam = { user: 'cam', address: ADDRESS }
    throttle.begin(cam, 0).succeeded()
    fail(10, { user: undefined, address: ADDRESS })
    for (let i = 0; i < 10; i += 1) fail(1, { user: 'cam', address: `198.51.100.${i}` })
    expect(waitMs(cam)).to.equal(0)
    fail(10, cam)
    expect(waitMs(cam)).to.equal(SECOND)
  })

  it('is not reset by guessing right at one user and wrong at others', () => {
    const own = { user: 'mallory', address: ADDRESS }
    for (let i = 0; i < 10; i += 1) {
      fail(1, { user: 'cam', address: ADDRESS })
      throttle.begin(own, 0).succeeded()
    }
    expect(waitMs({ user: 'cam', address: ADDRESS })).to.equal(SECOND)
  })

  it('does not take logins that overlap for failures', () => {
    const cam = { user: 'cam', address: ADDRESS }
    for (let i = 0; i < 20; i += 1) {
      const [first, second] = [throttle.begin(cam, 0), throttle.begin(cam, 0)]
      first.succeeded()
      second.succeeded()
    }
    fail(10, { user: 'pi', address: ADDRESS })
  })

  it('forgets after a quarter of an hour', () => {
    fail(10, { user: 'cam', address: ADDRESS })
    fail(10, { user: 'cam', address: ADDRESS }, 15 * 60 * SECOND)
  })

  it('keeps a bounded table and forgets the oldest addresses first', () => {
    throttle = new LoginThrottle({ maxEntries: 100 })
    const at = (i: number) => ({ user: undefined, address: `10.0.${i >> 8}.${i & 255}` })
    fail(10, at(0))
    for (let i = 1; i <= 50; i += 1) fail(1, at(i))
    expect(waitMs(at(0))).to.equal(SECOND)
    for (let i = 1; i <= 100; i += 1) fail(1, at(i + 100))
    expect(waitMs(at(0))).to.equal(0)
  })
})
