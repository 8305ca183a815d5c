import { readFile } from 'node:fs/promises'
import { connectClient } from '@cocoi/client'
import type { InferenceInput, InferenceParameters } from '@cocoi/protocol'
import { loadConfig, mqttSchema, readBrokerAccess } from '@cocoi/service'
import type { Command } from 'commander'
import { readTensors } from '../inputs.ts'
import { wholeNumber } from '../numbers.ts'
import { describeOutputs, saveOutputs } from '../outputs.ts'
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
    .description('send an image or a .npy tensor to a running cluster and show the answer')
    .argument('<model>', 'name of the model')
    .argument('<file>', 'image, FILE.npy, or NAME=FILE.npy,NAME=FILE.npy')
    .option('--broker <url>', 'URL of the broker; by default the one in the configuration')
    .option('--scheme <scheme>', 'scheme instead of the default')
    .option('--axis <axis>', 'rows or columns')
    .option('--transport <type>', 'float16 or float32 on the wire')
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
  const client = await connectClient({
    ...readBrokerAccess(mqtt),
    base: mqtt.base,
    id: flags.client ?? (mqtt.username || 'cocoi-infer'),
  })
  try {
    const answer = await client.infer(model, await readRequest(file), parametersOf(flags))
    for (const line of describeOutputs(answer)) process.stdout.write(`${line}\n`)
    const { timing, plan, devices, bytes: moved } = answer
    const late = devices.late.length > 0 ? `, late: ${devices.late.join(' ')}` : ''
    process.stdout.write(
      `${plan.scheme}, ${milliseconds(timing.totalMs)}, ${bytes(moved.out)} out, ${bytes(moved.in)} back, used: ${devices.used.join(' ') || 'the coordinator'}${late}\n`,
    )
    for (const note of plan.notes) process.stdout.write(`note: ${note}\n`)
    if (flags.saveOutputs) {
      await saveOutputs(flags.saveOutputs, { input: model, scheme: plan.scheme }, answer)
    }
  } finally {
    await client.close()
  }
}

function parametersOf({ scheme, axis, transport, deadline }: InferFlags): InferenceParameters {
  return {
    ...(scheme ? { scheme } : {}),
    ...(axis ? { axis } : {}),
    ...(transport ? { transport } : {}),
    ...(deadline ? { deadlineMs: deadline } : {}),
  }
}

async function readRequest(file: string): Promise<InferenceInput> {
  if (!file.includes('.npy')) return { image: new Uint8Array(await readFile(file)) }
  return { tensors: await readTensors(file) }
}
