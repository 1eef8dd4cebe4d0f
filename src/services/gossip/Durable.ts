/**
 * How a replica outlives its process: it keeps a journal on Disk, from which the next life of the node goes on as the same
 * origin.
 *
 * - Algorithm: *pessimistic message logging with output commit* (Elnozahy et al., "A Survey of Rollback-Recovery Protocols
 *   in Message-Passing Systems", 2002, §4.1). Whatever is delivered, own or not, is written down in that order; and whatever
 *   the node says, to a peer or to a client, waits until all that was delivered before is on disk.
 * - Guarantee: what a node has acknowledged, and all with which it has answered reads, is there when it starts again, as
 *   long as its disk is. Not even all nodes killed at once lose anything. The next life serves at once, whoever can be
 *   reached. A lost disk is another origin's beginning: then Recovery does what it does without a journal.
 * - Cost: each node writes each operation once, and a snapshot whenever the journal has become twice as large as the last
 *   one: so the journal is at most about three times as large as the state, or as `GOSSIP_SNAPSHOT_AFTER`, and an operation
 *   is written O(1) times. An answer waits for the disk up to two syncs if something was delivered since the last one, for
 *   nothing otherwise; all who wait share one sync.
 *
 * **Why it is right.** A crash cuts the journal off somewhere after the last sync. The next life is the replica as it was at
 * that moment (see Records), and nobody has heard anything of what came after. So for everybody else the crash is a pause,
 * in which messages were lost: and that Replica, and programs over it, stand in any case.
 * - *Operations of others* are written too, not own ones alone. Who has acknowledged one counts for stability: it must not
 *   make another one without knowing it, and others may have forgotten it. And a client that has read something of a node
 *   would find it gone.
 * - *Numbers* are not used twice: an operation that the crash cuts off was never sent, so its number is free.
 * - *Frontiers* are not written, but for those of a snapshot: they are learnt again, as peers say what they have.
 * - *Positions and questions* are those of a life, and a life that begins is another one: `k2j4x0-1` follows `k2j4x0`. So what
 *   was said to an earlier life is not taken for said to this one.
 * - *A snapshot* takes the journal's place as a whole or not at all (see Disk). One that comes from a peer is written as one,
 *   before anybody hears of it.
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
 * - `none`: as long as any node lives that has it. It is lost if its node is killed before a peer has got it.
 * - `disk`: whatever is killed, as long as its node's disk is not lost.
 */
const Durability = Config.Literals(["none", "disk"], "GOSSIP_DURABILITY").pipe(Config.withDefault("none"))

export const config = Config.all({
  durability: Durability,
  /** From how many bytes on a snapshot may take the journal's place. */
  snapshotAfter: Config.Int("GOSSIP_SNAPSHOT_AFTER").pipe(Config.withDefault(1_048_576))
})
export type Settings = Config.Success<typeof config>

/** How the present life begins, and what it leaves to the next. */
export interface Durable<A, S> {
  /** Which life it is, and what earlier ones have left it. */
  readonly past: { readonly life: Protocol.Life; readonly memory?: Memory<A, S> }
  /** What there was in the journal has been delivered: from now on things happen that are not in it. */
  readonly begin: () => void
  /** Tells the program what has happened, and writes it down; `snapshot` gives what the replica has after it. */
  readonly tell: (
    events: ReadonlyArray<Event<A>>,
    happened: (event: Event<A>) => void,
    snapshot: () => Iterable<Protocol.Part<A, S>>
  ) => void
  /** The program has recovered: later lives need not do so again. */
  readonly settle: () => void
  /** What anything that is said now has to wait for; undefined if nothing ever has to. */
  readonly pending?: Pending
}

/** Without a journal. */
const volatile = <A, S>(life: Protocol.Life): Durable<A, S> => ({
  past: { life },
  begin: () => {},
  tell: (events, happened) => events.forEach(happened),
  settle: () => {}
})

/** Has whoever says something wait until what was noted before is safe; one sync at a time serves all who wait. */
const makeCommits = (sync: Effect.Effect<void>, run: (effect: Effect.Effect<void>) => unknown) => {
  let noted = 0
  let safe = 0
  let telling = 0
  let isSyncing = false
  let waiting: Array<() => void> = []

  const work = Effect.gen(function*() {
    while (waiting.length > 0) {
      yield* Effect.yieldNow // whoever is ready to run has its say first
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
    /** What the program says while it is told may rest on what is noted only after that. Says whether that is now. */
    whileTelling: (tell: () => void): boolean => {
      telling++
      tell()
      return --telling === 0
    },
    pending: () => telling > 0 ? Effect.andThen(Effect.yieldNow, () => pending() ?? Effect.void) : pending()
  }
}

/** What was delivered and is not in the journal yet. What was merged has the number of the last one before. */
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

/** With a journal, in which the life begins; `newLife` is its name if the journal is empty. */
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
    let isReplaced = false // by a state of a peer, which is not written yet
    let limit = snapshotAfter

    const main = yield* Effect.withFiber((fiber) => Effect.succeed(fiber))
    // A node that does not know what is on its disk must not say another word.
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
        // Noted first, for whoever is told may publish something at once, which comes after this.
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
