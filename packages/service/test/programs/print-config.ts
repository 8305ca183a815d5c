// Prints one section of the configuration: print-config SECTION [FLAGS as JSON]
import { CONFIG_SECTIONS, loadConfig, ServiceError } from '@cocoi/service'

const section = process.argv[2] as keyof typeof CONFIG_SECTIONS
const flags = JSON.parse(process.argv[3] ?? '{}') as object
try {
  const settings = loadConfig(CONFIG_SECTIONS[section], { section, flags })
  // structuredClone refuses the proxies of node-config, as sending them to a worker would.
  console.log(JSON.stringify(structuredClone(settings)))
  console.error(`NODE_CONFIG_DIR is ${process.env.NODE_CONFIG_DIR ?? 'unset'}`)
} catch (error) {
  if (!(error instanceof ServiceError)) throw error
  console.error(`${error.code}: ${error.message}`)
  process.exitCode = 2
}
