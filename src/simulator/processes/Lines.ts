/** How much of a line is shown. */
const shown = 300

/** A line as it is shown. */
export const shorten = (line: string): string => line.length > shown ? `${line.slice(0, shown)}…` : line

/** How many of the last lines are kept. */
const kept = 20

/** In characters: what is longer is cut, so that memory is bounded. */
const longest = 1 << 24

export interface Lines {
  /** Reads more text. */
  readonly read: (text: string) => void
  /** There is no more: what has no newline yet is a line too. */
  readonly end: () => void
  /** The last lines, shortened. */
  readonly last: () => ReadonlyArray<string>
}

/** Cuts text into lines. They end at a newline alone. */
export const make = (onLine: (line: string) => void): Lines => {
  let rest = ""
  let last: Array<string> = []
  const take = (line: string): void => {
    last.push(shorten(line))
    if (last.length > 2 * kept) last = last.slice(-kept)
    onLine(line)
  }
  const end = (): void => {
    const line = rest
    rest = ""
    if (line !== "") take(line)
  }
  return {
    read: (text) => {
      const at = text.lastIndexOf("\n")
      const lines = at === -1 ? [] : (rest + text.slice(0, at)).split("\n")
      rest = at === -1 ? rest + text : text.slice(at + 1)
      for (const line of lines) take(line)
      if (rest.length > longest) end()
    },
    end,
    last: () => last.slice(-kept)
  }
}
