/**
 * Results as Jepsen writes them, for scripts that read `results.edn`: by the same keys, in EDN, the notation of Clojure's
 * data. What Jepsen has and nobody here measures, such as `:perf`, is not there.
 */
import * as Data from "effect/Data"
import type { Json } from "../schema/Json.ts"
import type { Counts } from "../simulator/Results.ts"
import type * as Run from "../simulator/Run.ts"

type Value = Json | Keyword | Double | Entries
type Entries = Map<string | number, Value>

class Keyword extends Data.Class<{ readonly name: string }> {}

/** A number that has a point, also where it is whole. */
class Double extends Data.Class<{ readonly value: number }> {}

/** A map that fits into so many columns is one line. */
const width = 72

const kebab = (name: string): string => name.replaceAll(/(?<=[a-z0-9])[A-Z]/g, (letter) => `-${letter}`).toLowerCase()

/** Names become keywords, and numbers numbers. */
const key = (name: string | number): string =>
  typeof name === "number" || /^\d+(\.\d+)?$/.test(name)
    ? String(name)
    : /^[a-zA-Z][\w-]*\??$/.test(name)
    ? `:${kebab(name)}`
    : JSON.stringify(name)

const entriesOf = (value: object): ReadonlyArray<readonly [string | number, Value]> =>
  value instanceof Map
    ? [...value]
    // that of a JSON value
    : Object.entries(value as { readonly [name: string]: Json }).toSorted(([a], [b]) => Number(a) - Number(b) || 0)

/** The text of a value, whose further lines are indented by so many spaces. */
const text = (value: Value, indent: number): string => {
  if (value === null) return "nil"
  if (value instanceof Keyword) return `:${value.name}`
  if (value instanceof Double) return Number.isInteger(value.value) ? `${value.value}.0` : String(value.value)
  if (typeof value !== "object") return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map((one: Json) => text(one, indent + 1)).join(" ")}]`
  const lines = entriesOf(value).map(([name, one]) => {
    const shown = key(name)
    return `${shown} ${text(one, indent + shown.length + 2)}`
  })
  const line = lines.join(", ")
  const fits = !line.includes("\n") && indent + line.length < width
  return `{${fits ? line : lines.join(`,\n${" ".repeat(indent + 1)}`)}}`
}

const map = (entries: { readonly [name: string]: Value }): Entries => new Map(Object.entries(entries))

const counts = ({ count, fail, info, ok }: Counts): Entries =>
  map({ "valid?": ok > 0, count, "ok-count": ok, "fail-count": fail, "info-count": info })

/** The text of results.edn. */
export const results = (run: Run.Summary): string => {
  const { messagesPerOperation, network, okFraction, operations, operationsByKind, validity, workload } = run.results
  const verdict = validity === "unknown" ? new Keyword({ name: "unknown" }) : validity === "valid"
  const traffic = ({ received, sent }: typeof network.all, perOperation?: number): Entries =>
    map({
      "send-count": sent,
      "recv-count": received,
      "msg-count": sent,
      ...perOperation !== undefined && { "msgs-per-op": new Double({ value: perOperation }) }
    })
  const byKind = Object.entries(operationsByKind).map(([f, of]) => [f, counts(of)] as const)
  const isAvailable = okFraction >= run.options.availability
  return `${
    text(
      map({
        stats: new Map([...counts(operations), ["by-f", new Map<string, Value>(byKind)]]),
        availability: map({ "valid?": isAvailable, "ok-fraction": new Double({ value: okFraction }) }),
        net: map({
          all: traffic(network.all, messagesPerOperation.all),
          clients: traffic(network.clients),
          servers: traffic(network.servers, messagesPerOperation.servers),
          "valid?": true
        }),
        workload: new Map<string, Value>([["valid?", workload.valid], ...Object.entries(workload.figures)]),
        "valid?": verdict
      }),
      0
    )
  }\n`
}
