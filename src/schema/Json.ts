/**
 * JSON values whose integers survive a round trip through JavaScript. Fractions are read as the nearest double, as
 * everywhere.
 *
 * `JSON.parse` silently turns `9007199254740993` into `9007199254740992`, and a node that answered with such a value
 * would be wrong. So integers outside ±(2^53 − 1) are refused, as are values that are nested too deep for
 * `JSON.stringify`. (The bench keeps such integers in what real processes of other languages write: see ExactNumbers.)
 */
import * as Schema from "effect/Schema"

export type Json = Schema.Json

/** Values may be nested this deep. `JSON.stringify` is recursive, and fails at some thousands. */
export const maxDepth = 512

const isExactNumber = (n: number): boolean => Number.isFinite(n) && (Number.isSafeInteger(n) || !Number.isInteger(n))

const isLeaf = (value: unknown): boolean =>
  typeof value === "string" || typeof value === "boolean" || value === null
  || (typeof value === "number" && isExactNumber(value))

const isExact = (root: unknown): root is Json => {
  if (isLeaf(root)) return true
  let level = [root]
  for (let depth = 0; depth <= maxDepth; depth++) {
    const next: Array<unknown> = []
    for (const value of level) {
      if (isLeaf(value)) continue
      if (typeof value !== "object" || value === null) return false
      for (const child of Object.values(value)) next.push(child)
    }
    if (next.length === 0) return true
    level = next
  }
  return false
}

/**
 * Unlike `Schema.Json`, this schema refuses inexact integers and deep nesting, and allocates nothing to check a string.
 * It is a refinement and not a declaration, so that schemas that contain it can be compiled.
 */
export const Json = Schema.Unknown.pipe(Schema.refine(isExact, {
  expected: `a JSON value without integers beyond 2^53, nested at most ${maxDepth} deep`
})) as Schema.Codec<Json> // what it refines it leaves as it is, so its encoded form is Json too

export const isList = (value: Json): value is ReadonlyArray<Json> => Array.isArray(value)

/** Equality by value: objects regardless of the order of their keys, arrays in order. */
export const equals = (a: Json, b: Json): boolean => {
  if (a === b) return true
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, i) => equals(item, b[i]))
  }
  const left = a as Schema.JsonObject // neither null nor an array: what is left of Json is an object
  const right = b as Schema.JsonObject
  const keys = Object.keys(left)
  return keys.length === Object.keys(right).length
    && keys.every((key) => Object.hasOwn(right, key) && equals(left[key]!, right[key]!))
}

/** A text that is the same for two values if and only if they are equal. */
export const canonical = (value: Json): string =>
  JSON.stringify(value, (_, item: Json) =>
    typeof item === "object" && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).toSorted(([a], [b]) => a < b ? -1 : 1))
      : item)
