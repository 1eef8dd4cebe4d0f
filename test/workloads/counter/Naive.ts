/**
 * A checker of small histories of counters that follows the definitions word by word, however long that takes; and
 * histories to try it on.
 */
import { NodeId } from "../../../src/schema/Address.ts"
import type { Options } from "../../../src/workloads/counter/CounterChecker.ts"
import type { Event, History } from "../../../src/workloads/history/History.ts"
import type { SeededRandom } from "../../../src/workloads/SeededRandom.ts"

interface Operation {
  readonly invoke: Event
  readonly end: Event | undefined
}
interface Ended extends Operation {
  readonly end: Event
}

/** The ends of the reads that each kind of finding is about, by their indices, and latencies by when adds ended. */
export interface Judgement {
  readonly wrongAtEnd: ReadonlyArray<number>
  readonly refusedAtEnd: ReadonlyArray<number>
  readonly tooLarge: ReadonlyArray<number>
  readonly tooSmall: ReadonlyArray<number>
  /** Below what a read had shown; and below that with what the node has acknowledged since. */
  readonly behindValue: ReadonlyArray<number>
  readonly wentBack: ReadonlyArray<number>
  readonly differentAtEnd: ReadonlyArray<string>
  readonly silent: ReadonlyArray<string>
  readonly latencies: ReadonlyArray<readonly [time: number, latency: number]>
}

const total = (operations: ReadonlyArray<Operation>): number =>
  operations.reduce((sum, { invoke }) => sum + Number(invoke.value), 0)

/** All sums with any of these adds. */
const sums = (base: number, optional: ReadonlyArray<Operation>): ReadonlySet<number> =>
  optional.reduce(
    (known, { invoke }) => new Set([...known, ...[...known].map((sum) => sum + Number(invoke.value))]),
    new Set([base]) as ReadonlySet<number>
  )

const isOk = (operation: Operation): operation is Ended => operation.end?.type === "ok"

/** The operations of a history, and what is known of nodes. */
const look = (events: History, memory: Options["memory"]) => {
  const all = events.filter(({ process, type }) => process !== "nemesis" && type === "invoke").map((
    invoke
  ): Operation => ({
    invoke,
    end: events.find(({ index, process }) => index > invoke.index && process === invoke.process)
  }))
  const adds = all.filter(({ invoke }) => invoke.f === "add")
  const faults = (f: string, node: NodeId, after: number, before: number): ReadonlyArray<Event> =>
    events.filter((event) =>
      event.f === f && event.index > after && event.index < before
      && (event.value as ReadonlyArray<string>).includes(node) // the nodes
    )
  const isKilled = (node: NodeId, after: number, before: number): boolean =>
    memory === "volatile" && faults("start-kill", node, after, before).length > 0
  return {
    all,
    adds,
    reads: all.filter(({ invoke }) => invoke.f === "read").filter(isOk),
    nodes: [...new Set(all.map(({ invoke }) => invoke.node!))],
    isKilled,
    startsOf: (node: NodeId, before: number) => memory === "durable" ? [] : faults("stop-kill", node, -1, before),
    isWhole: ({ end, invoke }: Ended): boolean => !isKilled(invoke.node!, invoke.index, end.index),
    /** What the node has acknowledged before that, in the life that it is in then. */
    own: (node: NodeId, before: number): ReadonlyArray<Ended> =>
      adds.filter(isOk).filter(({ end, invoke }) =>
        invoke.node === node && end.index < before && !isKilled(node, invoke.index, before)
      )
  }
}

type Sight = ReturnType<typeof look>

/** The least and the most that a read may show. */
const bounds = ({ adds, own }: Sight, { end, invoke }: Ended): readonly [least: number, most: number] => {
  const sign = (of: ReadonlyArray<Operation>, isUp: boolean): number =>
    total(of.filter(({ invoke }) => Number(invoke.value) > 0 === isUp))
  const begun = adds.filter((add) => add.invoke.index < end.index && add.end?.type !== "fail")
  const mine = own(invoke.node!, invoke.index)
  return [sign(begun, false) + sign(mine, true), sign(begun, true) + sign(mine, false)]
}

/** Whether a read is below one that counts, with what the node of that one has acknowledged on top of it or without. */
const isBehind =
  ({ isKilled, isWhole, nodes, own, reads, startsOf }: Sight, withAdds: boolean) => (read: Ended): boolean => {
    const { end, invoke } = read
    const node = invoke.node!
    const shown = (at: NodeId, before: number, alive: number) =>
      reads.filter((other) =>
        other.invoke.node === at && other.end.index < before && isWhole(other) && !isKilled(at, other.end.index, alive)
      ).map((other) => {
        const since = withAdds ? own(at, before).filter(({ invoke }) => invoke.index > other.end.index) : []
        return Number(other.end.value) + total(since)
      })
    const elsewhere = startsOf(node, end.index).flatMap(({ index }) =>
      nodes.filter((other) => other !== node).flatMap((other) => shown(other, index, end.index))
    )
    const sums = [...shown(node, invoke.index, invoke.index), ...elsewhere]
    return isWhole(read) && sums.some((sum) => sum > Number(end.value))
  }

/** The last operations of processes that read when every add had ended. */
const finalReads = ({ adds, all, reads }: Sight): ReadonlyArray<Ended> => {
  const lastAddEnd = Math.max(-1, ...adds.map(({ end }) => end?.index ?? -1))
  return [...new Set(all.map(({ invoke }) => invoke.process))].flatMap((process) => {
    const last = all.findLast(({ end, invoke }) => invoke.process === process && end !== undefined)
    return reads.filter(({ end, invoke }) => end === last?.end && invoke.index > lastAddEnd)
  })
}

