import { fuzzedParsers } from '../parsers/index.ts'
import { randomFor } from '../random.ts'
import { attempt } from '../trial.ts'

const name = process.env.COCOI_FUZZED_PARSER
const parser = fuzzedParsers.find(one => one.name === name)
if (!parser) throw new Error(`COCOI_FUZZED_PARSER names no parser: ${name}`)
const random = randomFor(1, parser.name, 0)

/** Parses a payload of the fuzzer. @throws {Error} if it leads to anything but a value or a refusal */
export async function parseGuided(payload: Buffer): Promise<void> {
  const { crash } = await attempt(parser!, { bytes: new Uint8Array(payload), random })
  if (crash !== undefined) throw new Error(`${parser!.name}: ${crash}`)
}
