/**
 * What speaks against a run, as data. Sentences are made of it where somebody reads them, in src/report, and nowhere is a
 * sentence taken apart again.
 */
import * as Schema from "effect/Schema"
import { Json } from "../../schema/Json.ts"

/**
 * One instance of what was found: at which nodes, what it is about, by name (`value`, `key`, `seen`, `expected` …, with
 * times in ms), and the indices of the events of the history that show it.
 */
export const Example = Schema.Struct({
  nodes: Schema.Array(Schema.String),
  about: Schema.Record(Schema.String, Json),
  events: Schema.Array(Schema.Int)
})
export type Example = typeof Example.Type

/**
 * By whose rules it speaks against the run.
 *
 * - `maelstrom`: Maelstrom would have found it too, or would have broken off for it.
 * - `strict`: only the stricter rules of this project say so.
 */
export const Rules = Schema.Literals(["maelstrom", "strict"])
export type Rules = typeof Rules.Type

/**
 * All that was found of one kind. `source` is who found it: the checker of a workload, such as `set`, or `run` or `node`;
 * the same kind may come from several.
 */
export const Finding = Schema.Struct({
  source: Schema.String,
  kind: Schema.String,
  rules: Rules,
  /**
   * The rules by which it only says that something could not be judged: nothing was seen to go wrong. By all others it
   * says that something did.
   */
  unknownBy: Schema.optionalKey(Schema.Array(Rules)),
  /** How many instances there are. */
  count: Schema.Int,
  /** The first of them, {@link most} at the most. */
  examples: Schema.Array(Example)
})
export type Finding = typeof Finding.Type

/** How many examples of a kind are kept. */
export const most = 3

/** JSON has no `undefined`: what is not known is left out. */
type About = { readonly [name: string]: Json | undefined }

export const example = (
  nodes: ReadonlyArray<string | undefined>,
  about: About,
  events: ReadonlyArray<number | undefined> = []
): Example => ({
  nodes: [...new Set(nodes.filter((node) => node !== undefined))],
  about: Object.fromEntries(
    Object.entries(about).flatMap(([name, value]) => value === undefined ? [] : [[name, value]])
  ),
  events: events.filter((event) => event !== undefined)
})

/** One finding for all that is wrong in the same way; none if nothing is. */
export const of = <A>(
  source: string,
  kind: string,
  rules: Rules,
  found: ReadonlyArray<A>,
  toExample: (one: A) => Example
): ReadonlyArray<Finding> =>
  found.length === 0
    ? []
    : [{ source, kind, rules, count: found.length, examples: found.slice(0, most).map(toExample) }]

/** What is found once, and of which there is no more to say than that. */
export const once = (source: string, kind: string, rules: Rules, one: Example = example([], {})): Finding => ({
  source,
  kind,
  rules,
  count: 1,
  examples: [one]
})

/** The name of a kind, by which two findings are compared. */
export const nameOf = ({ kind, source }: Pick<Finding, "kind" | "source">): string => `${source}: ${kind}`
