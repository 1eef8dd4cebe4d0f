/**
 * How a replica outlives its process: it writes a journal to Disk, and the next life of the node goes on from the
 * journal as the same origin.
 *
 * - Algorithm: *pessimistic message logging with output commit* (Elnozahy et al., "A Survey of Rollback-Recovery
 *   Protocols in Message-Passing Systems", 2002, §4.1). The replica writes down every operation that it delivers, its
 *   own and those of others, in the order of delivery. Whatever the node says after that, to a peer or to a client,
 *   waits until the disk has all that was delivered before.
 * - Guarantee: as long as its disk is not lost, a node that starts again has all that it ever acknowledged, and all
 *   that its answers ever showed. Nothing is lost even if all nodes are killed at once. The next life serves at once,
 *   whichever peers it reaches. A node whose disk is lost begins as another origin, and recovers as a node without a
 *   journal does (see Recovery).
 * - Cost: each node writes each operation once, and a snapshot whenever the journal has become twice as large as the
 *   last snapshot. So the journal is at most about three times as large as the state, or as `GOSSIP_SNAPSHOT_AFTER`,
 *   and a node writes an operation O(1) times. An answer waits for at most two syncs of the disk if the replica has
 *   delivered something since the last sync, else for none. All answers that wait share one sync.
 *
 * **Why it is right.** A crash cuts the journal off somewhere after the last sync. The next life is the replica as it
 * was at that moment (see Records), and nobody has heard of anything that happened later. So to all others the crash is
 * a pause in which messages were lost; Replica, and programs over it, bear such pauses in any case.
 * - *Operations of others* are in the journal as well. A node that has acknowledged an operation counts for its
 *   stability: the node must never again make an operation without knowing this one, and others may have forgotten it.
 *   And a client that has read the operation at this node would find it gone.
 * - *Numbers* are not used twice: the node has sent nobody an operation that the crash cuts off, so its number is free.
 * - *Frontiers* are not in the journal, but for those of a snapshot: the node learns them again from what peers say
 *   they have.
 * - *Positions and questions* belong to one life, and the next life has another name: `k2j4x0-1` follows `k2j4x0`. So a
 *   node does not take what peers have said to an earlier life for said to this one.
 * - *A snapshot* takes the journal's place as a whole or not at all (see Disk). The node also writes a snapshot that it
 *   gets from a peer, before anybody hears of it.
 */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Protocol from "../../schema/ReplicaProtocol.ts"
import type { Origin } from "../../schema/VersionVector.ts"
import { Disk, type DiskFailed } from "../disk/Disk.ts"
import type { Pending } from "../node/OutputCommit.ts"
import type { State } from "./Gossip.ts"
import * as Records from "./Records.ts"
import type { Entry } from "./replica/Log.ts"
import type { Event, Memory, Run } from "./replica/State.ts"

/**
 * What an acknowledged operation survives; environment variable `GOSSIP_DURABILITY`.
 *
 * - `none`: the operation is kept as long as any node lives that has it. It is lost if its node is killed before a peer
 *   has it.
 * - `disk`: the operation survives whatever kills nodes, as long as its node's disk is not lost.
 */
const Durability = Config.Literals(["none", "disk"], "GOSSIP_DURABILITY").pipe(Config.withDefault("none"))

export const config = Config.all({
  durability: Durability,
  /** How many bytes a journal has at least when a snapshot takes its place. */
  snapshotAfter: Config.Int("GOSSIP_SNAPSHOT_AFTER").pipe(Config.withDefault(1_048_576))
})
export type Settings = Config.Success<typeof config>

/** How the present life begins, and what it leaves to the next one. */
export interface Durable<A, S> {
  /** Which life it is, and what earlier ones have left it. */
  readonly past: { readonly life: Protocol.Life; readonly memory?: Memory<A, S> }
  /** All that was in the journal has been delivered: whatever happens from now on is not in it yet. */
  readonly begin: () => void
  /** Tells the program what has happened, and writes it down. `snapshot` gives what the replica has after that. */
  readonly tell: (
    events: ReadonlyArray<Event<A>>,
    happened: (event: Event<A>) => void,
    snapshot: () => Iterable<Protocol.Part<A, S>>
  ) => void
  /** The program has recovered, so later lives need not. */
  readonly settle: () => void
  /** What the node has to wait for before it says anything now; undefined if it never waits. */
  readonly pending?: Pending
}

/** Without a journal. */
const volatile = <A, S>(life: Protocol.Life): Durable<A, S> => ({
  past: { life },
  begin: () => {},
  tell: (events, happened) => events.forEach(happened),
  settle: () => {}
})

