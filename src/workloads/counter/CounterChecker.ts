/**
 * The checker of counters: clients add at some nodes and read the sum at others.
 *
 * It demands what Maelstrom demands: **at the end** every read is the sum of all acknowledged adds and of any of those
 * whose outcome is unknown. (Those that were refused are among these for Maelstrom, and here only by its rules.) Beyond
 * that, because it lets much pass:
 *
 * - **At the end** every node that was asked anything answers a read, and all of them the same. A final read is the last
 *   operation of a process, if it began after every add had ended.
 * - **Nothing too large, nothing too small**, at any time: a read has what its node acknowledged before it began, and
 *   nothing but what somebody had begun to add before it ended; nothing that was refused with a definite error, which
 *   promises that it never happened. Of what may be in it or not, bounds are checked, not each sum.
 * - **Nothing goes back** in a counter that only grows: a read is not below one of the same node that had ended before
 *   it began, and what the node acknowledged since comes on top.
 *
 * The **stable latency** of an add to a counter that only grows is the time from its acknowledgement to the beginning of
 * the last read that proves to lack it, or another one acknowledged before it; 0 if there is none. What a node adds
 * itself it reads at once: so a read of a node is set against what was acknowledged by others. What it has of them may
 * stand for another that it lacks, so that this is a lower bound: exact when one node adds, and close when many do.
 *
 * A kill excuses nothing where memory is `durable`. Where it is `volatile`, what a node acknowledged in the life that
 * ended may be gone, or not. And a node that starts again may have forgotten what it alone had shown; but a counter that
 * only grows does not go back behind what any node had shown by then that has lived on since.
 *
 * What concerns nodes needs the `node` of an `invoke`. Sums are exact, however large. It takes time in proportion to the
 * history, and to the nodes; which sums are acceptable takes as many steps for each add of unknown outcome as there are
 * gaps between them (see IntervalSet).
 */
import type { NodeId } from "../../schema/Address.ts"
import * as Finding from "../finding/Finding.ts"
import * as Kinds from "../finding/Kinds.ts"
import * as Verdict from "../finding/Verdict.ts"
import type { History } from "../history/History.ts"
import * as Lives from "../history/Lives.ts"
import * as Operations from "../history/Operations.ts"
import * as IntervalSet from "./IntervalSet.ts"
import * as Readings from "./Readings.ts"
import * as StableLatencies from "./StableLatencies.ts"

export interface Options {
  readonly growOnly: boolean
  readonly memory: "durable" | "volatile"
}

/** What clients added, sorted by how each add ended. */
interface Adds {
  readonly attempted: number
  /** Adds that were acknowledged, and that no kill excuses. */
  readonly definite: ReadonlyArray<Operations.Completed>
  /** Adds that were acknowledged, and that may be gone with the life of their node. */
  readonly excused: ReadonlyArray<Operations.Completed>
  readonly unknown: ReadonlyArray<Operations.Operation>
  /** Adds that were refused with a definite error, which promises that the add never happens. */
  readonly refused: ReadonlyArray<Operations.Operation>
}

const addsOf = ({ all }: Operations.Operations, lives: Lives.Lives): Adds => {
  const adds = all.filter(({ invoke }) => Readings.isAdd(invoke))
  const acknowledged = adds.filter(Operations.isCompleted).filter(({ completion }) => completion.type === "ok")
  return {
    attempted: adds.length,
    definite: acknowledged.filter(({ invoke }) => lives.keeps(invoke)),
    excused: acknowledged.filter(({ invoke }) => !lives.keeps(invoke)),
    unknown: adds.filter((add) => Operations.outcome(add) === "unknown"),
    refused: adds.filter((add) => Operations.outcome(add) === "fail")
  }
}

/** The values that the counter may have at the end, if any of these adds have taken place as well. */
const sums = ({ definite }: Adds, ...optional: ReadonlyArray<Operations.Operation>): IntervalSet.IntervalSet =>
  IntervalSet.sums(
    definite.reduce((sum, { invoke }) => sum + Readings.numberOf(invoke), 0n),
    optional.map(({ invoke }) => Readings.numberOf(invoke))
  )

const text = (set: IntervalSet.IntervalSet): string =>
  set.slice(0, 5).map(([low, high]) => low === high ? `${low}` : `${low} to ${high}`)
    .concat(set.length > 5 ? ["…"] : []).join(", ")

/** The readings at the end, in the order of their ends. */
const finalReadings = (operations: Operations.Operations, { all }: Readings.Readings) => {
  const isRead = ({ f }: Operations.Operation["invoke"]) => f === "read"
  const ends = new Set(
    Operations.finalReads(operations, { isRead, isWrite: Readings.isAdd }).map(({ completion }) => completion)
  )
  return all.filter(({ completion }) => ends.has(completion))
}

