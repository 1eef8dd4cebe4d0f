/**
 * Deals the seeds of a campaign to workers on any machine, and gathers their answers: see WorkQueue.
 *
 * At most {@link window} ranges of seeds are in the queue at a time, so a campaign that is killed leaves a bounded
 * amount behind. A range that the servers lose is published again, even if all servers lose all they have.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Semaphore from "effect/Semaphore"
import * as JetStream from "../../src/nats/JetStream.ts"
import type { NatsBus } from "../../src/nats/NatsBus.ts"
import type * as Campaign from "../cli/Campaign.ts"
import * as Output from "../cli/Output.ts"
import * as Threads from "../cli/Threads.ts"
import * as NatsNode from "./NatsNode.ts"
import * as Outage from "./Outage.ts"
import * as WorkQueue from "./WorkQueue.ts"

const window = 1000

/** How many seeds a range has: a hundred, or less where there would be too few ranges for many workers. */
const rangeSize = (seeds: number): number => Math.min(100, Math.ceil(seeds / window))

/** How long to wait for answers before looking whether anybody works, in ms. */
const lookEvery = 1000

export interface Place {
  /** Servers, separated by commas. */
  readonly url: string
  readonly cluster: string
}

/** The ranges of which some seeds have no answer yet, by their first seeds. */
const rangesOf = ({ seeds, world }: Campaign.Seeds) => {
  const first = world.options.seed
  const size = rangeSize(seeds)
  const missing = new Map<number, Set<number>>()
  const from = (seed: number): number => seed - (seed - first) % size
  return {
    starts: Array.from({ length: Math.ceil(seeds / size) }, (_, i) => first + i * size),
    size: (start: number): number => Math.min(size, first + seeds - start),
    open: (start: number, count: number): void =>
      void missing.set(start, new Set(Array.from({ length: count }, (_, i) => start + i))),
    missing: (): ReadonlyArray<number> => [...missing.keys()],
    /** Notes the answer for a seed: whether it is the first one, and whether it was the last that its range lacked. */
    close: (seed: number): { readonly isNew: boolean; readonly isLast: boolean } => {
      const range = missing.get(from(seed))
      const isNew = range?.delete(seed) === true
      const isLast = isNew && range?.size === 0
      if (isLast) missing.delete(from(seed))
      return { isNew, isLast }
    }
  }
}

/** Publishes ranges, and looks whether they are still there. */
const dealer = Effect.fnUntraced(function*(
  seeds: Campaign.Seeds,
  queue: WorkQueue.WorkQueue,
  campaign: string,
  { outlive }: Outage.Outage
) {
  const { options, ...program } = seeds.world
  const ranges = rangesOf(seeds)
  const room = yield* Semaphore.make(window)
  const publish = (from: number, attempt: number) =>
    outlive(JetStream.use(() => {
      const work = { campaign, ...program, options, from, count: ranges.size(from) }
      const msgID = `${campaign} ${from} ${attempt}`
      return queue.jetStream.publish(queue.workSubject(campaign), WorkQueue.work.encode(work), { msgID })
    }))
  const publishAll = Effect.forEach(ranges.starts, (start) =>
    Effect.gen(function*() {
      yield* room.take(1)
      ranges.open(start, ranges.size(start))
      yield* publish(start, 0)
    }), { discard: true })

  let attempts = 0
  let emptyLooks = 0
  let isToldOfNobody = false
  /**
   * Nothing has come for a while. If two looks in a row see no range, neither waiting nor taken, the ranges are lost
   * and are published again.
   */
  const look = Effect.gen(function*() {
    const info = yield* outlive(JetStream.use(() => queue.workers.info()))
    const isHeld = info.num_ack_pending > 0
    if (!isHeld && info.num_waiting === 0 && !isToldOfNobody) {
      isToldOfNobody = true
      yield* Output.err(`No worker of this build takes seeds (${queue.build}); start some: gossip-girl worker\n`)
    }
    emptyLooks = isHeld || info.num_pending > 0 ? 0 : emptyLooks + 1
    if (emptyLooks < 2) return
    emptyLooks = 0
    attempts++
    yield* Effect.forEach(ranges.missing(), (from) => publish(from, attempts), { discard: true })
  })
  const close = (seed: number) =>
    Effect.suspend(() => {
      emptyLooks = 0
      const { isLast, isNew } = ranges.close(seed)
      return Effect.as(isLast ? room.release(1) : Effect.void, isNew)
    })
  return { publishAll, look, close }
})

/** The runs in a worker's answer that have not come before. */
const gather = Effect.fnUntraced(function*(
  data: Uint8Array,
  workers: Set<string>,
  close: (seed: number) => Effect.Effect<boolean>
) {
  const { runs, worker } = yield* WorkQueue.answer.decode(data)
  workers.add(worker)
  const ended: Array<Threads.Done> = []
  for (const run of runs) {
    if ("died" in run) return yield* new Threads.RunDied({ seed: run.seed, stack: run.died })
    if (yield* close(run.seed)) ended.push(run)
  }
  return ended
})

/** Workers on any machine. What is left of the campaign in the queue is removed with the scope. */
export const start = Effect.fnUntraced(function*(seeds: Campaign.Seeds, { cluster, url }: Place) {
  const bus = yield* Layer.build(NatsNode.busAt(url, cluster))
  const onBus = <A, E>(effect: Effect.Effect<A, E, NatsBus>) => Effect.provideContext(effect, bus)
  const queue = yield* onBus(WorkQueue.open)
  const campaign = `campaign-${(yield* Random.nextIntBetween(0, 36 ** 8)).toString(36)}`
  const done = yield* Effect.acquireRelease(
    onBus(JetStream.use(() => queue.doneFor(campaign))),
    () => onBus(Effect.ignore(JetStream.use(() => queue.forget(campaign))))
  )
  const outage = Outage.make()
  const { close, look, publishAll } = yield* dealer(seeds, queue, campaign, outage)
  yield* Effect.forkScoped(onBus(publishAll))
  const workers = new Set<string>()
  const take = Effect.gen(function*() {
    const message = yield* outage.outlive(JetStream.use(() => done.next({ expires: lookEvery })))
    if (message === null) return yield* Effect.as(look, [])
    const runs = yield* gather(message.data, workers, close).pipe(
      Effect.catchTag("Malformed", ({ message }) => Effect.as(Effect.logWarning(`skipped an answer: ${message}`), []))
    )
    message.ack()
    return runs
  })
  return {
    name: () => `with ${workers.size} ${workers.size === 1 ? "worker" : "workers"}`,
    take: onBus(take)
  }
})
