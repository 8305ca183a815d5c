import { CONFIG_SECTIONS } from './schema/sections.ts'
import type { KeyPath } from './settings-tree.ts'

/** Name of a section of the configuration. */
export type SectionName = keyof typeof CONFIG_SECTIONS

/** Every section, in the order of the schema. */
export const SECTION_NAMES = Object.keys(CONFIG_SECTIONS) as SectionName[]

/** A setting, as its schema describes it. */
export interface SettingKey {
  readonly path: KeyPath
  /** The path with dots, for example `broker.tls.port`. */
  readonly key: string
  readonly description: string
  /** What a number counts, for example `bytes`. */
  readonly unit?: string
  /** Environment variable that sets it. */
  readonly variable: string
}

/** What is read of a zod schema; `shape` belongs to one that holds further keys. */
interface Field {
  readonly shape?: Record<string, Field>
  readonly description?: string | undefined
  meta(): { readonly unit?: unknown } | undefined
}

/** The settings of some sections, in the order of the schema. */
export function settingKeys(sections: readonly SectionName[] = SECTION_NAMES): SettingKey[] {
  return sections.flatMap(section =>
    keysIn(CONFIG_SECTIONS[section] as unknown as Field, [section]),
  )
}

function keysIn(field: Field, path: KeyPath): SettingKey[] {
  const { shape } = field
  if (shape === undefined) return [keyOf(field, path)]
  return Object.entries(shape).flatMap(([key, inner]) => keysIn(inner, [...path, key]))
}

function keyOf(field: Field, path: KeyPath): SettingKey {
  const unit = field.meta()?.unit
  const words = path.join('_').replace(/[A-Z]/g, letter => `_${letter}`)
  return {
    path,
    key: path.join('.'),
    description: field.description ?? '',
    ...(typeof unit === 'string' ? { unit } : {}),
    variable: `COCOI_${words}`.toUpperCase(),
  }
}
