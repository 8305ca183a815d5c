import picocolors from 'picocolors'

/**
 * Colours for a terminal, none for a file, a pipe or somebody who set NO_COLOR. The library alone would
 * also colour the logs of continuous integration, which are files.
 */
export const colours = picocolors.createColors(
  process.stdout.isTTY === true && !process.env.NO_COLOR,
)
