/**
 * Values, times and addresses, as sentences have them.
 */
import type { Json } from "../../schema/Json.ts"
import * as ExactNumbers from "../../workloads/history/ExactNumbers.ts"

/** A value in a few words. */
export const text = (value: Json | undefined, limit = 60): string => {
  const json = ExactNumbers.text(value ?? null)
  return json.length > limit ? `${json.slice(0, limit)}…` : json
}

/** A time of the run, in ms. */
export const at = (time: Json | undefined): string => `at ${String(time)} ms`

/** A span of time, given in ms. */
export const seconds = (span: Json | undefined): string => `${Number((Number(span) / 1000).toFixed(3))} s`

/** A time of the run, in s. */
export const atSecond = (time: Json | undefined): string => `at ${(Number(time) / 1000).toFixed(3)} s`

/** Control characters shown as what they are, since a terminal would obey them. */
export const printable = (line: string): string =>
  line.replaceAll(
    // oxlint-disable-next-line no-control-regex -- these are what is looked for
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`
  )

/** The names of an object's fields. */
export type About = { readonly [name: string]: Json }

export const isObject = (value: Json | undefined): value is About =>
  typeof value === "object" && value !== null && !Array.isArray(value)

export const list = (value: Json | undefined): ReadonlyArray<Json> => Array.isArray(value) ? value : []
export const objects = (value: Json | undefined): ReadonlyArray<About> => list(value).filter(isObject)
