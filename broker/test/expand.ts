/** Every text that braces stand for, as in a shell: `a/{b,c}` is `a/b` and `a/c`. */
export function expand(...patterns: string[]): string[] {
  return patterns.flatMap(pattern => {
    const [all, before = '', choices = '', after = ''] =
      /^([^{]*)\{([^}]*)\}(.*)$/.exec(pattern) ?? []
    if (all === undefined) return [pattern]
    return choices.split(',').flatMap(choice => expand(before + choice + after))
  })
}
