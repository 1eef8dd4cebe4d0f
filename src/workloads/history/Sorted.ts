/** Ranks and quantiles of numbers in ascending order. */

/** How many of the numbers are below this one. */
export const rank = (sorted: ReadonlyArray<number>, value: number): number => {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}

/** As Jepsen has it: of n values the one at index ⌊q·n⌋, for q = 1 the last one; 0 of none. */
export const quantile = (sorted: ReadonlyArray<number>, q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0

/** The quantiles at which Maelstrom tells latencies. */
const points = [0, 0.5, 0.95, 0.99, 1]

/** The values at these quantiles; undefined if there are no values. The values may be in any order. */
export const quantiles = (values: ReadonlyArray<number>): Readonly<Record<string, number>> | undefined => {
  if (values.length === 0) return undefined
  const sorted = values.toSorted((a, b) => a - b)
  return Object.fromEntries(points.map((point) => [String(point), quantile(sorted, point)]))
}
