import { createProgram, exitCode, explainFailure, type RunFlags, readRunOrder } from '@cocoi/cli'
import { expect } from 'chai'

/** What is said of a command line that commander does not let through. */
async function refusal(line: string): Promise<{ text: string; exit: number }> {
  const [verb, ...args] = line.split(' ').filter(Boolean)
  try {
    await createProgram().parseAsync([verb!, ...args], { from: 'user' })
  } catch (error) {
    return explainFailure(error, verb)
  }
  throw new Error(`cocoi ${line} was accepted`)
}

const flags: RunFlags = {
  ...{ devices: 6, scheme: ['mds'], axis: 'rows', transport: 'float16', minIntensity: 32 },
  ...{ kill: 0, freeze: 0, slow: { count: 0, factor: 1 }, repeat: 1 },
}

describe('command line', () => {
  const wrong: Record<string, string> = {
    'run m.onnx --axis diagonal':
      'ERR_USAGE: --axis takes rows or columns, not "diagonal"; see cocoi run --help\n',
    'plan m.onnx --transport int8':
      'ERR_USAGE: --transport takes float16 or float32, not "int8"; see cocoi plan --help\n',
    'plan m.onnx --profile pi9':
      'ERR_USAGE: --profile takes pi4-gbe or pi4-wifi or pi4-slow or mixed or pi4-throttled, not "pi9"; see cocoi plan --help\n',
    'simulate --model m.onnx --scenario sun':
      'ERR_BAD_SCENARIO: "sun" is not a scenario: use healthy | stragglers:SCALE | delays:MS | failures:N[:hang] | slow:FACTOR, for example stragglers:1+failures:2\n',
    'simulate --model m.onnx --coordinators 0':
      'ERR_USAGE: --coordinators takes a whole number from 1 to 100, not "0"; see cocoi simulate --help\n',
    'simulate --model m.onnx --switch fast':
      'ERR_USAGE: --switch takes a whole number from 1 to 1000000, not "fast"; see cocoi simulate --help\n',
    'simulate --model vgg17':
      'ERR_ZOO_UNKNOWN_MODEL: the zoo has no "vgg17"; it has vgg16, resnet18, resnet50, mobilenetv2\n',
    'run m.onnx --devices 6.5':
      'ERR_USAGE: --devices takes a whole number from 1 to 64, not "6.5"; see cocoi run --help\n',
    'run m.onnx --devices':
      "ERR_USAGE: option '--devices <n>' argument missing; see cocoi run --help\n",
    'run m.onnx --slow 2x5':
      'ERR_USAGE: --slow takes N:FACTOR with a factor of 1 or more, such as 2:5, not "2x5"; see cocoi run --help\n',
    'run m.onnx --repeats 3':
      "ERR_USAGE: unknown option '--repeats', did you mean --repeat?; see cocoi run --help\n",
    'models add': "ERR_USAGE: missing required argument 'name'; see cocoi models --help\n",
    'run m.onnx --scheme mds:4,6':
      'ERR_BAD_SCHEME: mds:4,6 asks for 6 results out of 4: k cannot exceed n\n',
    'plan m.onnx --scheme mds:6,0':
      'ERR_BAD_SCHEME: k, the number of pieces, must be a whole number from 1 to 256, not 0\n',
    'run m.onnx --kill 4 --freeze 3':
      'ERR_USAGE: --kill 4 and --freeze 3 strike 7 devices, but --devices is 6\n',
    'run m.onnx --devices 3 --slow 4:2':
      'ERR_USAGE: --slow 4:2 needs 4 devices, but --devices is 3\n',
    'run m.onnx --input /no/such.jpg':
      'ERR_NO_INPUT: cannot read the input /no/such.jpg: no such file or directory\n',
    'run m.onnx --json /no/such/folder/report.json':
      'ERR_NO_OUTPUT: cannot write /no/such/folder/report.json: no such file or directory\n',
    'run --scheme mds': 'ERR_USAGE: which model? put it first: cocoi run model.onnx …\n',
    'infer face /no/such.jpg':
      'ERR_NO_INPUT: cannot read the input /no/such.jpg: no such file or directory\n',
    'models add x': 'ERR_USAGE: give either the file of the model, or --zoo ARCHITECTURE\n',
    'models add x m.onnx --zoo vgg16':
      'ERR_USAGE: give either the file of the model, or --zoo ARCHITECTURE\n',
    'models list --repository /no/such':
      'ERR_NO_INPUT: cannot read the repository /no/such: no such folder\n',
  }
  for (const [line, text] of Object.entries(wrong)) {
    it(`refuses: cocoi ${line}`, async () => {
      expect(await refusal(line)).to.deep.equal({ text, exit: exitCode.usage })
    })
  }

  it('finds the model behind options that take several values', () => {
    const given = { ...flags, scheme: ['mds', 'model.onnx'], input: ['a.jpg'] }
    const { modelPath, flags: rest } = readRunOrder(undefined, given)
    expect([modelPath, rest.scheme, rest.input]).to.deep.equal(['model.onnx', ['mds'], ['a.jpg']])
  })

  it('describes every command and option in its help', () => {
    const commands = createProgram().commands.flatMap(command => [command, ...command.commands])
    const mute = commands.flatMap(command => [
      ...(command.description() === '' ? [command.name()] : []),
      ...command.options.filter(one => one.description === '').map(({ flags }) => flags),
      ...command.registeredArguments.filter(one => one.description === '').map(one => one.name()),
    ])
    expect(mute).to.deep.equal([])
  })
})
