import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

/**
 * The arrow table: for every workspace folder the siblings it may import, complete. What is not
 * listed is forbidden. ARCHITECTURE.md explains the layers.
 */
const pure: Record<string, string[]> = {
  'packages/coding': [],
  'packages/onnx': [],
  'packages/scheduler': [],
  'packages/protocol': [],
  'packages/partition': ['coding', 'onnx'],
  'packages/planner': ['coding', 'onnx', 'partition'],
  'packages/simulator': ['coding', 'partition', 'planner', 'scheduler'],
  'packages/zoo': ['onnx'],
}
const inputOutput: Record<string, string[]> = {
  'packages/engine': ['onnx'],
  'packages/transport': ['protocol'],
  'packages/discovery': [],
  'packages/service': [],
  'packages/blobs': ['protocol', 'transport'],
  'packages/models': ['blobs', 'engine', 'onnx'],
}
const apps: Record<string, string[]> = {
  broker: ['discovery', 'protocol', 'service'],
  'devices/agent': [
    ...['blobs', 'coding', 'discovery', 'engine', 'onnx', 'partition', 'planner', 'protocol'],
    ...['scheduler', 'service', 'transport'],
  ],
  'packages/client': ['protocol', 'transport'],
  'packages/coordinator': [
    ...['blobs', 'coding', 'discovery', 'engine', 'models', 'onnx', 'partition', 'planner'],
    ...['protocol'],
    ...['scheduler', 'service', 'transport'],
  ],
  'packages/release': ['onnx'],
  'packages/testbed': ['client', 'protocol', 'service', 'transport'],
  'packages/cli': [
    ...['blobs', 'broker', 'client', 'coding', 'coordinator', 'device-agent', 'discovery'],
    ...[
      'engine',
      'models',
      'onnx',
      'partition',
      'planner',
      'protocol',
      'service',
      'simulator',
      'testbed',
    ],
    ...['transport', 'zoo'],
  ],
}
const arrows = { ...pure, ...inputOutput, ...apps }
const root = fileURLToPath(new URL('../../', import.meta.url))

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => join(folder, name))
}

function imports(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8')
  return [...text.matchAll(/(?:from\s+|import\s*\(?\s*)'([^']+)'/g)].map(match => match[1]!)
}

function workspaceFolders(): string[] {
  const folders = ['packages', 'devices'].flatMap(parent =>
    readdirSync(join(root, parent)).map(name => join(parent, name)),
  )
  return [...folders, 'broker'].filter(folder => statSync(join(root, folder)).isDirectory())
}

describe('architecture', () => {
  it('lists every workspace folder in the arrow table', () => {
    expect(workspaceFolders().sort()).to.deep.equal(Object.keys(arrows).sort())
  })

  for (const [folder, allowed] of Object.entries(arrows)) {
    it(`${folder} imports only what the arrow table allows`, () => {
      const siblings = sources(`${folder}/src`).flatMap(file =>
        imports(file)
          .filter(name => name.startsWith('@cocoi/'))
          .filter(name => !allowed.includes(name.slice('@cocoi/'.length)))
          .map(name => `${file} → ${name}`),
      )
      expect(siblings).to.deep.equal([])
    })

    it(`${folder} stays inside its own folder with relative imports`, () => {
      const strays = sources(`${folder}/src`).flatMap(file =>
        imports(file)
          .filter(name => name.startsWith('.'))
          .map(name => relative(`${folder}/src`, join(file, '..', name)))
          .filter(path => path.startsWith('..')),
      )
      expect(strays).to.deep.equal([])
    })
  }

  for (const folder of Object.keys(pure)) {
    it(`${folder} is pure: no Node module, clock or randomness`, () => {
      const impure = sources(`${folder}/src`).filter(file => {
        const text = readFileSync(join(root, file), 'utf8')
        const clock = /\bDate\.now|new Date\(|Math\.random|performance\.now|setTimeout|setInterval/
        return clock.test(text) || imports(file).some(name => name.startsWith('node:'))
      })
      expect(impure).to.deep.equal([])
    })
  }

  it('keeps every source file under 300 lines', () => {
    const long = Object.keys(arrows)
      .flatMap(folder => sources(`${folder}/src`))
      .filter(file => !file.endsWith('_pb.ts'))
      .filter(file => readFileSync(join(root, file), 'utf8').split('\n').length > 300)
    expect(long).to.deep.equal([])
  })
})
