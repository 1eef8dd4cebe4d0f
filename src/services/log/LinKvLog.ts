/**
 * A shared log that is kept in lin-kv.
 *
 * **Stored** is a root, which holds how far the log goes and its last entries, and chunks of {@link chunkSize} entries,
 * which hold the rest. What the root looks like follows from the log alone, so whoever has got all of the log knows the
 * root too, and appends by one compare-and-set. A chunk is written before the root leaves it out, and holds only what
 * was in the log before; so it does not matter who writes it, how often, or how late. The cost of an append does not grow
 * with the log.
 *
 * **Exactly once.** The number of entries only grows, so a root never returns, and a compare-and-set succeeds only on the
 * very root that its writer had seen. That one shows what is in the log already: each entry carries its writer, one life
 * of a node, and a number, and a writer does not go on before all that it has appended is there. So when the outcome of
 * an attempt is unknown, one looks, and tries again what is not there; if the attempt takes place after all, it is too
 * late for one of the two. An append never fails. (Ongaro, "Consensus: Bridging Theory and Practice", 2014, §6.3.)
 *
 * **Rounds.** What comes while a round is under way waits for the next one, which serves all of it together; reads and
 * appends have rounds of their own. Reads need not be in the log: one read of the root will do for all that came before.
 *
 * **Combining.** Nodes that all try to move the root defeat each other: of n, one succeeds in the time of a round trip.
 * So they hand what they have to the first node of the list that is not suspected, which appends it together with its
 * own, and answers with what they lack of the log. It is no leader: everybody may append at any time, and does when no
 * answer comes; that costs messages, never correctness. (Hendler et al., "Flat Combining and the
 * Synchronization-Parallelism Tradeoff", 2010.) Where some do not reach others, several combine. Who has lost
 * tries again after a random time, and who has won makes way for as long as two attempts take: so all get their turn. One
 * who never loses does not see whom it defeats; so it, too, makes way for one attempt now and then.
 *
 * **Cost**, in messages between servers, for a round: 2 to read; 2 to append, and 2 more for each node that hands
 * something over, as long as all go through the same node. 2 more for every {@link chunkSize} entries. In memory, the
 * last entries, and a number for each life of each node.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type { NodeId } from "../../schema/Address.ts"
import * as Protocol from "../../schema/SharedLogProtocol.ts"
import * as Kv from "../kv/Kv.ts"
import { Peers } from "../node/Peers.ts"
import { Timers } from "../node/Timers.ts"
import { type Log, type Options, SharedLog, type StateMachine } from "./SharedLog.ts"

/** How many entries make a chunk. The root holds at most twice as many, and no append has more. */
export const chunkSize = 32

/** How long one waits for whom something was handed to, before one sees to it oneself. */
const patience = Duration.millis(1500)

/** How often one makes way who sees nobody else. */
const makesWayEvery = 6

/** A client does not wait longer; so what comes later is of no use, but for what it tells of whom it comes from. */
const longest = Duration.seconds(5)

/** How often one asks whether who did not answer does so again. */
const probeEvery = Duration.seconds(1)

/** The service or the way to it is in trouble: it is asked again until it answers. */
const respite = Duration.millis(100)
const insistently = Schedule.spaced(respite)

/** Where the root begins when the log has so many entries. */
const startOfRoot = (length: number): number => Math.max(0, Math.floor(length / chunkSize) - 1) * chunkSize

interface Item<A> {
  readonly entries: ReadonlyArray<Protocol.Entry<A>>
  /** Called when all entries are in the log, and the replica is as new as that. */
  readonly done: () => void
}

