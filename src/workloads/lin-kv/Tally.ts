/**
 * How many there are of each kind; kinds are whole numbers from 0. Immutable, and one more is cheap also among thousands of
 * kinds: counts are kept in pages, of which one is copied.
 */

export interface Tally {
  readonly total: number
  readonly pages: ReadonlyArray<Page | undefined>
}
type Page = ReadonlyArray<number>

const pageSize = 32
const blank: Page = Array.from({ length: pageSize }, () => 0)

export const none: Tally = { total: 0, pages: [] }

export const count = ({ pages }: Tally, kind: number): number =>
  pages[Math.floor(kind / pageSize)]?.[kind % pageSize] ?? 0

export const oneMore = (tally: Tally, kind: number): Tally => {
  const at = Math.floor(kind / pageSize)
  const page = (tally.pages[at] ?? blank).slice()
  page[kind % pageSize]!++
  const pages = tally.pages.slice()
  pages[at] = page
  return { total: tally.total + 1, pages }
}

/** Whether `a` has no more of any kind than `b`. */
export const isAtMost = (a: Tally, b: Tally): boolean => {
  if (a === b || a.total === 0) return true
  if (a.total > b.total) return false
  return a.pages.every((page, at) =>
    page === undefined || page === b.pages[at] || page.every((count, i) => count <= (b.pages[at]?.[i] ?? 0))
  )
}
