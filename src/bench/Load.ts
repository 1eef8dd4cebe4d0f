/**
 * Clients that do their operations at a rate, and the history of what became of them.
 *
 * As in Maelstrom, the time from one operation to the next is drawn evenly from 0 to twice the mean, for all workers
 * together; an operation goes to any free worker, or waits for one. A worker is one client of one node. When an outcome
 * is unknown, the client is gone for good, and the worker goes on as another process with another client. (Maelstrom's
 * unique-ids keeps its clients. To lose them is stricter.)
 */
import type { NodeId } from "../schema/Address.ts"
import type * as Client from "./Client.ts"
import type { Event } from "./History.ts"
import type { SeededRandom } from "./SeededRandom.ts"
import type { Timeline } from "./Timeline.ts"
import type { Invocation } from "./Workload.ts"

export interface Options {
  readonly timeline: Timeline
  readonly random: SeededRandom
  readonly nodes: ReadonlyArray<NodeId>
  readonly workers: number
  readonly newClient: () => Client.Client
  readonly record: (event: Omit<Event, "index" | "time">) => void
}

export interface Load {
  /**
   * Draws operations at `rate` a second for `duration` ms, then waits for the last of them to end. When `next` has none,
   * this turn passes.
   */
  readonly run: (
    options: { readonly rate: number; readonly duration: number; readonly next: () => Invocation | undefined },
    done: () => void
  ) => void
  /** Each worker does all of these, one after the other. */
  readonly each: (invocations: ReadonlyArray<Invocation>, done: () => void) => void
}

interface Worker {
  readonly node: NodeId
  process: number
  client: Client.Client
}

export const make = ({ newClient, nodes, random, record, timeline, workers: count }: Options): Load => {
  const workers = Array.from({ length: count }, (_, process): Worker => ({
    node: nodes[process % nodes.length]!,
    process,
    client: newClient()
  }))

  const perform = (worker: Worker, invocation: Invocation, done: () => void): void => {
    const { f, value } = invocation
    const { node, process } = worker
    record({ process, type: "invoke", f, value, node })
    worker.client.ask(node, invocation, (outcome) => {
      if (outcome.type === "ok") {
        record({ process, type: "ok", f, value: outcome.value })
      } else {
        record({ process, type: outcome.type, f, value, error: outcome.error })
      }
      if (outcome.type === "info") {
        worker.client.close()
        worker.client = newClient()
        worker.process += count
      }
      done()
    })
  }

  return {
    run: ({ duration, next, rate }, done) => {
      const end = timeline.now() + duration
      const free = [...workers]
      let due = timeline.now()
      let over = false

      const work = (): void => {
        if (over) return
        if (timeline.now() >= end) {
          over = free.length === count
          if (over) done()
        } else if (free.length > 0 && timeline.now() >= due) {
          const [worker] = free.splice(random.below(free.length), 1)
          due = timeline.now() + random.nextDoubleUnsafe() * 2000 / rate
          const invocation = next()
          if (invocation === undefined) {
            free.push(worker!)
          } else {
            perform(worker!, invocation, () => {
              free.push(worker!)
              work()
            })
          }
          timeline.after(Math.min(due, end) - timeline.now(), work)
        }
      }
      timeline.after(duration, work)
      if (rate > 0) work()
    },
    each: (invocations, done) => {
      let busy = count
      for (const worker of workers) {
        const proceed = (index: number): void => {
          const invocation = invocations[index]
          if (invocation !== undefined) perform(worker, invocation, () => proceed(index + 1))
          else if (--busy === 0) done()
        }
        proceed(0)
      }
    }
  }
}
