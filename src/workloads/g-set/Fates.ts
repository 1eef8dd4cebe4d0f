/**
 * What became of each value that somebody tried to add, by the rules of Jepsen's `set-full` (see SetChecker).
 */
import type { Json } from "../../schema/Json.ts"
import { elapsed, type Event } from "../history/History.ts"
import type { Value } from "./Values.ts"

export type Outcome = "stable" | "lost" | "never-read"

/** Latencies are in ms. */
export interface Fate {
  readonly value: Json
  readonly outcome: Outcome
  readonly acknowledged: boolean
  /** When the first attempt to add the value began. */
  readonly added: Event | undefined
  readonly known: Event | undefined
  /** When the last read that has the value, and the last one that lacks it, began. */
  readonly lastPresent: Event | undefined
  readonly lastAbsent: Event | undefined
  /** How long a stable value took to become stable, and a lost one to be lost. */
  readonly latency: number | undefined
  /** Whether the value is lost or missing at the end, and every node that had it was killed: so it is excused. */
  readonly excused: boolean
}

const outcomeOf = ({ known, lastAbsent, lastPresent }: Value): Outcome => {
  const present = lastPresent?.index ?? -1
  const absent = lastAbsent?.index ?? -1
  if (absent < present) return "stable"
  return known !== undefined && present < absent && known.index < absent ? "lost" : "never-read"
}

/** @param isMissing whether a read at the end lacks it */
export const of = (value: Value, isMissing: boolean): Fate => {
  const { acknowledged, added, isKept, json, known, lastAbsent, lastPresent } = value
  const outcome = outcomeOf(value)
  const until = outcome === "stable" ? lastAbsent : lastPresent
  return {
    value: json,
    outcome,
    acknowledged,
    added,
    known,
    lastPresent,
    lastAbsent,
    latency: outcome === "never-read" || known === undefined
      ? undefined
      : until === undefined
      ? 0
      : elapsed(known, until),
    excused: !isKept && (outcome === "lost" || isMissing)
  }
}
