const MAX_TOPIC_CHARACTERS = 512
// U+FFFD stands where bytes were not UTF-8: two different wire topics would look the same here.
const FORBIDDEN = /[\p{Cc}\p{Surrogate}\uFFFD]/u

/** Whether text is a topic we are ready to handle: stricter than MQTT about its characters. */
export function isTopic(text: string): boolean {
  return isSane(text) && !/[+#]/.test(text)
}

/** Whether text is such a filter: `+` for a whole level, `#` for all levels from the last on. */
export function isFilter(text: string): boolean {
  const levels = text.split('/')
  return (
    isSane(text) &&
    levels.every((level, index) =>
      level === '#' ? index === levels.length - 1 : level === '+' || !/[+#]/.test(level),
    )
  )
}

function isSane(text: string): boolean {
  return text.length > 0 && text.length <= MAX_TOPIC_CHARACTERS && !FORBIDDEN.test(text)
}
