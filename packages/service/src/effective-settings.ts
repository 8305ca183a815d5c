import { explain, type Findings } from './explain.ts'
import { gather } from './load-config.ts'
import { masked } from './masked.ts'
import { CONFIG_SECTIONS } from './schema/sections.ts'
import { SECTION_NAMES, type SectionName, type SettingKey, settingKeys } from './setting-keys.ts'
import { type Layer, type Tree, valueAt } from './settings-tree.ts'

/** A setting, its value, and the source that has the last word on it. */
export interface EffectiveSetting extends SettingKey {
  /** A password in a URL is hidden; other secrets are files, of which this is the path. */
  readonly value: unknown
  readonly origin: Layer['kind']
  /** The file, the environment variable or `the command line`. */
  readonly from: string
}

/** Flags of the command line by section. */
export type SectionFlags = Partial<Record<SectionName, object>>

/**
 * The settings a daemon would run with here, each with where it comes from.
 *
 * @throws {ServiceError} ERR_BAD_CONFIG as `loadConfig`, for the sections that are asked for
 */
export function effectiveSettings(
  sections: readonly SectionName[] = SECTION_NAMES,
  flags: SectionFlags = {},
): EffectiveSetting[] {
  const findings = gather([], flags as Tree)
  for (const section of sections) check(section, findings)
  return settingKeys(sections).map(key => {
    const value = valueAt(findings.values, key.path)
    const layer = findings.layers.findLast(one => valueAt(one.values, key.path) !== undefined)!
    const shown = typeof value === 'string' ? masked(value) : value
    return { ...key, value: shown, origin: layer.kind, from: layer.name }
  })
}

function check(section: SectionName, findings: Findings): void {
  const outcome = CONFIG_SECTIONS[section].safeParse(findings.values[section])
  if (!outcome.success) throw explain(outcome.error.issues, [section], findings)
}
