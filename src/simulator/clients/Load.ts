/**
 * Clients that do their operations at a rate, and the history of what became of them.
 *
 * As in Maelstrom, the time from one operation to the next is drawn evenly from 0 to twice the mean, for all workers
 * together; an operation goes to any free worker, or waits for one. A worker is one client of one node. When an outcome
 * is unknown, the client is gone for good, and the worker goes on as another process with another client. (Maelstrom's
 * unique-ids keeps its clients. To lose them is stricter.)
 *
 * A client that crashes on purpose goes the same way, in the place of an operation. It is no operation, though, and has
 * no outcome: it is an `info` without an `invoke`, as what the nemesis does. (Maelstrom counts it as one that is not ok,
 * so its kafka is never totally available; what is counted here is what the nodes can do something about.)
 *
 * An extra operation has a worker of its own, whose client is new. At the end that worker does what all workers do.
 */
import type { ClientId, NodeId } from "../../schema/Address.ts"
import type { Event } from "../../workloads/history/History.ts"
import type { SeededRandom } from "../../workloads/SeededRandom.ts"
import type { Invocation } from "../../workloads/Workload.ts"
import type { Timeline } from "../time/Timeline.ts"
import type * as Client from "./Client.ts"
import * as Persistence from "./Persistence.ts"

/** An operation besides those that are drawn: how many ms after the beginning, of whom, and what. */
export interface Extra {
  readonly at: number
  readonly node: NodeId
  readonly invocation: Invocation
}

export interface Options {
  readonly timeline: Timeline
  readonly random: SeededRandom
  readonly nodes: ReadonlyArray<NodeId>
  readonly workers: number
  readonly newClient: () => Client.Client
  /** Those that would begin when no more operations are drawn never begin. */
  readonly extra?: ReadonlyArray<Extra>
  /** The mean time from one crash of a client to its next, in ms. */
  readonly crashInterval?: number | undefined
  readonly record: (event: Omit<Event, "index" | "time">) => void
}

export interface Load {
  /**
   * Draws operations at `rate` a second for `duration` ms, then waits for the last of them to end. When `next` has none,
   * this turn passes.
   */
  readonly run: (
    options: {
      readonly rate: number
      readonly duration: number
      readonly next: (client: ClientId, worker: number) => Invocation | undefined
    },
    done: () => void
  ) => void
  /**
   * Each worker does all of these, one after the other, at most five a second; after 10 s it begins none any more. If
   * clients crash at all, they do so first. What is refused or not answered is asked again for `persistence` ms after the
   * beginning. (Maelstrom asks once.)
   */
  readonly each: (invocations: Iterable<Invocation>, persistence: number, done: () => void) => void
}

/** The least time from one operation of a worker to its next, and the time for all of them, in {@link Load.each}, in ms. */
const pace = 200
const timeForEach = 10_000

interface Worker {
  readonly node: NodeId
  process: number
  client: Client.Client
}

/** The workers of a load, and what they can do. */
const crewOf = ({ extra = [], newClient, nodes, record, timeline, workers: count }: Options) => {
  const most = count + extra.length
  const workers = Array.from({ length: count }, (_, process): Worker => ({
    node: nodes[process % nodes.length]!,
    process,
    client: newClient()
  }))
  const replace = (worker: Worker): void => {
    worker.client.close()
    worker.client = newClient()
    worker.process += most
  }
  return {
    workers,
    /** Adds a worker, which is a client of this node. */
    hire: (node: NodeId): Worker => {
      const worker = { node, process: workers.length, client: newClient() }
      workers.push(worker)
      return worker
    },
    crash: (worker: Worker): void => {
      record({ process: worker.process, type: "info", f: "crash", value: null })
      replace(worker)
    },
    perform: (worker: Worker, invocation: Invocation, done: () => void, until = 0): void => {
      const { f, value } = invocation
      const { client, node, process } = worker
      record({ process, type: "invoke", f, value, node })
      Persistence.ask({ client, timeline, until }, node, invocation, (outcome, tries) => {
        const often = tries > 1 ? { tries } : {}
        if (outcome.type === "ok") {
          record({ process, type: "ok", f, value: outcome.value, ...often })
        } else {
          record({ process, type: outcome.type, f, value, error: outcome.error, ...often })
        }
        if (outcome.type === "info") replace(worker)
        done()
      })
    }
  }
}

type Crew = ReturnType<typeof crewOf>

const run = (
  { crash, hire, perform, workers }: Crew,
  { crashInterval, extra = [], random, timeline }: Options
): Load["run"] =>
(
  { duration, next, rate },
  done
) => {
  const count = workers.length
  const most = count + extra.length
  let busyExtras = 0
  const end = timeline.now() + duration
  const free = [...workers]
  let due = timeline.now()
  let crashDue = crashInterval === undefined ? Infinity : due
  let over = false

  const work = (): void => {
    if (over) return
    const now = timeline.now()
    if (now >= end) {
      over = free.length === count && busyExtras === 0
      if (over) done()
    } else if (free.length > 0 && now >= due) {
      const worker = free.splice(random.below(free.length), 1)[0]!
      // from when this one was due: a timer that is late must not lower the rate
      due += random.nextDoubleUnsafe() * 2000 / rate
      const crashes = crashInterval !== undefined && now >= crashDue
      if (crashes) {
        crashDue = now + random.nextDoubleUnsafe() * 2 * crashInterval / count
        crash(worker)
      }
      const invocation = crashes ? undefined : next(worker.client.id, worker.process % most)
      if (invocation === undefined) {
        free.push(worker)
      } else {
        perform(worker, invocation, () => {
          // operations that came due while every client was busy are not made up for
          if (free.length === 0) due = Math.max(due, timeline.now())
          free.push(worker)
          work()
        })
      }
      timeline.after(Math.min(due, end) - timeline.now(), work)
    }
  }
  for (const { at, invocation, node } of extra.filter(({ at }) => at < duration)) {
    timeline.after(at, () => {
      busyExtras++
      perform(hire(node), invocation, () => {
        busyExtras--
        work()
      })
    })
  }
  timeline.after(duration, work)
  if (rate > 0) work()
}

const each = ({ crash, perform, workers }: Crew, { crashInterval, timeline }: Options): Load["each"] =>
(
  invocations,
  persistence,
  done
) => {
  const end = timeline.now() + timeForEach
  const until = timeline.now() + persistence
  let busy = workers.length
  for (const worker of workers) {
    if (crashInterval !== undefined) crash(worker)
    const rest = invocations[Symbol.iterator]()
    const proceed = (earliest: number): void => {
      const now = timeline.now()
      const begun = Math.max(earliest, now)
      const invocation = begun < end ? rest.next() : { done: true as const }
      if (invocation.done === true) {
        if (--busy === 0) done()
        return
      }
      const begin = (): void => perform(worker, invocation.value, () => proceed(begun + pace), until)
      if (begun > now) timeline.after(begun - now, begin)
      else begin()
    }
    proceed(timeline.now())
  }
}

export const make = (options: Options): Load => {
  const crew = crewOf(options)
  return { run: run(crew, options), each: each(crew, options) }
}
