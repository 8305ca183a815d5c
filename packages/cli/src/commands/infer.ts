import { randomBytes } from 'node:crypto'
import { basename } from 'node:path'
import { connectClient } from '@cocoi/client'
import { locateBroker } from '@cocoi/discovery'
import type { InferenceAnswer, InferenceParameters } from '@cocoi/protocol'
import { loadConfig, type MqttConfig, mqttSchema, readBrokerAccess } from '@cocoi/service'
import type { Command } from 'commander'
import { parseInputArgument } from '../input-argument.ts'
import { readRequest } from '../inputs.ts'
import { axes, scheme, schemeHelp, transports, wholeNumber } from '../option-values.ts'
import { requireWritable } from '../output-files.ts'
import { describeOutputs, saveOutputs } from '../outputs.ts'
import { createProgress } from '../progress.ts'
import { bytes, milliseconds } from '../tables.ts'

interface InferFlags {
  readonly broker?: string
  readonly scheme?: string
  readonly axis?: 'rows' | 'columns'
  readonly transport?: 'float16' | 'float32'
  readonly deadline?: number
  readonly client?: string
  readonly user?: string
  readonly passwordFile?: string
  readonly saveOutputs?: string
}

/** `cocoi infer MODEL FILE`: asks a running cluster, as a sensor would. */
export function addInfer(program: Command): void {
  program
    .command('infer')
    .summary('ask a running cluster, as a sensor would')
    .description('Send an image or .npy tensors to a running cluster, and show the answer.')
    .argument('<model>', 'name of the model')
    .argument('<file>', 'image, FILE.npy, or NAME=FILE.npy,NAME=FILE.npy')
    .option('--broker <url>', 'URL of the broker; by default the one in the configuration')
    .option('--scheme <scheme>', `instead of the model's: ${schemeHelp}`)
    .option('--axis <axis>', 'cut layers along rows or columns', axes)
    .option('--transport <type>', 'float16 or float32 on the wire', transports)
    .option(
      '--deadline <ms>',
      'milliseconds after which an answer is useless',
      wholeNumber('--deadline', 1, 3_600_000),
    )
    .option('--user <name>', 'log in as this user')
    .option('--password-file <file>', 'file with the password of that user')
    .option('--client <id>', 'name of this client; by default that of the user, or cocoi-infer')
    .option('--save-outputs <folder>', 'write the outputs as .npy')
    .action(infer)
}

async function infer(model: string, file: string, flags: InferFlags): Promise<void> {
  const mqtt = loadConfig(mqttSchema, {
    section: 'mqtt',
    flags: { url: flags.broker, username: flags.user, passwordFile: flags.passwordFile },
  })
  if (flags.scheme) scheme(flags.scheme)
  const input = await readRequest(file)
  await requireWritable(flags)
  const id = flags.client ?? nameOf(mqtt)
  const progress = createProgress()
  progress.step(`asking ${model}`)
  const access = await locateBroker(readBrokerAccess(mqtt))
  const client = await connectClient({ ...access, base: mqtt.base, id })
  try {
    if (client.watch.coordinatorStatus?.state !== 'online') {
      progress.detail('no coordinator is online; waiting for one')
    }
    const answer = await client.infer(model, input, parametersOf(flags))
    progress.done()
    progress.print(describe(answer).join('\n'))
    if (flags.saveOutputs) {
      const input = basename(parseInputArgument(file).files[0]!.path)
      await saveOutputs(flags.saveOutputs, { input, scheme: answer.plan.scheme }, answer)
    }
  } catch (error) {
    progress.fail()
    throw error
  } finally {
    await client.close()
  }
}

/** Of two connections with one name the broker ends the older one, so every command has another. */
function nameOf({ username }: MqttConfig): string {
  return username || `cocoi-infer-${randomBytes(4).toString('hex')}`
}

function describe(answer: InferenceAnswer): string[] {
  const { timing, plan, devices, bytes: moved } = answer
  const used = devices.used.length > 0 ? devices.used.join(' ') : 'the coordinator'
  const late = devices.late.length > 0 ? `, late: ${devices.late.join(' ')}` : ''
  const traffic = `${bytes(moved.out)} out, ${bytes(moved.in)} back`
  return [
    ...describeOutputs(answer),
    `${plan.scheme}, ${milliseconds(timing.totalMs)}, ${traffic}, used: ${used}${late}`,
    ...plan.notes.map(note => `note: ${note}`),
  ]
}

function parametersOf({ scheme, axis, transport, deadline }: InferFlags): InferenceParameters {
  return {
    ...(scheme ? { scheme } : {}),
    ...(axis ? { axis } : {}),
    ...(transport ? { transport } : {}),
    ...(deadline ? { deadlineMs: deadline } : {}),
  }
}