/** Between two rounds of appends is time for company to gather, if `linger` says so. Snapshots are not needed. */
const join = <A, S>({ execute, operation }: StateMachine<A, S>, { linger = Duration.zero }: Options = {}) =>
  Effect.gen(function*() {
    const peers = yield* Peers
    const kv = yield* Kv.LinKv
    const timers = yield* Timers
    const clock = yield* Clock.Clock
    const run = Effect.runForkWith(yield* Effect.context())
    const writer = `${peers.self}.${(yield* Random.nextInt).toString(36)}`
    const rpc = Protocol.append(operation)
    const rootKey = Kv.key("log", Protocol.Segment(operation))
    const Chunk = Schema.Array(Protocol.Entry(operation))
    const chunkKey = (index: number) => Kv.key(`log/${index}`, Chunk)
    const appends = yield* Queue.unbounded<Item<A>>()
    const reads = yield* Queue.unbounded<() => void>()
    const answering = new Set(peers.members.slice(0, 1))

    // The replica: all entries before `length` have been delivered.
    let length = 0
    let root: Protocol.Segment<A> = { start: 0, entries: [] }
    const lastOf = new Map<string, number>()
    const evaluations = new Map<number, () => void>() // of this writer's entries that are not in the log yet
    let lastNumber = 0
    let saved = 0 // how many chunks are known to be written
    let isAlone = false // no attempt has failed since the root was last seen where it had been

    let successes = 0
    let rest = 0 // how long to make way for others after this round, in ms

    const now = (): number => Number(clock.monotonicTimeNanosUnsafe()) / 1e6

    const extended = (entries: ReadonlyArray<Protocol.Entry<A>>): Protocol.Segment<A> => {
      const start = startOfRoot(length + entries.length)
      return { start, entries: [...root.entries, ...entries].slice(start - root.start) }
    }

    const take = ({ entries, start }: Protocol.Segment<A>): void => {
      const news = entries.slice(length - start)
      for (const [origin, number, operation] of news) {
        if (origin === writer) evaluations.get(number)?.()
        execute(operation)
        lastOf.set(origin, number)
      }
      root = extended(news)
      length += news.length
    }

    /** Takes a segment, and before it what lies between the replica and the segment. */
    const learn = (segment: Protocol.Segment<A>) =>
      Effect.gen(function*() {
        const indices: Array<number> = []
        for (let i = Math.floor(length / chunkSize); i < segment.start / chunkSize; i++) indices.push(i)
        const chunks = yield* Effect.forEach(
          segment.start > length ? indices : [],
          (index) => Effect.retry(kv.read(chunkKey(index)), insistently),
          { concurrency: 32 }
        )
        chunks.forEach((entries, i) => take({ start: indices[i]! * chunkSize, entries }))
        take(segment)
      })

    const refresh = kv.read(rootKey).pipe(
      Effect.catchTag("KeyDoesNotExist", () => Effect.succeed(root)),
      Effect.retry(insistently),
      Effect.flatMap((found) =>
        Effect.suspend(() => {
          if (found.start + found.entries.length === length) isAlone = true
          return learn(found)
        })
      ),
      Effect.ignore
    )

    /** Of these entries those that are not in the log, as far as the replica shows, each once. */
    const missing = (entries: ReadonlyArray<Protocol.Entry<A>>): ReadonlyArray<Protocol.Entry<A>> => {
      const last = new Map(lastOf)
      return entries.filter(([writer, number]) => {
        if (number <= (last.get(writer) ?? 0)) return false
        last.set(writer, number)
        return true
      })
    }

    /** Writes the first chunk of the root, if it is whole; in good time, before the root leaves it out. */
    const saveChunk = ({ entries, start }: Protocol.Segment<A>) =>
      Effect.suspend(() => {
        const index = start / chunkSize
        if (index < saved || entries.length < chunkSize) return Effect.void
        return Effect.map(kv.write(chunkKey(index), entries.slice(0, chunkSize)), () => {
          saved = Math.max(saved, index + 1)
        })
      })

    const attempt = (entries: ReadonlyArray<Protocol.Entry<A>>) =>
      Effect.gen(function*() {
        const before = root // what is being read meanwhile may replace it
        const start = length
        const after = extended(entries)
        const save = saveChunk(before)
        const move = start === 0 ? kv.create(rootKey, after) : kv.cas(rootKey, before, after)
        yield* after.start > before.start
          ? Effect.andThen(save, move)
          : Effect.all([Effect.ignore(save), move], { concurrency: "unbounded" })
        take({ start, entries })
      })

    /** Tries to append some of these entries. */
    const appendMyself = (entries: ReadonlyArray<Protocol.Entry<A>>) =>
      Effect.gen(function*() {
        if (!isAlone) yield* refresh
        const next = missing(entries).slice(0, chunkSize)
        if (next.length === 0) return
        const before = now()
        yield* Effect.matchEffect(attempt(next), {
          onFailure: ({ _tag }) => {
            isAlone = false
            const hasLost = _tag === "PreconditionFailed" || _tag === "KeyAlreadyExists"
            return hasLost
              ? Effect.flatMap(Random.next, (random) => Effect.sleep(random * (now() - before)))
              : Effect.sleep(respite)
          },
          onSuccess: () => {
            if (!isAlone) rest = 2 * (now() - before)
            else if (++successes % makesWayEvery === 0) rest = now() - before
            return Effect.void
          }
        })
      })

    /** Hands entries to another node, and learns what it answers. */
    const ask = (peer: NodeId, entries: ReadonlyArray<Protocol.Entry<A>>): Effect.Effect<void> =>
      Effect.suspend(() => {
        const answer = peers.ask(peer, rpc, { position: length, entries }, { timeout: longest }).pipe(
          Effect.flatMap(learn),
          Effect.andThen(Effect.sync(() => answering.add(peer))),
          Effect.isSuccess
        )
        // An answer that comes too late is worth knowing all the same.
        return Effect.timeoutOption(Fiber.join(run(answer)), patience)
      }).pipe(Effect.map((came) => {
        if (!Option.getOrElse(came, () => false) && answering.delete(peer)) run(probe)
      }))

    /** The first node that answers; oneself, if need be. */
    const combiner = (): NodeId => peers.members.find((id) => id === peers.self || answering.has(id)) ?? peers.self

    /** Asks whoever would come before the present combiner whether it answers by now. */
    const probe = Effect.suspend(() =>
      Effect.forEach(peers.members.slice(0, peers.members.indexOf(combiner())), (id) => ask(id, []), {
        concurrency: "unbounded"
      })
    )

    const appendAll = Effect.gen(function*() {
      const items = yield* Queue.takeAll(appends)
      const entries = items.flatMap(({ entries }) => entries)
      const through = combiner()
      if (through !== peers.self && missing(entries).length > 0) yield* ask(through, missing(entries))
      while (missing(entries).length > 0) yield* appendMyself(entries)
      for (const { done } of items) done()
      if (rest > 0) yield* Effect.sleep(rest)
      rest = 0
    })

    const readAll = Effect.gen(function*() {
      const waiting = yield* Queue.takeAll(reads)
      yield* refresh
      for (const done of waiting) done()
    })

    yield* peers.handle([rpc] as const, {
      append_to_log: ({ entries, position }) =>
        Effect.callback<Protocol.Segment<A>>((resume) => {
          const done = (): void => {
            const start = Math.max(root.start, position)
            resume(Effect.succeed({ start, entries: root.entries.slice(start - root.start) }))
          }
          if (entries.length === 0) done()
          else Queue.offerUnsafe(appends, { entries, done })
        })
    })
    yield* timers.every(linger, appendAll)
    yield* timers.every(0, readAll)
    yield* timers.every(probeEvery, Effect.asVoid(probe))

    return {
      append: <B>(operation: A, evaluate: () => B) =>
        Effect.callback<B>((resume) => {
          const number = ++lastNumber
          evaluations.set(number, () => {
            evaluations.delete(number)
            resume(Effect.succeed(evaluate()))
          })
          Queue.offerUnsafe(appends, { entries: [[writer, number, operation]], done: () => {} })
        }),
      read: <B>(evaluate: () => B) =>
        Effect.callback<B>((resume) => {
          Queue.offerUnsafe(reads, () => resume(Effect.succeed(evaluate())))
        })
    } satisfies Log<A>
  })

export const layerLinKv = Layer.effect(
  SharedLog,
  Effect.map(
    Effect.context<Kv.LinKv | Peers | Timers>(),
    (context) => SharedLog.of({ join: (machine, options) => Effect.provideContext(join(machine, options), context) })
  )
)
