/**
 * What the checkers of transactions find, in words: a story of clauses, and below it who the transactions are.
 */
import type { Example } from "../../workloads/finding/Finding.ts"
import type { Failure } from "../../workloads/history/History.ts"
import type { Cast, Clause, Read, Wrote } from "../../workloads/transactions/Story.ts"
import * as Failures from "./Failures.ts"
import { text as shorten } from "./Text.ts"

const text = (value: Parameters<typeof shorten>[0]): string => shorten(value, 100)

const wrote = ({ append, key, value }: Wrote): string =>
  append ? `appended ${text(value)} to key ${text(key)}` : `wrote key ${text(key)} = ${text(value)}`

const read = ({ key, upTo, value }: Read): string => `read key ${text(key)} ${upTo ? "up to" : "="} ${text(value)}`

const overwrite = (clause: Extract<Clause, { clause: "ww" | "arbitration" }>): string => {
  const { from, next, reads, to, witness, wrote: first } = clause
  if (clause.clause === "arbitration") {
    return `${from} ${wrote(first)} before ${to} ${wrote(next)}, since ${witness} knew of both and ${
      reads === undefined ? "" : read(reads)
    }`
  }
  if (first.append) return `${from} ${wrote(first)} before ${to} ${wrote(next)}`
  return witness === undefined
    ? `${from} ${wrote(first)} before ${to} wrote ${text(next.value)}, which is there at the end`
    : `${from} ${wrote(first)}, which ${to} read and overwrote with ${text(next.value)}`
}

const say = (clause: Clause): string => {
  switch (clause.clause) {
    case "ww":
    case "arbitration":
      return overwrite(clause)
    case "wr":
      return `${clause.from} ${wrote(clause.wrote)}, which ${clause.to} read`
    case "rw":
      return `${clause.from} ${read(clause.read)}, before ${clause.to} ${wrote(clause.next)}`
    case "process":
      return `${clause.to} followed ${clause.from} in the same session`
    case "realtime":
      return `${clause.from} had ended when ${clause.to} began`
    case "wrote":
      return `${clause.who} ${clause.read === undefined ? "" : `${read(clause.read)} and `}${wrote(clause.wrote)}`
    case "read":
      return `${clause.who} ${read(clause.read)}${
        clause.alsoOf === undefined ? "" : `, which ${clause.alsoOf} wrote as well`
      }`
    case "had":
      return `${clause.who} had just key ${text(clause.key)} = ${text(clause.value)}`
    case "answered":
      return `${clause.who} was answered ${text(clause.value)}`
    case "unanswered":
      return `${clause.at} answered none: ${
        // a story holds the failure of an event as it was
        clause.failure === undefined ? "it never ended" : Failures.plain(clause.failure as unknown as Failure)}`
    case "at the end":
      return `at the end key ${text(clause.key)} is ${text(clause.value)} at ${clause.at}, as everywhere`
    case "diverged":
      return `key ${text(clause.key)} is ${clause.values.map(({ at, value }) => `${text(value)} at ${at}`).join(", ")}`
  }
}

/** From when to when, in ms. */
const span = ({ end, outcome, start }: Cast): string => {
  if (outcome === "unknown" || end === undefined) return `${start} ms, outcome unknown`
  return `${start}${end === start ? "" : ` to ${end}`} ms${outcome === "fail" ? ", refused" : ""}`
}

const introduce = (one: Cast): string => {
  const operations = one.operations.map(({ f, key, value }) =>
    f === "write"
      ? `${one.append ? "append" : "w"} ${text(key)} ${text(value)}`
      : `r ${text(key)} ${one.outcome === "ok" ? text(value) : "?"}`
  )
  const where = `process ${String(one.process)}${one.node === undefined ? "" : ` at ${one.node}`}`
  return `${one.name} = ${where}, ${span(one)}: ${operations.join(", ")}`
}

/** The last clause contradicts those before it. */
export const transactions = ({ about }: Example): string => {
  // Story has made both
  const sentences = (about["story"] as unknown as ReadonlyArray<Clause>).map(say)
  const cast = about["transactions"] as unknown as ReadonlyArray<Cast>
  const first = sentences.slice(0, -1)
  const last = sentences.at(-1) ?? ""
  return [first.length > 0 ? `${first.join("; ")}; yet ${last}` : last, ...cast.map(introduce)].join("\n")
}
