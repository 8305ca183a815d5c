import { PROFILES, type ProfileName, parseSchemeRequest } from '@cocoi/planner'
import { InvalidArgumentError } from 'commander'

/** A reader of whole numbers for an option of the command line. */
export function wholeNumber(option: string, least: number, most: number): (text: string) => number {
  return text => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (value >= least && value <= most) return value
    throw new InvalidArgumentError(`${option} takes a whole number from ${least} to ${most}`)
  }
}

/** A reader of one of a few words. */
export function oneOf<T extends string>(option: string, words: readonly T[]): (text: string) => T {
  return text => {
    const word = words.find(one => one === text)
    if (word !== undefined) return word
    throw new InvalidArgumentError(`${option} takes ${words.join(' or ')}`)
  }
}

/** A reader of `--scheme`; it only checks. */
export function scheme(text: string): string {
  parseSchemeRequest(text)
  return text
}

export const axes = oneOf('--axis', ['rows', 'columns'])
export const transports = oneOf('--transport', ['float16', 'float32'])

/** How schemes are written, for help texts. */
export const schemeHelp =
  'auto, local, whole, uncoded, replication[:r], mds[:n,k], vandermonde[:n,k] or lt[:n,k]'

const profileNames = Object.keys(PROFILES) as ProfileName[]

export const profiles = oneOf('--profile', profileNames)

/** What profiles there are, for help texts. */
export const profileHelp = `what the devices are like: ${profileNames.join(', ')}`
