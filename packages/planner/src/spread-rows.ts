/**
 * Who gets which row, as the scheduler's Stage deals them out: every row to the device with the
 * smallest share of its rows taken, the first of equals.
 *
 * @param rowsPerDevice shares
 * @returns for every row the index of its device
 */
export function spreadRows(
  rows: number,
  devices: number,
  rowsPerDevice: readonly number[],
): Int32Array {
  const owners = new Int32Array(rows)
  const taken = new Int32Array(devices)
  for (let row = 0; row < rows; row++) {
    let chosen = 0
    for (let device = 1; device < devices; device++) {
      const share = (index: number) => (taken[index]! + 1) / rowsPerDevice[index]!
      if (share(device) < share(chosen)) chosen = device
    }
    taken[chosen]!++
    owners[row] = chosen
  }
  return owners
}
