/**
 * A shared log that is kept in lin-kv: a root, which holds the last entries, and chunks, which hold those before; see
 * LogStore. To append is to replace the root by one with more entries, by compare-and-set: to *move* it.
 *
 * **Exactly once.** The number of entries only grows, so no root ever returns, and a compare-and-set succeeds only on
 * the very root that the node had seen. Each entry carries its writer and a number. A writer does not try to append an
 * entry before all its earlier ones are in the log; so the last number of each writer tells which of its entries are in
 * it. When the outcome of an attempt is unknown, the node reads the root, and tries again with what is not there. If the
 * first attempt takes place after all, one of the two comes too late and fails. (Ongaro, "Consensus: Bridging Theory and
 * Practice", 2014, §6.3.) So no append is ever refused: it waits until lin-kv answers.
 *
 * **One order, and real time.** lin-kv is linearizable, and every move of the root is an operation on one key of it.
 *
 * **Durability**: all entries are in lin-kv, so all nodes may die at once.
 *
 * **Rounds.** What comes while a round is under way waits for the next one, which serves all of it together. Reads and
 * appends have rounds of their own. A read need not be in the log: one read of the root serves all that came before it.
 *
 * **Combining.** Nodes that all try to move the root defeat each other: of n nodes, one succeeds in the time of a round
 * trip. So each hands its entries to the combiner, which answers with what the node lacks of the log; see Combiner.
 * Where several nodes append all the same, they let each other have a turn; see Contention.
 *
 * **Cost**, in messages between servers: 2 for a round of reads; 2 for a round of appends, and 2 more for each node
 * that hands entries to the combiner; 2 more for every {@link LogCopy.chunkSize} entries. In memory, the entries of the
 * root, and a number for each life of each node. No snapshots are taken: a node that starts executes the whole log.
 */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Random from "effect/Random"
import * as Protocol from "../../schema/LinKvLogProtocol.ts"
import { LinKv } from "../kv/Kv.ts"
import { Peers } from "../node/Peers.ts"
import { Timers } from "../node/Timers.ts"
import * as Appender from "./Appender.ts"
import * as CatchUp from "./CatchUp.ts"
import * as Combiner from "./Combiner.ts"
import * as Contention from "./Contention.ts"
import * as LogCopy from "./LogCopy.ts"
import * as LogStore from "./LogStore.ts"
import * as OwnEntries from "./OwnEntries.ts"
import { type Log, type Options, SharedLog, type StateMachine } from "./SharedLog.ts"

/** When a node has handed entries to another one, an answer counts for so long. The clients do not wait longer. */
const answerCountsFor = Duration.seconds(5)

/** How long a node waits between two probes of those that it suspects. */
const probeEvery = Duration.seconds(1)

/** Entries that are to get into the log. `executed` is completed when they are in it, and executed here. */
interface Item<A> {
  readonly entries: ReadonlyArray<Protocol.Entry<A>>
  readonly executed?: Deferred.Deferred<void>
}

/** `linger` passes between two rounds of appends. */
const join = <A, S>({ execute, operation }: StateMachine<A, S>, { linger = Duration.zero }: Options = {}) =>
  Effect.gen(function*() {
    const peers = yield* Peers
    const timers = yield* Timers
    const rpc = Protocol.append(operation)
    const appends = yield* Queue.unbounded<Item<A>>()
    const reads = yield* Queue.unbounded<() => void>()

    const own = OwnEntries.make<A>(`${peers.self}.${(yield* Random.nextInt).toString(36)}`)
    const copy = LogCopy.make<A>((entry) => {
      own.reached(entry)
      const [, , operation] = entry
      execute(operation)
    })
    const store = LogStore.make(yield* LinKv, operation)
    const contention = Contention.make()
    const catchUp = CatchUp.make(copy, store, contention)
    const combiner = Combiner.make<A>(
      peers,
      (to, entries) =>
        Effect.suspend(() => peers.ask(to, rpc, { position: copy.length(), entries }, { timeout: answerCountsFor }))
          .pipe(
            Effect.flatMap(catchUp.to)
          )
    )
    const append = yield* Appender.make({ copy, store, contention, combiner, catchUp })

    const submit = (entries: ReadonlyArray<Protocol.Entry<A>>): Effect.Effect<void> =>
      Effect.suspend(() => {
        const executed = Deferred.makeUnsafe<void>()
        Queue.offerUnsafe(appends, { entries, executed })
        return Deferred.await(executed)
      })

    const appendRound = Effect.gen(function*() {
      const items = yield* Queue.takeAll(appends)
      yield* append(items.flatMap(({ entries }) => entries))
      for (const { executed } of items) if (executed !== undefined) Deferred.doneUnsafe(executed, Exit.void)
      yield* contention.makeWay
    })

    const readRound = Effect.gen(function*() {
      const waiting = yield* Queue.takeAll(reads)
      yield* catchUp.toRoot
      for (const evaluate of waiting) evaluate()
    })

    yield* peers.handle([rpc] as const, {
      append_to_log: ({ entries, position }) =>
        Effect.map(entries.length === 0 ? Effect.void : submit(entries), () => copy.since(position))
    })
    yield* timers.every(linger, appendRound)
    yield* timers.every(0, readRound)
    yield* timers.every(probeEvery, combiner.probe)

    return {
      append: (operation, evaluate) =>
        Effect.suspend(() => {
          const { entry, evaluated } = own.next(operation, evaluate)
          Queue.offerUnsafe(appends, { entries: [entry] })
          return evaluated
        }),
      read: <B>(evaluate: () => B) =>
        Effect.callback<B>((resume) => {
          Queue.offerUnsafe(reads, () => resume(Effect.runSyncExit(Effect.sync(evaluate))))
        })
    } satisfies Log<A>
  })

export const layerLinKv = Layer.effect(
  SharedLog,
  Effect.map(
    Effect.context<LinKv | Peers | Timers>(),
    (context) => SharedLog.of({ join: (machine, options) => Effect.provideContext(join(machine, options), context) })
  )
)
