import { createHash } from 'node:crypto'
import {
  decodeFrame,
  encodeControl,
  encodeFrame,
  encodeInferenceRequest,
  parseDeviceHealth,
  splitPayload,
  TOPICS,
  type TopicKind,
  topics,
} from '@cocoi/protocol'
import { expect } from 'chai'
import { Question } from '../helpers/question.ts'
import { RawPublisher } from '../helpers/raw-publisher.ts'
import { smallNetwork } from '../helpers/small-network.ts'
import { startVirtualCluster, type VirtualCluster } from '../helpers/virtual-cluster.ts'
import type { Message } from '../helpers/wiretap.ts'

const known = topics()
const device = 'pi1'
const sha256 = createHash('sha256').update('no such blob').digest('hex')

/** Every topic of the table, by the kind of agent that reads it. */
const readByCoordinator = {
  infer: known.infer({ model: 'small', client: 'evil', request: 'r1' }),
  deviceStatus: known.deviceStatus({ device }),
  deviceHealth: known.deviceHealth({ device }),
  deviceResults: known.deviceResults({ coordinator: 'main', device }),
  blobGet: known.blobGet({ coordinator: 'main', sha256, device }),
}
const readByDevice = {
  subtasks: known.subtasks({ device }),
  control: known.control({ device }),
  blobData: known.blobData({ coordinator: 'main', sha256, device }),
}
const readByClients = {
  result: known.result({ client: 'tester', request: 'r1' }),
  coordinatorStatus: known.coordinatorStatus(),
  coordinatorHealth: known.coordinatorHealth(),
  modelState: known.modelState({ model: 'small' }),
  events: known.events(),
}

const mib = 1024 * 1024

/** What is wrong everywhere: no text, half a text, a lie about lengths, half a part, far too much. */
const malformed: Record<string, Uint8Array> = {
  noise: Uint8Array.from({ length: 1000 }, (_, i) => (i * 197 + 31) & 0xff),
  'half a text': new TextEncoder().encode('{"state":"onl'),
  'a lying length': Uint8Array.of(0xff, 0xff, 0xff, 0x7f, 1, 2, 3, 4),
  'another frame': encodeFrame({ type: 'missing', message: 'x' }, []),
  'half a part': splitPayload(new Uint8Array(2000), { maxPayloadBytes: 1000, id: 1n })[0]!.subarray(
    ...[0, 20],
  ),
}

/** A part of a message that would be larger than any may be. */
const partOfTooMuch = splitPayload(new Uint8Array(65 * mib), { maxPayloadBytes: mib, id: 2n })[0]!

