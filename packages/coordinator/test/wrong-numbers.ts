import { decodeFrame, encodeFrame } from '@cocoi/protocol'
import type { Transport } from '@cocoi/transport'
import { known } from './memory-cluster.ts'

/**
 * The connection of a device with a broken memory: one byte of every result is another one.
 *
 * @param release results are held back until it resolves
 */
export function withWrongNumbers(
  transport: Transport,
  release: () => Promise<void> = () => Promise.resolve(),
): Transport {
  return new Proxy(transport, {
    get(target, key) {
      if (key === 'publish') return (...args: PublishArguments) => publish(target, args, release)
      const value = Reflect.get(target, key, target) as unknown
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

type PublishArguments = Parameters<Transport['publish']>

async function publish(
  transport: Transport,
  [topic, payload, options]: PublishArguments,
  release: () => Promise<void>,
) {
  if (known.parse(topic)?.kind !== 'deviceResults')
    return transport.publish(topic, payload, options)
  const { header, tensors } = decodeFrame(payload)
  if (header.type !== 'result') return transport.publish(topic, payload, options)
  await release()
  const wrong = tensors.map(tensor => {
    const data = tensor.data.slice()
    // Sign and exponent of a number in the middle, little-endian.
    const size = tensor.type === 'float16' ? 2 : 4
    const at = Math.floor(data.length / size / 2) * size + size - 1
    data[at] = data[at]! ^ 0xc4
    return { ...tensor, data }
  })
  return transport.publish(topic, encodeFrame(header, wrong), options)
}