/** Has each message wait until the disk has what was noted before it. One sync at a time serves all that wait. */
const makeCommits = (sync: Effect.Effect<void>, run: (effect: Effect.Effect<void>) => unknown) => {
  let noted = 0
  let safe = 0
  let telling = 0
  let isSyncing = false
  let waiting: Array<() => void> = []

  const work = Effect.gen(function*() {
    while (waiting.length > 0) {
      yield* Effect.yieldNow // other fibers that are ready run first, so that this sync serves them as well
      const served = waiting
      const upTo = noted
      waiting = []
      yield* sync
      safe = upTo
      for (const resume of served) resume()
    }
    isSyncing = false
  })
  const wait = Effect.callback<void>((resume) => {
    waiting.push(() => resume(Effect.void))
    if (isSyncing) return
    isSyncing = true
    run(work)
  })
  const pending = (): Effect.Effect<void> | undefined => noted === safe ? undefined : wait

  return {
    note: () => void noted++,
    /**
     * What the program says while `tell` runs may rest on operations that are noted only afterwards, so it waits until
     * `tell` has ended. Answers whether no other `tell` is running then.
     */
    whileTelling: (tell: () => void): boolean => {
      telling++
      tell()
      return --telling === 0
    },
    pending: () => telling > 0 ? Effect.andThen(Effect.yieldNow, () => pending() ?? Effect.void) : pending()
  }
}

/**
 * Operations that were delivered and are not in the journal yet. A merged operation has the number of the one before
 * it.
 */
const makeRuns = <A>() => {
  const counts = new Map<Origin, number>()
  let runs: Array<Run<A> & { readonly ops: Array<A> }> = []
  return {
    add: ({ operation, origin, sequence }: Entry<A>): void => {
      const isMerged = counts.get(origin) === sequence
      counts.set(origin, sequence)
      const last = runs.at(-1)
      if (last?.origin === origin && (last.isMerged === true) === isMerged) last.ops.push(operation)
      else runs.push({ origin, ops: [operation], ...isMerged && { isMerged } })
    },
    takeAll: (): ReadonlyArray<Run<A>> => {
      const all = runs
      runs = []
      return all
    }
  }
}

/** With a journal. `newLife` is the name of this life if the journal is empty. */
const open = <A, S>(
  operation: Schema.Codec<A, unknown>,
  state: Pick<State<S>, "part" | "restore">,
  newLife: Protocol.Life,
  snapshotAfter: number
) =>
  Effect.gen(function*() {
    const journal = yield* (yield* Disk).open(Records.Record(operation, state.part))
    const memory = Records.recover(journal.recovered, state.restore)
    const life = memory === undefined ? newLife : Protocol.nextLife(memory.life)
    const runs = makeRuns<A>()
    let isRecovered = memory?.isRecovered === true
    let hasBegun = false
    let isReplaced = false // a peer's state has replaced this node's, and is not in the journal yet
    let limit = snapshotAfter

    const main = yield* Effect.withFiber((fiber) => Effect.succeed(fiber))
    // A node that does not know what is on its disk must say nothing more.
    const stop = ({ text }: DiskFailed) =>
      Effect.logError(text).pipe(Effect.andThen(Fiber.interrupt(main)), Effect.andThen(Effect.never))
    const write = (): void => journal.append(runs.takeAll())
    const sync = Effect.andThen(Effect.sync(write), Effect.catchTag(journal.sync, "DiskFailed", stop))
    const { note, pending, whileTelling } = makeCommits(sync, Effect.runForkWith(yield* Effect.context()))

    const replace = (parts: Iterable<Protocol.Part<A, S>>): void => {
      const recovered = isRecovered ? [{ recovered: true } as const] : []
      runs.takeAll() // they are in the snapshot
      journal.replace([{ life }, ...recovered, ...Array.from(parts, (part) => ({ part }))])
      isReplaced = false
      limit = Math.max(snapshotAfter, 2 * journal.size())
      note()
    }
    journal.append([{ life }])
    note()

    return {
      past: { life, ...memory !== undefined && { memory } },
      begin: () => {
        hasBegun = true
      },
      tell: (events, happened, snapshot) => {
        // Noted before the program is told: it may publish at once, and its operation has to come after these.
        for (const event of hasBegun ? events : []) {
          if (event._tag === "Delivered") runs.add(event.entry)
          else if (event._tag === "Restored") isReplaced = true
          else continue
          note()
        }
        const isAllTold = whileTelling(() => events.forEach(happened))
        if (isAllTold && hasBegun && (isReplaced || journal.size() > limit)) replace(snapshot())
      },
      settle: () => {
        if (isRecovered) return
        isRecovered = true
        write()
        journal.append([{ recovered: true }])
        note()
      },
      pending
    } satisfies Durable<A, S>
  })

export const make = <A, S>(
  { durability, snapshotAfter }: Settings,
  operation: Schema.Codec<A, unknown>,
  state: Pick<State<S>, "part" | "restore">
): Effect.Effect<Durable<A, S>, DiskFailed, Disk | Scope.Scope> =>
  Effect.flatMap(Random.Random, (random) => {
    const newLife = Protocol.Life.make(Math.floor(random.nextDoubleUnsafe() * 36 ** 6).toString(36))
    return durability === "disk" ? open(operation, state, newLife, snapshotAfter) : Effect.succeed(volatile(newLife))
  })
