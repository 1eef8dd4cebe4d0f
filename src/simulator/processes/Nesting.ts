/**
 * How deep JSON is nested. Parsers that call themselves fail on what is nested too deep, each at a depth of its own, so
 * what comes from outside has a limit: the one that Maelstrom's parser has.
 */

/** In levels of arrays and objects. */
export const deepest = 1000

/** The end of the string that begins with the quote at `start`. */
const endOfString = (text: string, start: number): number => {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let backslashes = 0
    while (text[at - 1 - backslashes] === "\\") backslashes++
    if (backslashes % 2 === 0) return at
  }
  return text.length
}

/** Whether a text is nested deeper than that, as far as one can say where it is no JSON. One look at each character. */
export const isTooDeep = (text: string): boolean => {
  if (text.length <= deepest) return false
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case '"':
        at = endOfString(text, at)
        break
      case "[":
      case "{":
        if (++depth > deepest) return true
        break
      case "]":
      case "}":
        depth--
    }
  }
  return false
}
