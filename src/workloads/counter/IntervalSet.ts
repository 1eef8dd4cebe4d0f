/**
 * Sets of whole numbers, kept as intervals: all values of a sum of which some terms are optional. n optional terms may
 * have 2^n sums; as long as the terms are small or many, these lie close together and make few intervals.
 */

/** Intervals in ascending order, their ends included, with gaps between them. */
export type IntervalSet = ReadonlyArray<readonly [low: bigint, high: bigint]>

export const has = (set: IntervalSet, value: bigint): boolean =>
  set.some(([low, high]) => low <= value && value <= high)

const orNot = (set: IntervalSet, term: bigint): IntervalSet => {
  const all = [...set, ...set.map(([low, high]) => [low + term, high + term] as const)]
    .toSorted(([a], [b]) => a < b ? -1 : a > b ? 1 : 0)
  const merged: Array<readonly [bigint, bigint]> = []
  for (const [low, high] of all) {
    const last = merged.at(-1)
    if (last === undefined || low > last[1] + 1n) merged.push([low, high])
    else merged[merged.length - 1] = [last[0], high > last[1] ? high : last[1]]
  }
  return merged
}

const magnitude = (term: bigint): bigint => term < 0n ? -term : term

/** All sums of `definite` and any of the `optional` terms. */
export const sums = (definite: bigint, optional: ReadonlyArray<bigint>): IntervalSet =>
  optional
    .toSorted((a, b) => magnitude(a) < magnitude(b) ? -1 : magnitude(a) > magnitude(b) ? 1 : 0) // small terms first: their sums fill the gaps that larger terms leave
    .reduce<IntervalSet>(orNot, [[definite, definite]])