describe('hostile messages', function () {
  this.timeout(90_000)
  let cluster: VirtualCluster
  let question: Question
  let attacker: RawPublisher
  const passed = new Map<string, Message[]>()

  before(async () => {
    cluster = await startVirtualCluster({
      devices: 3,
      models: { small: { model: smallNetwork() } },
      coordinator: { heartbeatMs: 250, maxInputBytes: mib },
      device: { heartbeatMs: 250 },
    })
    question = await Question.of(cluster)
    attacker = await RawPublisher.open(cluster.url)
    for (const kind of Object.keys(TOPICS) as TopicKind[]) {
      for (const filter of known.filters(kind)) {
        await cluster.wiretap.listen(filter, message => {
          const earlier = passed.get(message.topic) ?? []
          if (earlier.length < 4) passed.set(message.topic, [...earlier, message])
        })
      }
    }
    await ask()
  })

  after(async () => {
    await attacker?.close()
    await cluster?.stop()
  })

  const ask = () => question.ask({ scheme: 'mds:3,2', transport: 'float32' })

  const droppedByCoordinator = () => cluster.view.coordinator.health?.dropped ?? 0
  const droppedByDevice = () => cluster.view.devices.get(device)?.health?.dropped ?? 0

  /** Sends messages and waits until so many more have been counted as dropped. */
  async function expectDropped(dropped: () => number, messages: readonly Message[]): Promise<void> {
    const before = dropped()
    for (const { topic, payload } of messages) await attacker.publish(topic, payload)
    const text = `${messages.length} messages are dropped and counted`
    await cluster.view.until(text, () => dropped() >= before + messages.length)
  }

  for (const [kind, topic] of Object.entries(readByCoordinator)) {
    it(`malformed and oversized ones of kind ${kind} are counted by the coordinator`, async () => {
      const oversized = [new Uint8Array(2 * mib)]
      const payloads = [...Object.values(malformed), partOfTooMuch, ...oversized]
      // To the coordinator other frames and noise might be images; only decoding shows that they are not.
      const certain = kind === 'infer' ? payloads.filter(isNoImage) : payloads
      await expectDropped(
        droppedByCoordinator,
        certain.map(payload => ({ topic, payload })),
      )
      await ask()
    })
  }

  for (const [kind, topic] of Object.entries(readByDevice)) {
    it(`malformed and oversized ones of kind ${kind} are counted by the device`, async () => {
      const oversized = kind === 'control' ? [new Uint8Array(2 * mib)] : []
      const expected = kind === 'blobData' ? [] : [malformed['another frame']!]
      const { 'another frame': _, ...others } = malformed
      const payloads = [...Object.values(others), ...expected, partOfTooMuch, ...oversized]
      await expectDropped(
        droppedByDevice,
        payloads.map(payload => ({ topic, payload })),
      )
      await ask()
    })
  }

  for (const [kind, topic] of Object.entries(readByClients)) {
    it(`malformed and oversized ones of kind ${kind} do not disturb a client`, async () => {
      const answering = ask()
      for (const payload of [...Object.values(malformed), partOfTooMuch, new Uint8Array(mib)]) {
        await attacker.publish(topic, payload)
      }
      await answering
      await ask()
    })
  }

  it('what was said before and is said again changes nothing', async () => {
    const replays = [...passed.values()].flat()
    for (const kind of ['deviceResults', 'deviceHealth'] as const) {
      const replayed = replays.filter(message => isWellFormed(kind, message))
      expect(replayed, kind).to.have.length.above(2)
      await expectDropped(droppedByCoordinator, replayed)
    }
    const [first] = cluster.view.inState('online')
    for (const { topic, payload } of replays) await attacker.publish(topic, payload)
    await ask()
    expect(cluster.view.inState('online')).to.include(first).and.to.have.length(3)
  })

  it('a request that is asked twice under one identifier is answered twice and computed once', async () => {
    const request = 'twice'
    const topic = known.infer({ model: 'small', client: 'evil', request })
    const { tensors } = question
    const payload = encodeInferenceRequest({ tensors, parameters: { format: 'json' } })
    const answers: string[] = []
    const second = await cluster.wiretap.expect(
      known.result({ client: 'evil', request }),
      answer => {
        answers.push(new TextDecoder().decode(answer.payload))
        return answers.length === 2
      },
    )
    const first = await cluster.wiretap.expect(known.result({ client: 'evil', request }))
    await attacker.publish(topic, payload)
    await first.seen
    await attacker.publish(topic, payload)
    await second.seen
    expect(answers[1]).to.equal(answers[0])
  })

  it('topics that are none of ours are nobody’s business', async () => {
    const strange = [
      'cocoi/infer/small',
      'cocoi/devices/pi1',
      'cocoi/results/main/p%1',
      'cocoi/x/y/z',
    ]
    for (const topic of strange) await attacker.publish(topic, encodeControl({ type: 'drain' }))
    await ask()
    expect(cluster.view.inState('online')).to.have.length(3)
  })
})

/** Whether it is a result or a heartbeat, not one of the malformed ones. */
function isWellFormed(
  kind: 'deviceResults' | 'deviceHealth',
  { topic, payload }: Message,
): boolean {
  if (known.parse(topic)?.kind !== kind) return false
  try {
    if (kind === 'deviceResults') return decodeFrame(payload).header.type === 'result'
    return parseDeviceHealth(payload).seq >= 0
  } catch {
    return false
  }
}

function isNoImage(payload: Uint8Array): boolean {
  return (
    payload[0] === 0x7b ||
    payload === partOfTooMuch ||
    payload === malformed['half a part'] ||
    payload.length > mib
  )
}
