/**
 * Reliable causal replication: every node gets what any node publishes, exactly once and in causal order, for as few
 * messages as possible.
 *
 * The algorithm is in {@link Replicas}, a state machine that has no effects. This module is the shell around it: it
 * gives the state machine messages, the time and random numbers, and does what the state machine answers. It sends to
 * peers, sets timers, and tells the program what has happened.
 */
import * as Clock from "effect/Clock"
import type * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as ProtocolError from "../../schema/ProtocolError.ts"
import * as Protocol from "../../schema/ReplicaProtocol.ts"
import type { VersionVector } from "../../schema/VersionVector.ts"
import type { Disk, DiskFailed } from "../disk/Disk.ts"
import { Peers } from "../node/Peers.ts"
import { Timers } from "../node/Timers.ts"
import * as Durable from "./Durable.ts"
import type * as Hubs from "./replica/Hubs.ts"
import type { Entry } from "./replica/Log.ts"
import * as Replicas from "./replica/Replica.ts"
import * as Rounds from "./Rounds.ts"
import * as Settings from "./Settings.ts"

export type { Entry } from "./replica/Log.ts"

export interface Replica<A> {
  /** Adds an operation of this node, and returns at once. The replica sends it with its next message. */
  readonly publish: (operation: A) => Effect.Effect<Entry<A>>
  /**
   * Adds operations of this node, and succeeds when the program may acknowledge them to a client. Most layers let it do
   * so at once; {@link Gossip.layerAcknowledged} when the hub has these operations and all that this node had before,
   * or has not answered for a second.
   */
  readonly commit: (operations: ReadonlyArray<A>) => Effect.Effect<void>
  /**
   * What `look` sees of the program's state, as soon as the state is as fresh as the layer promises. Most layers
   * promise nothing, so `look` runs at once. With {@link Gossip.layerPull} and its kin it runs when this node has all
   * that the hub had when the read began, or when the hub has not answered for a second.
   */
  readonly read: <B>(look: () => B) => Effect.Effect<B>
  /**
   * Succeeds once every other node has told this life what it has, and this node has all of that. Answers how many
   * former lives of this node any other node has met. A program that does not serve before keeps what a former life has
   * promised, as far as anybody else knew of it; but it must wait as long as any node cannot be reached.
   */
  readonly recovered: Effect.Effect<number>
  /**
   * The program says that it has done all that it does when it has recovered. Where nodes are durable, later lives of
   * this node then count as recovered from their start.
   */
  readonly settle: Effect.Effect<void>
}

/**
 * All that a program has made of the operations delivered so far. A node that lacks operations that the others have
 * forgotten gets a snapshot of their state, in parts, each of which decodes by itself.
 */
export interface State<S> {
  readonly part: Schema.Codec<S, unknown>
  /** The state as it is now. Its parts are read later, while the program goes on taking operations. */
  readonly snapshot: () => Iterable<S>
  /**
   * Begins to put together another state beside the one in use. `install` puts the new state in the old one's place;
   * then the replica delivers again those operations that only the old state had. The replica may give up without
   * calling `install`.
   */
  readonly restore: () => { readonly add: (part: S) => void; readonly install: () => void }
}

export interface Options<A, S> {
  readonly state: State<S>
  /**
   * One operation that does what two operations do that this node has made one after the other; undefined if there is
   * none, or it would be too large. So all that a node makes between two of its messages goes out as one operation. At
   * the node itself each of them is delivered; merged operations share one number.
   */
  readonly merge?: (earlier: A, later: A) => A | undefined
  /**
   * Called with every operation, those of this node included, in causal order; with each operation once for each state.
   */
  readonly onDelivery: (entry: Entry<A>) => void
  /**
   * Called when the stable frontier has advanced, with the operations that have become stable: every node has them, and
   * whoever makes an operation that is still to come here knew them.
   */
  readonly onStable?: (frontier: VersionVector, entries: ReadonlyArray<Entry<A>>) => void
  /** Called when the node learns that more operations have so many copies, its own included. */
  readonly onCopied?: {
    readonly copies: number
    readonly advance: (frontier: VersionVector, entries: ReadonlyArray<Entry<A>>) => void
  }
}

