/**
 * A worker: makes runs for all campaigns that there are, until somebody ends it. See WorkQueue.
 */
import type { JsMsg } from "@nats-io/jetstream"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import { hostname } from "node:os"
import * as JetStream from "../../src/nats/JetStream.ts"
import { NatsBus } from "../../src/nats/NatsBus.ts"
import * as Simulation from "../../src/simulator/Simulation.ts"
import * as Output from "../cli/Output.ts"
import * as Threads from "../cli/Threads.ts"
import * as NatsNode from "./NatsNode.ts"
import * as Outage from "./Outage.ts"
import * as WorkQueue from "./WorkQueue.ts"

export interface Settings {
  /** Servers, separated by commas. */
  readonly url: string
  readonly cluster: string
  /** How many runs it makes at a time. */
  readonly jobs: number
}

type Answers = WorkQueue.Answer["runs"]

/** Room for the headers of a message. */
const headerBytes = 1024

/**
 * Splits answers into messages that the server takes. A run with so many findings that it alone is too large is
 * answered as one that died.
 */
const packed = (worker: string, runs: Answers, limit: number): ReadonlyArray<Uint8Array> => {
  const bytes = WorkQueue.answer.encode({ worker, runs })
  if (bytes.length <= limit) return [bytes]
  if (runs.length > 1) {
    const half = runs.length >> 1
    return [...packed(worker, runs.slice(0, half), limit), ...packed(worker, runs.slice(half), limit)]
  }
  const died = `what was found is ${bytes.length} bytes, more than the NATS server takes at once (${limit})`
  return packed(worker, runs.map(({ seed }) => ({ seed, died })), limit)
}

/** Makes the runs of a range of seeds. */
const makeRuns = ({ count, from, options, ...program }: WorkQueue.Work, threads: Threads.Threads) =>
  Effect.forEach(Array.from({ length: count }, (_, i) => from + i), (seed) => {
    const world = { ...program, options: { ...Simulation.defaults, ...options, seed } }
    return threads.run(world).pipe(
      Effect.catch((died): Effect.Effect<Answers[number]> => Effect.succeed({ seed, died: died.stack }))
    )
  }, { concurrency: 2 })

/** Tells the server, as long as it is worked on, that this range is not lost. */
const keep = (message: JsMsg) =>
  Effect.repeat(Effect.sync(() => message.working()), Schedule.spaced(WorkQueue.workingEvery))

/**
 * How long to wait for work before asking again, in ms. For so long the server takes a worker that has died for one
 * that waits.
 */
const askAgainAfter = 5000

export const run = Effect.fnUntraced(function*({ cluster, jobs, url }: Settings) {
  const bus = yield* Layer.build(NatsNode.busAt(url, cluster))
  const threads = yield* Threads.start(jobs)
  const worker = `${hostname()}-${(yield* Random.nextIntBetween(0, 36 ** 4)).toString(36)}`
  let made = 0
  const outage = Outage.make()

  const answer = Effect.fnUntraced(function*(queue: WorkQueue.WorkQueue, message: JsMsg) {
    const work = yield* WorkQueue.work.decode(message.data)
    const lost = `${message.info.deliveryCount - 1} workers have ended while they ran seeds from ${work.from} on`
    const runs: Answers = message.info.deliveryCount > WorkQueue.mostDeliveries
      ? [{ seed: work.from, died: lost }]
      : yield* makeRuns(work, threads)
    const { maxPayload } = yield* NatsBus
    const subject = queue.doneSubject(work.campaign)
    yield* Effect.forEach(
      packed(worker, runs, maxPayload() - headerBytes),
      (bytes, part) => {
        const msgID = `${work.campaign} ${work.from} ${part} done`
        return JetStream.use(() => queue.jetStream.publish(subject, bytes, { msgID }))
      }
    )
    made += runs.length
    yield* Output.progress(`${worker}: ${made} runs made`)
  })

  /** Takes one range after another. A message that is no range is removed; a range that is not answered comes again. */
  const serve = Effect.gen(function*() {
    const queue = yield* WorkQueue.open
    for (;;) {
      const message = yield* Effect.tryPromise({
        try: () => queue.workers.next({ expires: askAgainAfter }),
        catch: JetStream.toNoJetStream
      })
      outage.isOver()
      if (message === null) continue
      yield* Effect.raceFirst(answer(queue, message), keep(message)).pipe(
        Effect.catchTag("Malformed", ({ message }) => Effect.logWarning(`skipped work: ${message}`))
      )
      message.ack()
    }
  })
  yield* Effect.provideContext(WorkQueue.open, bus)
  const where = `campaigns of cluster ${cluster} on ${url}`
  yield* Output.err(`${worker} makes runs for ${where}, ${jobs} at a time; end it with Ctrl-C.\n`)
  yield* Effect.forEach(
    Array.from({ length: jobs + 1 }),
    () => outage.outlive(serve),
    { concurrency: "unbounded", discard: true }
  ).pipe(Effect.provideContext(bus), Effect.ensuring(Output.endProgress))
}, Effect.scoped)
