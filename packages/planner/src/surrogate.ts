import type { StageLayout, TransportType } from '@cocoi/partition'
import type { CoordinatorProfile, DeviceProfile } from './profile.ts'
import { codedElements, wireBytes } from './stage-load.ts'

/** A stage and who computes it, as the paper sees them: n equal devices, each with a link of its own. */
export interface SurrogateOptions {
  readonly layout: StageLayout
  readonly transport: TransportType
  readonly devices: number
  readonly device: DeviceProfile
  readonly coordinator: CoordinatorProfile
}

/**
 * CoCoI's convex surrogate of the expected latency of a stage under an (n, k) code
 * (arXiv:2501.06856), with k relaxed to the reals and W_O/k rows a piece:
 *
 *     L(k) = (N_enc + N_dec)·(θ_m + 1/μ_m) + N_rec·θ_rec + N_cmp·θ_cmp + N_sen·θ_sen
 *          + (N_rec/μ_rec + N_cmp/μ_cmp + N_sen/μ_sen) · ln(n/(n−k))
 *
 * with N_enc = 2·k·n and N_dec = 2·k² operations per element of a piece, N_rec and N_sen bytes,
 * N_cmp operations. The logarithm is the k-th order statistic of *one* exponential; for the sum of
 * three it is too large, which is why k° comes out too small. What the coordinator shares (network
 * interface, broker) is not in it.
 */
export function surrogateMs(options: SurrogateOptions, k: number): number {
  const { layout, transport, devices: n, device, coordinator } = options
  const rows = layout.extent / k
  const { input, output } = elementsAt(layout, rows)
  const codingOps = 2 * k * n * input + 2 * k * k * output
  const receive = (input * wireBytes[transport]) / device.link.bytesPerS
  const send = (output * wireBytes[transport]) / device.link.bytesPerS
  const compute = (layout.flops * rows) / layout.extent / device.flopsPerS
  const coding = (codingOps / coordinator.flopsPerS) * (1 + coordinator.straggling)
  const { straggling } = device.link
  const scale = (receive + send) * straggling + compute * device.straggling
  return (coding + receive + compute + send + scale * Math.log(n / (n - k))) * 1000
}

/** k°: the whole number beside the minimum of L on [1, n − 1] where L is smaller. */
export function surrogateChoice(options: SurrogateOptions): number {
  const most = Math.min(options.devices - 1, options.layout.extent)
  if (most < 1) return 1
  let [low, high] = [1, most]
  while (high - low > 1e-3) {
    const [a, b] = [low + (high - low) / 3, high - (high - low) / 3]
    if (surrogateMs(options, a) < surrogateMs(options, b)) high = b
    else low = a
  }
  const [below, above] = [Math.max(1, Math.floor(low)), Math.min(most, Math.ceil(high))]
  return surrogateMs(options, below) <= surrogateMs(options, above) ? below : above
}

/** Elements of a piece of `rows` rows, a real number: they grow linearly (halo + stride·rows). */
function elementsAt(layout: StageLayout, rows: number): { input: number; output: number } {
  const [one, two] = [codedElements(layout, 1), codedElements(layout, 2)]
  return {
    input: one.input + (rows - 1) * (two.input - one.input),
    output: one.output * rows,
  }
}