export class Gossip extends Context.Service<Gossip, {
  /** A program calls it once, before it serves. */
  readonly join: <A, S>(
    operation: Schema.Codec<A, unknown>,
    options: Options<A, S>
  ) => Effect.Effect<Replica<A>, DiskFailed>
}>()("gossip-girl/Gossip") {
  /** Leaves send to the hub, and the hub to all: two hops. */
  static readonly layerStar = Layer.effect(Gossip, Effect.suspend(() => make("star", Settings.star)))
  /** A star in cycles: the hub pushes to all leaves at once, and what a leaf sends comes just before the next push. */
  static readonly layerLocked = Layer.effect(Gossip, Effect.suspend(() => make("star", Settings.locked)))
  /** The same in cycles so long that messages are few and news takes a second. */
  static readonly layerThrifty = Layer.effect(Gossip, Effect.suspend(() => make("star", Settings.thrifty)))
  /**
   * A leaf tells the hub at once what it publishes, and asks the hub before it reads. So values are seen at once, and a
   * read takes two hops. A leaf that cannot reach the hub answers from its own copy.
   */
  static readonly layerPull = Layer.effect(Gossip, Effect.suspend(() => make("star", Settings.pull)))
  /**
   * Pull, and `commit` waits until the hub has the operations: linearizable while every node reaches one and the same
   * hub.
   */
  static readonly layerAcknowledged = Layer.effect(Gossip, Effect.suspend(() => make("star", Settings.acknowledged)))
  /** Pull for fewer messages: values are seen a little later. */
  static readonly layerBounded = Layer.effect(Gossip, Effect.suspend(() => make("star", Settings.bounded)))
  /** Every node sends to every other: one hop, and many messages. */
  static readonly layerMesh = Layer.effect(Gossip, Effect.suspend(() => make("mesh", Settings.mesh)))
  /**
   * News within a second and two hops, for the fewest messages. Up to four nodes form a mesh, which then takes no more
   * messages than a star.
   */
  static readonly layerRelaxed = Layer.effect(
    Gossip,
    Effect.flatMap(
      Peers,
      ({ members }) => members.length > 4 ? make("star", Settings.relaxedStar) : make("mesh", Settings.relaxedMesh)
    )
  )
}

/** In what one layer differs from another. */
interface Kind {
  readonly shape: Hubs.Shape
  readonly settings: Settings.Settings
  readonly durability: Durable.Settings
}

const make = (shape: Hubs.Shape, config: Config.Config<Settings.Settings>) =>
  Effect.gen(function*() {
    const kind: Kind = { shape, settings: yield* config, durability: yield* Durable.config }
    const context = yield* Effect.context<Peers | Timers | Disk | Scope.Scope>()
    return Gossip.of({
      join: (operation, options) => Effect.provideContext(join(kind, operation, options), context)
    })
  })

/** How many bytes a value takes as JSON, with the comma after it. */
const sizeWith = <A>(schema: Schema.Codec<A, unknown>) => {
  const encode = Schema.encodeSync(schema)
  return (value: A): number => JSON.stringify(encode(value)).length + 1
}

const refusal = Effect.fail(new ProtocolError.MalformedRequest({ text: "gossip that no peer can have sent" }))
const accepted = Exit.succeed({})

/** Tells a program what has happened. */
const tell = <A, S>(
  { onCopied, onDelivery, onStable }: Options<A, S>,
  memberCount: number,
  recovery: Deferred.Deferred<number>,
  answered: (question: number) => void
) =>
(event: Replicas.Event<A>): void => {
  switch (event._tag) {
    case "Delivered":
      return onDelivery(event.entry)
    case "Restored":
      return event.install()
    case "Refreshed":
      return answered(event.question)
    case "Recovered":
      return void Deferred.doneUnsafe(recovery, Exit.succeed(event.formerLives))
    case "Advanced": {
      const { copies, entries, vector } = event.advance
      if (copies === memberCount) onStable?.(vector, entries)
      if (copies === onCopied?.copies) onCopied.advance(vector, entries)
    }
  }
}