const wrongRead = ({ about, against, reading: { completion, node, value } }: Readings.Wrong): Finding.Example => {
  const { index, process, time } = completion
  return Finding.example([node], { value: String(value), process, time, ...about }, [
    ...against.map(({ index }) => index),
    index
  ])
}

/** Final readings of values that the counter cannot have; and those among them that refused adds explain. */
const wrongAtEnd = (final: ReadonlyArray<Readings.Reading>, acceptable: IntervalSet.IntervalSet, adds: Adds) => {
  const wrong = final.filter(({ value }) => !IntervalSet.has(acceptable, value))
    .map((reading): Readings.Wrong => ({ reading, about: { acceptable: text(acceptable) }, against: [] }))
  if (wrong.length === 0) return { wrong, refused: [] }
  const lenient = sums(adds, ...adds.unknown, ...adds.excused, ...adds.refused)
  const isRefused = ({ reading: { value } }: Readings.Wrong): boolean => IntervalSet.has(lenient, value)
  return { wrong: wrong.filter((one) => !isRefused(one)), refused: wrong.filter(isRefused) }
}

/** One example for each of the different values that nodes read at the end. */
const differentAtEnd = (final: ReadonlyArray<Readings.Reading>) => (value: bigint): Finding.Example => {
  const those = final.filter((reading) => reading.value === value)
  return Finding.example(
    those.map(({ node }) => node),
    { value: String(value) },
    those.map(({ completion }) => completion.index).slice(0, Readings.examples)
  )
}

const silentAtEnd = ({ nodes }: Operations.Operations, final: ReadonlyArray<Readings.Reading>): ReadonlyArray<NodeId> =>
  nodes.filter((node) => !final.some((reading) => reading.node === node))

export const kinds = Kinds.make("counter", {
  "wrong at the end": {
    rules: "maelstrom",
    means: "a read at the end is no sum of what was acknowledged and of any of what may have been added",
    there: "the checker of `pn-counter`: `:errors`"
  },
  "refused, and added": {
    rules: "strict",
    means: "a read at the end is such a sum only with what was refused with a definite error",
    there: "takes a refused add for one of unknown outcome"
  },
  "different at the end": { rules: "strict", means: "reads at the end differ", there: "each may be any of the sums" },
  "no final read": { rules: "strict", means: "a node answers no read at the end", there: Kinds.nothing },
  "too large": { rules: "strict", means: "a read is above all that may have been added", there: Kinds.nothing },
  "too small": { rules: "strict", means: "a read is below what its node had acknowledged", there: Kinds.nothing },
  "went back": {
    rules: "strict",
    means: "in a counter that only grows, a node reads less than before",
    there: Kinds.nothing
  }
})

export const check = (history: History, { growOnly, memory }: Options): Verdict.Verdict => {
  const operations = Operations.fold(history)
  const lives = Lives.make(history, memory)
  const readings = Readings.make(operations, lives, { growOnly, memory })
  const adds = addsOf(operations, lives)
  const acceptable = sums(adds, ...adds.unknown, ...adds.excused)
  const final = finalReadings(operations, readings)
  const atEnd = wrongAtEnd(final, acceptable, adds)
  const values = [...new Set(final.map(({ value }) => value))]
  const blamed = new Set([...atEnd.wrong, ...atEnd.refused].map(({ reading }) => reading))
  const others = (wrong: ReadonlyArray<Readings.Wrong>) => wrong.filter(({ reading }) => !blamed.has(reading))
  const findings = [
    ...kinds.of("wrong at the end", atEnd.wrong, wrongRead),
    ...kinds.of("refused, and added", atEnd.refused, wrongRead),
    ...kinds.of(
      "different at the end",
      values.length > 1 ? values : [],
      differentAtEnd(final)
    ),
    ...Verdict.silent(kinds, "no final read", silentAtEnd(operations, final), operations),
    ...kinds.of("too large", others(readings.tooLarge), wrongRead),
    ...kinds.of("too small", others(readings.tooSmall), wrongRead),
    ...kinds.of("went back", others(readings.wentBack), wrongRead)
  ]
  const points = growOnly ? StableLatencies.points(adds.definite, readings.all) : []
  return Verdict.make(findings, {
    attempted: adds.attempted,
    acknowledged: adds.definite.length + adds.excused.length,
    unknown: adds.unknown.length,
    excused: adds.excused.length,
    acceptable: text(acceptable),
    finalReads: values.map(Number),
    ...Verdict.quantiles("stableLatencies", points.map(([, latency]) => latency))
  }, growOnly ? [{ name: "stable latency", points }] : undefined)
}
