import { parseSchemeRequest, type SchemeRequest } from '@cocoi/planner'

/**
 * Reads schemes separated by commas, which also separate the two numbers of one.
 *
 * @throws {PlannerError} ERR_BAD_SCHEME_NAME
 */
export function readSchemes(text: string): SchemeRequest[] {
  return text.split(/,(?=\s*[a-z])/).map(parseSchemeRequest)
}