/** Runs a replica on the services: it hands the replica each input, and does what the replica answers. */
const run = <A, S>(
  { durability, settings, shape }: Kind,
  operation: Schema.Codec<A, unknown>,
  options: Options<A, S>
) =>
  Effect.gen(function*() {
    const { members, self, send } = yield* Peers
    const timers = yield* Timers
    const clock = yield* Clock.Clock
    const random = yield* Random.Random
    const fork = Effect.runForkWith(yield* Effect.context())
    const recovery = yield* Deferred.make<number>()
    const gossip = Protocol.gossip(operation)
    const chunk = Protocol.chunk(operation, options.state.part)
    const now = (): number => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
    const durable = yield* Durable.make(durability, operation, options.state)
    const replica = Replicas.make<A, S>({
      shape,
      settings,
      self,
      members,
      ...durable.past,
      random: () => random.nextDoubleUnsafe(),
      sizeOf: sizeWith(operation),
      sizeOfState: sizeWith(options.state.part),
      snapshot: options.state.snapshot,
      restore: options.state.restore,
      merge: options.merge,
      copies: [
        ...options.onStable === undefined ? [] : [members.length],
        ...options.onCopied === undefined ? [] : [options.onCopied.copies]
      ]
    })
    const publish = (operation: A) =>
      Effect.sync(() => {
        const [delivered] = take({ _tag: "Publish", operation }).events
        return (delivered as Extract<Replicas.Event<A>, { _tag: "Delivered" }>).entry // the first event is its delivery
      })
    const rounds = Rounds.make(
      settings.asks,
      publish,
      (number, operations: ReadonlyArray<A>) => void take({ _tag: "Ask", number, operations })
    )
    const happened = tell(options, members.length, recovery, rounds.answered)
    const wakes: Array<number> = [] // when timers will fire

    const post = (sent: Replicas.Send<A, S>): Effect.Effect<void> => {
      if (sent._tag === "Gossip") return send(sent.to, gossip, sent.message)
      if (sent._tag === "Fetch") return send(sent.to, Protocol.fetch, sent.message)
      return send(sent.to, chunk, sent.message)
    }

    const wake = (at: number): void => {
      if (at === Infinity || wakes.some((other) => other <= at)) return
      wakes.push(at)
      const step = Effect.sync(() => {
        wakes.splice(wakes.indexOf(at), 1)
        take({ _tag: "Wake" })
      })
      fork(timers.after(Math.max(0, at - now()), step))
    }

    const take = (input: Replicas.Input<A, S>): ReturnType<typeof replica.step> => {
      const output = replica.step(input, now())
      durable.tell(output.events, happened, replica.snapshot)
      for (const sent of output.sends) fork(post(sent))
      wake(output.wakeAt)
      rounds.proceed()
      return output
    }

    return { take, publish, rounds, recovery, gossip, chunk, durable }
  })

const join = <A, S>(
  kind: Kind,
  operation: Schema.Codec<A, unknown>,
  options: Options<A, S>
): Effect.Effect<Replica<A>, DiskFailed, Peers | Timers | Disk | Scope.Scope> =>
  Effect.gen(function*() {
    const { handle, speakAfter } = yield* Peers
    const { chunk, durable, gossip, publish, recovery, rounds, take } = yield* run(kind, operation, options)
    const receive = (input: Replicas.Input<A, S>) => take(input).isRefused ? refusal : accepted

    if (durable.pending !== undefined) yield* speakAfter(durable.pending)
    yield* handle([gossip, Protocol.fetch, chunk] as const, {
      gossip: (message, from) => receive({ _tag: "Gossip", from, message }),
      gossip_fetch: (message, from) => receive({ _tag: "Fetch", from, message }),
      gossip_chunk: (message, from) => receive({ _tag: "Chunk", from, message })
    })
    take({ _tag: "Start" })
    durable.begin()

    return {
      publish,
      commit: rounds.commit,
      read: rounds.read,
      recovered: Effect.suspend(() => {
        take({ _tag: "Recover" })
        return Deferred.await(recovery)
      }),
      settle: Effect.sync(durable.settle)
    }
  })
