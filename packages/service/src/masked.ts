/** The text without the user name and password that a URL in it may hold. */
export function masked(text: string): string {
  return text.replace(/\/\/.*@/g, '//…@')
}
