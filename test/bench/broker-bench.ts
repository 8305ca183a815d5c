import { connectMqtt, type Transport, whenConnected } from '@cocoi/transport'
import { mosquittoMissing, startMosquitto } from '../helpers/mosquitto.ts'
import { type Bench, inTurns } from './measure.ts'
import { startOurBroker } from './our-broker.ts'

/** Less than what our broker lets wait for one reader. */
const oneWay = { messages: 10, bytes: 2_000_000 }
/** What takes longer than this is lost. */
const patienceMs = 30_000
const gather = { devices: 10, bytes: 1_000_000 }

/** Our broker in terms of mosquitto, a process of its own each; undefined if that is not installed. */
export async function brokerBench(): Promise<Bench | undefined> {
  if (mosquittoMissing('mosquitto')) return undefined
  const [ours, theirs] = [await startOurBroker(), await startMosquitto()]
  const [own, other] = [await Traffic.open(ours.url), await Traffic.open(theirs.url)]
  return {
    rounds: 15,
    ratios: {
      'broker, one way': '10 messages of 2 MB to one reader through our broker, over mosquitto',
      'broker, gather': '1 MB to each of ten clients and back through our broker, over mosquitto',
    },
    round: async index => ({
      'broker, one way': await inTurns(
        index,
        () => own.oneWay(),
        () => other.oneWay(),
      ),
      'broker, gather': await inTurns(
        index,
        () => own.gather(),
        () => other.gather(),
      ),
    }),
    close: async () => {
      await Promise.all([own.close(), other.close()])
      await Promise.all([ours.stop(), theirs.stop()])
    },
  }
}

/** A coordinator and ten devices as far as bytes go. */
class Traffic {
  readonly #centre: Transport
  readonly #devices: readonly Transport[]
  #onMessage: () => void = () => undefined

  private constructor(centre: Transport, devices: readonly Transport[]) {
    this.#centre = centre
    this.#devices = devices
  }

  static async open(url: string): Promise<Traffic> {
    const connect = (clientId: string) => connectMqtt({ url, clientId, keepaliveS: 60 })
    const devices = Array.from({ length: gather.devices }, (_, i) => connect(`device-${i}`))
    const traffic = new Traffic(connect('centre'), devices)
    await Promise.all([traffic.#centre, ...devices].map(one => whenConnected(one, 10_000)))
    await traffic.#centre.subscribe('cocoi/bench/back/+', () => traffic.#onMessage())
    for (const [i, device] of devices.entries()) {
      const answer = (payload: Uint8Array) => send(device, `cocoi/bench/back/${i}`, payload)
      await device.subscribe(`cocoi/bench/out/${i}`, (_, payload) => void answer(payload))
    }
    return traffic
  }

  async oneWay(): Promise<void> {
    const arrived = this.#arrivalOf(oneWay.messages)
    const payload = new Uint8Array(oneWay.bytes)
    for (let i = 0; i < oneWay.messages; i++) {
      await send(this.#devices[0]!, 'cocoi/bench/back/0', payload)
    }
    await arrived
  }

  async gather(): Promise<void> {
    const arrived = this.#arrivalOf(gather.devices)
    const payload = new Uint8Array(gather.bytes)
    for (const i of this.#devices.keys()) void send(this.#centre, `cocoi/bench/out/${i}`, payload)
    await arrived
  }

  async close(): Promise<void> {
    await Promise.all([this.#centre, ...this.#devices].map(one => one.close()))
  }

  #arrivalOf(count: number): Promise<void> {
    let missing = count
    return new Promise((resolve, reject) => {
      const lost = () => reject(new Error(`${missing} of ${count} messages were lost`))
      const timer = setTimeout(lost, patienceMs)
      this.#onMessage = () => {
        missing -= 1
        if (missing > 0) return
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

function send(from: Transport, topic: string, payload: Uint8Array): Promise<void> {
  return from.publish(topic, payload, { qos: 0, timeoutMs: 30_000 })
}
