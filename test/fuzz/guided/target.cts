// jsfuzz loads its target with require and calls `fuzz` with each payload.
const ready = import('./guided-parser.js')

exports.fuzz = async (payload: Buffer): Promise<void> => {
  const { parseGuided } = await ready
  await parseGuided(payload)
}