/** How long some node lacked the add, as far as its reads prove it. */
const latency = ({ nodes, own, reads }: Sight, definite: ReadonlyArray<Ended>, add: Ended): number =>
  Math.max(
    0,
    ...nodes.filter((node) => node !== add.invoke.node).map((node) => {
      const known = total(definite.filter(({ end, invoke }) => invoke.node !== node && end.index <= add.end.index))
      const lacking = reads.filter(({ end, invoke }) =>
        invoke.node === node && Number(end.value) - total(own(node, invoke.index)) < known
      )
      const begin = lacking.map(({ invoke }) => invoke).toSorted((a, b) => a.index - b.index).at(-1)
      return begin === undefined ? 0 : begin.time - add.end.time
    })
  )

const indices = (of: ReadonlyArray<Ended>): ReadonlyArray<number> =>
  of.map(({ end }) => end.index).toSorted((a, b) => a - b)

export const judge = (events: History, { growOnly, memory }: Options): Judgement => {
  const sight = look(events, memory)
  const { adds, isKilled, isWhole, nodes, reads } = sight
  const finals = finalReads(sight)
  const definite = adds.filter(isOk).filter(({ invoke }) => !isKilled(invoke.node!, invoke.index, Infinity))
  const refused = adds.filter(({ end }) => end?.type === "fail")
  const optional = adds.filter((add) => !refused.includes(add) && !definite.some(({ invoke }) => invoke === add.invoke))
  const acceptable = sums(total(definite), optional)
  const lenient = sums(total(definite), [...optional, ...refused])
  const wrong = finals.filter(({ end }) => !acceptable.has(Number(end.value)))
  const finalValues = [...new Set(finals.map(({ end }) => String(end.value)))]
  const others = reads.filter((read) => !wrong.includes(read))
  return {
    wrongAtEnd: indices(wrong.filter(({ end }) => !lenient.has(Number(end.value)))),
    refusedAtEnd: indices(wrong.filter(({ end }) => lenient.has(Number(end.value)))),
    tooLarge: indices(others.filter((read) => isWhole(read) && Number(read.end.value) > bounds(sight, read)[1])),
    tooSmall: indices(others.filter((read) => isWhole(read) && Number(read.end.value) < bounds(sight, read)[0])),
    behindValue: growOnly ? indices(others.filter(isBehind(sight, false))) : [],
    wentBack: growOnly ? indices(others.filter(isBehind(sight, true))) : [],
    differentAtEnd: finalValues.length > 1 ? finalValues.toSorted() : [],
    silent: nodes.filter((node) => finals.every(({ invoke }) => invoke.node !== node)).toSorted(),
    latencies: growOnly
      ? definite.filter(({ invoke }) => invoke.value !== 0).toSorted((a, b) => a.end.index - b.end.index)
        .map((add) => [add.end.time, latency(sight, definite, add)])
      : []
  }
}

/** Three nodes and five workers; counters that are right in most of the histories, more or less. */
export const randomHistory = (random: SeededRandom, growOnly: boolean): History => {
  const events: Array<Event> = []
  const record = (event: Omit<Event, "index" | "time">): Event => {
    const recorded = { index: events.length, time: 10 * events.length, ...event }
    events.push(recorded)
    return recorded
  }
  const laxity = random.pick([0, 0, 0.1, 0.5])
  const workers = [0, 1, 2, 3, 4].map((process) => ({
    process,
    node: NodeId.make(`n${process % 3}`),
    open: undefined as Event | undefined
  }))
  const added: Array<{ readonly node: NodeId; readonly delta: number }> = []
  let down: NodeId | undefined

  const invoke = (worker: (typeof workers)[number], f: string): void => {
    const delta = random.pick([0, 1, 2, 5, ...growOnly ? [] : [-1, -2, -7]])
    worker.open = record({
      process: worker.process,
      type: "invoke",
      f,
      value: f === "add" ? delta : null,
      node: worker.node
    })
  }
  const complete = (worker: (typeof workers)[number]): void => {
    const { f, value } = worker.open!
    worker.open = undefined
    const type = random.chance(0.8) ? "ok" : random.chance(0.5) ? "fail" : "info"
    const { node, process } = worker
    if (f === "add" && (type === "ok" || random.chance(type === "info" ? 0.5 : 0.05))) {
      added.push({ node, delta: Number(value) })
    }
    const seen = added.filter((add) => add.node === node || !random.chance(laxity)).filter(() =>
      !random.chance(laxity / 20)
    )
    const sum = seen.reduce((sum, { delta }) => sum + delta, random.chance(laxity / 20) ? 1 : 0)
    record({ process, type, f, value: f === "read" ? type === "ok" ? sum : null : value })
    if (type === "info") worker.process += workers.length
  }
  for (let steps = 8 + random.below(30); steps > 0; steps--) {
    const worker = random.pick(workers)
    if (random.chance(0.05)) {
      if (down === undefined) {
        down = worker.node
        const forgets = random.chance(0.7)
        if (forgets) added.splice(0, added.length, ...added.filter(({ node }) => node !== down))
        record({ process: "nemesis", type: "info", f: "start-kill", value: [down] })
      } else {
        record({ process: "nemesis", type: "info", f: "stop-kill", value: [down] })
        down = undefined
      }
    } else if (worker.open === undefined) invoke(worker, random.chance(0.5) ? "add" : "read")
    else complete(worker)
  }
  for (const worker of workers) if (worker.open !== undefined && random.chance(0.9)) complete(worker)
  for (const worker of workers) {
    if (worker.open !== undefined) continue
    invoke(worker, "read")
    complete(worker)
  }
  return events
}
