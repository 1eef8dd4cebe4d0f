/**
 * How fast checkers judge histories of a store: one of many keys, and one of a single key that many clients ask at
 * once.
 */
import type { Json } from "../../src/schema/Json.ts"
import type * as History from "../../src/workloads/history/History.ts"
import * as LinKvChecker from "../../src/workloads/lin-kv/LinKvChecker.ts"
import * as SeededRandom from "../../src/workloads/SeededRandom.ts"
import { atMost, median, type Row } from "./Rows.ts"

interface Load {
  readonly operations: number
  /** How many operations are on one key. */
  readonly operationsPerKey: number
  readonly clients: number
  /** The part of operations whose outcome is unknown. */
  readonly unknown: number
}

/** A request of a client, with its answer once the store has given one. */
interface Asked {
  readonly f: "read" | "write" | "cas"
  readonly key: number
  readonly value: Json
  answer?: Pick<History.Event, "type" | "value" | "error">
}

const refused = (code: 20 | 22): History.Failure =>
  code === 20
    ? { _tag: "Refused", name: "KeyDoesNotExist", code, text: "" }
    : { _tag: "Refused", name: "PreconditionFailed", code, text: "" }

/** Carries out a request. */
const answerOf = (store: Map<number, Json>, { f, key, value }: Asked): NonNullable<Asked["answer"]> => {
  const held = store.get(key)
  const [from, to] = Array.isArray(value) ? value : [value, value]
  const no = (code: 20 | 22) => ({ type: "fail", value: [key, value], error: refused(code) }) as const
  if (f !== "write" && held === undefined) return no(20)
  if (f === "cas" && held !== from) return no(22)
  if (f !== "read" && to !== undefined) store.set(key, to)
  return { type: "ok", value: [key, f === "read" ? held ?? null : value] }
}

/**
 * A history: at each step one client, by chance, begins an operation, is answered, or ends it. A client that gets no
 * answer goes on as another one.
 */
const history = (random: SeededRandom.SeededRandom, load: Load): History.History => {
  const events: Array<History.Event> = []
  const store = new Map<number, Json>()
  const open: Array<Asked | undefined> = Array.from({ length: load.clients }, () => undefined)
  const processes = open.map((_, worker) => worker)
  const late: Array<Asked> = []
  const record = (event: Omit<History.Event, "index" | "time">): void =>
    void events.push({ index: events.length, time: events.length, ...event })
  const ask = (worker: number, key: number): Asked => {
    if (worker % 2 === 0) return { f: "read", key, value: null }
    if (random.chance(1 / 3)) return { f: "write", key, value: random.below(5) }
    return { f: "cas", key, value: [random.below(5), random.below(5)] }
  }
  /** The request if it is still under way: it is not when the client has its answer, or waits no longer. */
  const proceed = (asked: Asked, worker: number): Asked | undefined => {
    const process = processes[worker]!
    const { answer, f, key, value } = asked
    if (answer !== undefined) record({ process, f, ...answer })
    else if (random.chance(load.unknown)) {
      const [now, later] = [random.chance(1 / 3), random.chance(1 / 2)]
      if (now) answerOf(store, asked)
      else if (later) late.push(asked)
      record({ process, f, type: f === "read" ? "fail" : "info", value: [key, value], error: { _tag: "NoReply" } })
      if (f !== "read") processes[worker] = process + load.clients
    } else return { ...asked, answer: answerOf(store, asked) }
    return undefined
  }

  for (let begun = 0; begun < load.operations || open.some((asked) => asked !== undefined);) {
    if (late.length > 0 && random.chance(0.02)) answerOf(store, late.splice(random.below(late.length), 1)[0]!)
    const worker = random.below(load.clients)
    const asked = open[worker]
    if (asked !== undefined) open[worker] = proceed(asked, worker)
    else if (begun < load.operations) {
      const { f, key, value } = open[worker] = ask(worker, Math.floor(begun++ / load.operationsPerKey))
      record({ process: processes[worker]!, type: "invoke", f, value: [key, value] })
    }
  }
  return events
}

/** How long one core works, in ms, whatever else the machine does. */
const processorTime = (work: () => void): number => {
  const begin = process.cpuUsage()
  work()
  const { system, user } = process.cpuUsage(begin)
  return (system + user) / 1000
}

/** The median over five histories, beside how long it may take. */
const judging = (name: string, goal: number, load: Load): Row => {
  const times = [0, 1, 2, 3, 4].map((seed) => {
    const events = history(SeededRandom.make(seed), load)
    return processorTime(() => {
      const { findings } = LinKvChecker.check(events)
      if (findings.length > 0) throw new Error(JSON.stringify(findings))
    })
  })
  const ours = median(times)
  return atMost(1, name, { ours, reference: goal, ratio: ours / goal })
}

/** Beside how long it may take. */
export const checkers = (): Promise<ReadonlyArray<Row>> =>
  Promise.resolve([
    judging("1,000,000 operations of lin-kv judged", 2000, {
      operations: 1_000_000,
      operationsPerKey: 120,
      clients: 10,
      unknown: 0
    }),
    judging("20,000 of 20 clients on a key, 1/4 of unknown outcome", 10_000, {
      operations: 20_000,
      operationsPerKey: 20_000,
      clients: 20,
      unknown: 0.25
    })
  ])
