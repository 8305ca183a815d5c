import { InvalidArgumentError } from 'commander'

/** A reader of whole numbers for an option of the command line. */
export function wholeNumber(option: string, least: number, most: number): (text: string) => number {
  return text => {
    const value = Number(text)
    if (Number.isInteger(value) && value >= least && value <= most) return value
    throw new InvalidArgumentError(`${option} takes a whole number from ${least} to ${most}.`)
  }
}
