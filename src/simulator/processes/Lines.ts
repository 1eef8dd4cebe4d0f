/** How much of a line is shown. */
const shown = 300

/** A line as it is shown. */
export const shorten = (line: string): string => line.length > shown ? `${line.slice(0, shown)}…` : line

/** How many of the last lines are kept. */
const kept = 20

/** In characters: what is longer is cut behind that, so that memory is bounded. */
export const longest = 1 << 24

/** What has come since the last line, and is none yet. */
export interface Unended {
  readonly text: string
  /** When the first of it came, in ms. */
  readonly at: number
}

export interface Lines {
  /** Reads more text. */
  readonly read: (text: string) => void
  /** There is no more: what has no newline yet is a line too. */
  readonly end: () => void
  readonly unended: () => Unended | undefined
  /** The last lines, shortened. */
  readonly last: () => ReadonlyArray<string>
}

/** Cuts text into lines. They end at a newline alone. `now` is in ms. */
export const make = (onLine: (line: string) => void, now: () => number): Lines => {
  let rest = ""
  let at = 0
  let last: Array<string> = []
  const take = (line: string): void => {
    last.push(shorten(line))
    if (last.length > 2 * kept) last = last.slice(-kept)
    onLine(line)
  }
  const endLine = (): void => {
    const line = rest
    rest = ""
    if (line !== "") take(line)
  }
  return {
    read: (text) => {
      const end = text.lastIndexOf("\n")
      if (end !== -1 || rest === "") at = now()
      const lines = end === -1 ? [] : (rest + text.slice(0, end)).split("\n")
      rest = end === -1 ? rest + text : text.slice(end + 1)
      for (const line of lines) take(line)
      if (rest.length > longest) endLine()
    },
    end: endLine,
    unended: () => rest === "" ? undefined : { text: rest, at },
    last: () => last.slice(-kept)
  }
}
