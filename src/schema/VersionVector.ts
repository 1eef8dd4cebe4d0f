/**
 * How many operations of each origin a node has: all up to this number, and none after it. Of an origin that is not
 * mentioned it has none.
 *
 * Fidge, "Timestamps in message-passing systems that preserve the partial ordering", 1988; Mattern, "Virtual time and
 * global states of distributed systems", 1989.
 */
import * as Schema from "effect/Schema"

/** A name that stands for one life of a node, such as `n3.k2j4x0`: a node that starts again is another origin. */
export const Origin = Schema.NonEmptyString.pipe(Schema.brand("Origin"))
export type Origin = typeof Origin.Type

export type VersionVector = ReadonlyMap<Origin, number>

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

/** A version vector in a message: an object with a number for each origin. */
export const Encoded = Schema.Record(Origin, Count)

export const encode = (vector: VersionVector): typeof Encoded.Type => Object.fromEntries(vector)

export const decode = (encoded: typeof Encoded.Type): Map<Origin, number> =>
  new Map(Object.entries(encoded) as Array<[Origin, number]>) // the keys of a Record(Origin, …) are origins

export const covers = (vector: VersionVector, other: VersionVector): boolean => {
  for (const [origin, count] of other) if (count > (vector.get(origin) ?? 0)) return false
  return true
}

/** Raises `vector`, in place, to the larger number of both for each origin; says whether that has changed it. */
export const raise = (vector: Map<Origin, number>, other: VersionVector): boolean => {
  let raised = false
  for (const [origin, count] of other) {
    if (count <= (vector.get(origin) ?? 0)) continue
    vector.set(origin, count)
    raised = true
  }
  return raised
}

/** For each origin, the operations that every one of these vectors has. */
export const meet = (vectors: ReadonlyArray<VersionVector>): Map<Origin, number> => {
  const common = new Map<Origin, number>()
  for (const origin of vectors[0]?.keys() ?? []) {
    let count = Infinity
    for (const vector of vectors) count = Math.min(count, vector.get(origin) ?? 0)
    if (count > 0) common.set(origin, count)
  }
  return common
}

/** For each origin, the operations that at least so many of these vectors have. */
export const shared = (vectors: ReadonlyArray<VersionVector>, copies: number): Map<Origin, number> => {
  if (copies === vectors.length) return meet(vectors)
  const common = new Map<Origin, number>()
  for (const origin of new Set(vectors.flatMap((vector) => [...vector.keys()]))) {
    const counts = vectors.map((vector) => vector.get(origin) ?? 0).toSorted((a, b) => b - a)
    const count = counts[copies - 1] ?? 0
    if (count > 0) common.set(origin, count)
  }
  return common
}
