/**
 * Numbers as Maelstrom sees them, in lines of JSON that JavaScript reads.
 *
 * Nodes of other languages answer with 64-bit ids and store nanoseconds, and to Maelstrom, which is Clojure, 3.0 is no
 * integer and 1 is not 1.0. `JSON.parse` loses both. So where a real process's line comes in, each number that would
 * be lost becomes a string that holds its text behind an invisible mark, and where a line goes out to one it becomes a
 * number again. In between it is a value like any other: equal to one of the same text, and not to be had where an
 * integer is asked for. (So 1.0 and 1.00, which are equal to Maelstrom, differ here; nobody writes both.)
 *
 * What a node itself wrote as a string that begins with the mark gets the mark twice, and loses one on its way out. Keys
 * of objects are left alone, both ways.
 */

/** WORD JOINER: takes no place, and is hardly ever the beginning of anything. */
const mark = "\u2060"

const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/

/** Whether JavaScript does not give this back as Clojure has it. It has `-0` as 0 too, and fractions as doubles. */
const isLost = (literal: string): boolean => {
  if (!number.test(literal)) return false // then the line is no JSON either
  const value = Number(literal)
  return /[.eE]/.test(literal) ? Number.isInteger(value) || !Number.isFinite(value) : !Number.isSafeInteger(value)
}

/** The end of the string that begins with the quote at `start`. */
const endOfString = (text: string, start: number): number => {
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at]
    if (character === '"') return at + 1
    if (character === "\\") at++
  }
  return text.length
}

/**
 * Replaces strings, with their quotes, and numbers, but no keys. What is no JSON stays none: a number only ever takes the
 * place of a string, and a string that of a number.
 */
const rewrite = (text: string, replace: (token: string) => string): string => {
  const starts = /"|[-\d][-+.\deE]*/g
  const colon = /[ \t\n\r]*:/y
  let result = ""
  let done = 0
  for (let found = starts.exec(text); found !== null; found = starts.exec(text)) {
    const start = found.index
    const end = found[0] === '"' ? endOfString(text, start) : starts.lastIndex
    starts.lastIndex = colon.lastIndex = end
    if (colon.test(text)) continue
    const token = text.slice(start, end)
    const other = replace(token)
    if (other === token) continue
    result += text.slice(done, start) + other
    done = end
  }
  return result + text.slice(done)
}

/** Usual lines have none of this, and cost no more than a look. */
const isSuspect = /\d{16}|\d[.eE]|"(?:\u2060|\\u2060)/

/** A line that a node wrote, so that JavaScript loses none of its numbers. */
export const read = (line: string): string =>
  isSuspect.test(line)
    ? rewrite(line, (token) =>
      token.startsWith('"')
        ? token.startsWith(mark, 1) || token.startsWith("\\u2060", 1) ? `"${mark}${token.slice(1)}` : token
        : isLost(token)
        ? `"${mark}${token}"`
        : token)
    : line

/** What `read` has read, or JSON of its values, as the node wrote it. */
export const write = (json: string): string =>
  json.includes(`"${mark}`)
    ? rewrite(json, (token) => {
      if (!token.startsWith(`"${mark}`)) return token
      const literal = token.slice(2, -1)
      return number.test(literal) ? literal : `"${token.slice(2)}`
    })
    : json

/** A value's text as a node would write it: the way to show a value to anybody. */
export const text = (value: unknown): string => write(JSON.stringify(value))
