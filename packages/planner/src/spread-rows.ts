/**
 * Who gets which row, as the scheduler's Stage deals them out: every row to the device with the
 * smallest share of its rows taken, the first of equals.
 *
 * @param shares by device, in the order in which they are asked
 * @returns for every row the index of its device
 */
export function spreadRows(rows: number, shares: readonly number[]): Int32Array {
  const owners = new Int32Array(rows)
  const taken = new Int32Array(shares.length)
  const share = (device: number) => (taken[device]! + 1) / shares[device]!
  for (let row = 0; row < rows; row++) {
    let chosen = 0
    for (let device = 1; device < shares.length; device++) {
      if (share(device) < share(chosen)) chosen = device
    }
    taken[chosen]!++
    owners[row] = chosen
  }
  return owners
}
