/**
 * Reliable causal replication: what one node publishes, every node gets, exactly once and in causal order, for as few
 * messages as possible.
 *
 * **Exactly once, in causal order.** Each node keeps a causal log (see CausalLog) and knows by a version vector what it
 * has. A message is a batch on a base: it is taken only by who has the base, and what is there already is passed over.
 * So loss, duplicates and overtaking change nothing but the time it takes. (Ladin et al., "Providing High Availability
 * Using Lazy Replication", 1992; Petersen et al., "Flexible Update Propagation for Weakly Consistent Replication", 1997.)
 *
 * **Acknowledgements ride.** Base and operations together say what the sender has, so every message acknowledges. Only
 * when nothing else flows for a while does one go for its own sake.
 *
 * **One cursor a neighbour, optimistic.** What was sent counts as known. If no acknowledgement comes within a round trip,
 * the cursor falls back to what was acknowledged, and the rest is sent again, ever more slowly to who stays silent. A
 * gap that does not close soon is asked for.
 *
 * **Windows**: a link that has been idle sends at once, a busy one at most once a window; see Pace.
 *
 * **Who sends to whom** is the layer's choice.
 * - *Star*: leaves send to the hub (see Hubs), the hub sends everyone what it lacks. A node suspects a hub that does not
 *   answer, turns to the next one, and says so; that one acts as the hub for all. Who is suspected is asked again and
 *   again until it answers; and while anyone is, nodes also ask random others, so that news crosses partial cuts.
 * - *Mesh*: every node sends its own operations to every other. Whoever misses one asks whoever builds on it.
 *
 * **Incarnations.** A node that restarts is a new origin, asks for everything, and its neighbours rewind their cursor. It
 * is recovered once each of them has answered this life: from then on nobody counts on what a former life had, and this
 * one has all that anybody counted on it to have.
 *
 * **Frontiers.** How far operations are had by so many nodes, follows from what is acknowledged. The hub sees every
 * acknowledgement, and hands the frontier round; in a mesh, everyone acknowledges to everyone. Where a program asks for
 * a frontier somebody waits for it, so acknowledgements go within a window.
 *
 * **Stability** is the frontier at all nodes, and more: an operation is causally stable once whatever is delivered
 * *later* was made by somebody who had it. (Baquero and Shoker, "Pure Operation-Based Replicated Data Types", 2017, §4.)
 * That everybody has it does not suffice. Who acknowledged it may have made something before, which is still under way;
 * so what a message says counts once all that it builds on is here. And a life that is over may have sent something to
 * others alone; so what a life acknowledges counts once it is recovered: then everybody has met it, hears its former
 * lives no more, and has told it all that they had heard of them. A frontier may be taken from anybody, if with it comes
 * all that he had: what is still to come to the one was still to come to the other.
 */
import * as Clock from "effect/Clock"
import type * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import type * as Schema from "effect/Schema"
import type { NodeId } from "../../schema/Address.ts"
import * as GossipProtocol from "../../schema/GossipProtocol.ts"
import * as ProtocolError from "../../schema/ProtocolError.ts"
import type * as Rpc from "../../schema/Rpc.ts"
import * as Vector from "../../schema/VersionVector.ts"
import { Peers } from "../node/Peers.ts"
import { Timers } from "../node/Timers.ts"
import * as CausalLog from "./CausalLog.ts"
import * as Frontiers from "./Frontiers.ts"
import * as Hubs from "./Hubs.ts"
import * as Link from "./Link.ts"
import * as Pace from "./Pace.ts"
import * as Settings from "./Settings.ts"

export interface Replica<A> {
  /** Adds an operation of this node, and returns at once. Costs nothing by itself. */
  readonly publish: (operation: A) => Effect.Effect<CausalLog.Entry<A>>
  /**
   * Succeeds once every other node has told this life what it has, and all of that is here; with the number of former
   * lives of this node that any of them has met. Whoever does not serve before keeps what a former life had promised,
   * as far as anybody but itself knew of it; and must wait while any node cannot be reached.
   */
  readonly recovered: Effect.Effect<number>
}

export interface Options<A> {
  /** Every operation, this node's own included, once, in causal order. */
  readonly onDelivery: (entry: CausalLog.Entry<A>) => void
  /** Whenever the stable frontier has advanced: every node has had this, and all that may come was made knowing it. */
  readonly onStable?: (stable: Vector.VersionVector) => void
  /** Whenever more is known to be had by so many nodes, this one included. */
  readonly onCopied?: Frontiers.Frontier
}

export class Gossip extends Context.Service<Gossip, {
  /** To be called once, before serving. */
  readonly join: <A, I>(operation: Schema.Codec<A, I>, options: Options<A>) => Effect.Effect<Replica<A>>
}>()("gossip-girl/Gossip") {
  static readonly layerStar = Layer.effect(Gossip, Effect.suspend(() => make("star", Settings.star)))
  /** A star with windows so long that messages are few and news takes a second. */
  static readonly layerThrifty = Layer.effect(Gossip, Effect.suspend(() => make("star", Settings.thrifty)))
  static readonly layerMesh = Layer.effect(Gossip, Effect.suspend(() => make("mesh", Settings.mesh)))
  /** News within a second and two hops for the fewest messages: among up to four nodes, a mesh takes no more than a star. */
  static readonly layerRelaxed = Layer.effect(
    Gossip,
    Effect.flatMap(
      Peers,
      ({ members }) => members.length > 4 ? make("star", Settings.relaxedStar) : make("mesh", Settings.relaxedMesh)
    )
  )
}

const make = (shape: Hubs.Shape, config: Config.Config<Settings.Settings>) =>
  Effect.gen(function*() {
    const settings = yield* config
    const context = yield* Effect.context<Peers | Timers>()
    return Gossip.of({
      join: (operation, options) => Effect.provideContext(join(shape, settings, operation, options), context)
    })
  })

/** How many operations go into one message at the most, and how many batches wait for their base on one link. */
const maxOperations = 5000
const maxHeld = 100

/** How often a hub that is heard may leave unanswered what it is sent, before it is taken for deaf. */
const maxUnanswered = 2

const nodeOf = (origin: string): string => origin.slice(0, origin.lastIndexOf("."))

const join = <A, I>(
  shape: Hubs.Shape,
  settings: Settings.Settings,
  operation: Schema.Codec<A, I>,
  { onDelivery, onCopied, onStable }: Options<A>
) =>
  Effect.gen(function*() {
    const peers = yield* Peers
    const timers = yield* Timers
    const clock = yield* Clock.Clock
    const random = yield* Random.Random
    const run = Effect.runForkWith(yield* Effect.context())
    const rpc = GossipProtocol.gossip(operation)
    type Message = Rpc.Request<typeof rpc>
    type Link = Link.Link<A>

    const log = CausalLog.make<A>()
    const me = Vector.Origin.make(`${peers.self}.${Math.floor(random.nextDoubleUnsafe() * 36 ** 6).toString(36)}`)
    const links = new Map<NodeId, Link>(peers.ids.map((peer) => [peer, Link.make(peer)]))
    const members: ReadonlySet<string> = new Set(peers.members)
    const frontiers = Frontiers.make([
      ...onStable === undefined ? [] : [{ copies: peers.members.length, advance: onStable }],
      ...onCopied === undefined ? [] : [onCopied]
    ])
    const hubs = Hubs.make(shape, peers.self, peers.members)
    const pace = Pace.make(settings, hubs, frontiers.areKept)
    const isHub = (): boolean => hubs.current() === peers.self
    const now = (): number => Number(clock.monotonicTimeNanosUnsafe()) / 1e6

    let serving = false
    let restlessUntil = -Infinity
    let formerLives = 0
    const recovery = yield* Deferred.make<number>()
    /** Who has yet to tell this life what there is to get, and what there is. */
    const recovering = new Map<NodeId, Vector.VersionVector | undefined>(peers.ids.map((peer) => [peer, undefined]))

    // ---- what to send, and when

    const owe = (link: Link, within: number): void => {
      link.oweBy = Math.min(link.oweBy, now() + within)
    }

    /** Whom one has never heard of may have all that one has got from others: it is asked first. */
    const isStranger = (link: Link): boolean =>
      shape === "star" && link.life === undefined && link.sent.size === 0
      && log.length() > (log.vector.get(me) ?? 0)

    /** In a mesh, everyone gets from each node its own operations; the others only who asks. */
    const isOwnEnough = (link: Link): boolean => shape === "mesh" && !link.asked

    /** Whether the peer lacks what this node distributes to it. */
    const lacks = (link: Link): boolean => {
      if (isStranger(link)) return false
      if (isOwnEnough(link)) return (log.vector.get(me) ?? 0) > (link.sent.get(me) ?? 0)
      if (!link.asked && !hubs.leads(link) && link.peer !== hubs.current()) return false
      for (;; link.position++) {
        const entry = log.at(link.position)
        if (entry === undefined) return false
        if (entry.sequence > (link.sent.get(entry.origin) ?? 0)) return true
      }
    }

    /** Whether the peer, a leaf, has yet to learn how far frontiers are. */
    const lacksFrontier = (link: Link): boolean => isHub() && frontiers.areNewsTo(link.knows)

    const batch = (link: Link) => {
      if (!lacks(link)) return { base: log.vector, operations: [], isAll: true }
      const positions = isOwnEnough(link) ? log.positions(me).slice(link.sent.get(me) ?? 0) : log.from(link.position)
      return CausalLog.batch(log, positions, link.sent, maxOperations)
    }

    const transmit = (link: Link): void => {
      const { base, isAll, operations } = batch(link)
      const hub = hubs.current()
      run(peers.send(link.peer, rpc, {
        from: me,
        base: Vector.encode(base),
        operations,
        ...(link.asking ? { ask: true } : {}),
        ...(link.asked && isAll && link.life !== undefined
          ? { answer: { to: link.life, former: link.formerLives.size } }
          : {}),
        ...(hub === undefined ? {} : { hub }),
        ...(frontiers.areKept && recovering.size === 0 && isAll ? { frontiers: frontiers.told() } : {})
      }))
      if (operations.length > 0) Vector.raise(link.sent, CausalLog.reach({ base, operations }))
      const isNews = operations.length > 0 || lacksFrontier(link)
      if (isNews) pace.pushed(link, now())
      if (isNews || link.asking) link.awaitingSince ??= now()
      if (link.asking) link.askAt = now() + Math.min(settings.probeEvery, settings.roundTrip * 2 ** link.retries)
      link.oweBy = Infinity
      link.asked &&= !isAll
    }

    /** When this node next has something to say to the peer. */
    const due = (link: Link): number => {
      if (link.asked) return -Infinity
      const waiting = link.awaitingSince !== undefined
      const push = lacks(link) && !(waiting && link.retries > 0) ? pace.pushAt(link) : Infinity
      const ask = link.asking ? link.askAt : Infinity
      return Math.min(push, ask, link.oweBy)
    }

    /** No answer has come in time: what was sent counts as lost. */
    const fallBack = (link: Link): void => {
      const silent = now() - link.lastHeard >= settings.roundTrip
      link.awaitingSince = undefined
      Link.rewind(link, log)
      link.retries++
      if (lacksFrontier(link)) owe(link, settings.hubWindow)
      if (!silent && link.retries <= maxUnanswered) return
      disturb()
      if (link.peer === hubs.current()) suspect([link])
    }

    /** Does what is due on a link, and sets a timer for what comes next. */
    const attend = (link: Link): void => {
      if (!serving) return
      if (isStranger(link) && isHub()) link.asking = true
      if (pace.expiry(link) <= now()) fallBack(link)
      if (link.heldSince !== undefined && link.heldSince + settings.gap <= now()) {
        link.heldSince = undefined
        link.asking = true
      }
      if (due(link) <= now()) transmit(link)
      const wakeAt = Math.min(due(link), pace.expiry(link), (link.heldSince ?? Infinity) + settings.gap)
      if (wakeAt === Infinity || link.wakes.some((at) => at <= wakeAt)) return
      link.wakes.push(wakeAt)
      run(timers.after(
        Math.max(0, wakeAt - now()),
        Effect.sync(() => {
          link.wakes.splice(link.wakes.indexOf(wakeAt), 1)
          attend(link)
        })
      ))
    }

    const attendAll = (): void => {
      for (const link of links.values()) attend(link)
    }

    // ---- whom to go through

    /** For a while, nodes ask random others: somebody may have what was on its way through whom is gone. */
    const disturb = (): void => {
      restlessUntil = now() + pace.unrest
    }

    const suspect = (silent: ReadonlyArray<Link>): void => {
      if (silent.length === 0) return
      for (const link of silent) {
        hubs.suspected.add(link.peer)
        link.asking = true
        // What a hub has, it has most likely passed on. If not, the gap will be asked for.
        for (const other of links.values()) Vector.raise(other.sent, link.acknowledged)
      }
      const next = links.get(hubs.current() ?? peers.self)
      if (next !== undefined && !lacks(next)) next.asking = true
      attendAll()
    }

    /** Somebody goes through this hub: whoever would come before it, and is silent here too, is suspected. */
    const adoptSuspicions = (acting: NodeId): void => {
      const better = hubs.before(acting).flatMap((id) => links.get(id) ?? [])
      suspect(better.filter(({ lastHeard }) => now() - lastHeard >= settings.roundTrip))
    }

    // ---- what comes in

    /** A frontier has advanced: leaves are told at the next push. */
    const passOn = (): void => {
      for (const link of links.values()) if (lacksFrontier(link)) owe(link, Math.max(0, pace.pushAt(link) - now()))
    }

    /** Who is not recovered cannot know what its former life has sent to whom. */
    const advance = (): void => {
      if (recovering.size > 0) return
      const vectors = [log.vector, ...[...links.values()].map(({ confirmed }) => confirmed)]
      if (frontiers.infer(vectors)) passOn()
    }

    const takeFrontiers = (link: Link, told: GossipProtocol.Frontiers): void => {
      const { advanced, isNews } = frontiers.hear(link.knows, told, log.vector)
      if (isNews && link.peer === hubs.current()) owe(link, pace.confirmWithin)
      if (advanced) passOn()
    }

    const takeHeld = (): boolean => {
      let progress = false
      for (const link of links.values()) {
        link.held = link.held.filter((held) => {
          const taken = CausalLog.take(log, held)
          taken?.forEach(onDelivery)
          progress ||= taken !== undefined && taken.length > 0
          if (taken !== undefined && held.frontiers !== undefined) {
            Vector.raise(link.confirmed, held.has)
            takeFrontiers(link, held.frontiers)
          }
          return taken === undefined
        })
        if (link.held.length === 0) link.heldSince = undefined
      }
      return progress
    }

    /** Says whether the peer has more than it was known to have. */
    const takeAcknowledgement = (link: Link, message: Message, has: Vector.VersionVector): boolean => {
      if (link.life !== message.from) {
        if (link.life !== undefined) disturb()
        Link.begin(link, message.from, log, now())
      }
      const progress = Vector.raise(link.acknowledged, has)
      Vector.raise(link.sent, link.acknowledged)
      link.child = message.hub === peers.self
      if (message.answer?.to === me) {
        link.asking = false
        link.askAt = -Infinity
        hubs.suspected.delete(link.peer)
      }
      if (message.ask === true) {
        link.asked = true
        Link.rewind(link, log)
      }
      return progress
    }

    const stopWaiting = (link: Link, progress: boolean): void => {
      const isDone = !link.asking && !lacksFrontier(link) && Vector.covers(link.acknowledged, link.sent)
      if (isDone) link.awaitingSince = undefined
      else if (progress) link.awaitingSince = now()
      if (isDone || progress) link.retries = 0
    }

    const recover = (): void => {
      for (const [peer, has] of recovering) {
        if (has !== undefined && Vector.covers(log.vector, has)) recovering.delete(peer)
      }
      if (recovering.size > 0 || Deferred.isDoneUnsafe(recovery)) return
      const known = [...log.vector.keys()].filter((origin) => nodeOf(origin) === peers.self && origin !== me)
      Deferred.doneUnsafe(recovery, Exit.succeed(Math.max(formerLives, known.length)))
      if (log.length() === 0) return
      for (const link of links.values()) owe(link, pace.acknowledgeWithin(link)) // what it has counts from now on
    }

    const receive = (link: Link, message: Message, batch: CausalLog.Batch<A>, has: Vector.VersionVector): void => {
      const before = log.length()

      link.lastHeard = now()
      if (Link.isOver(link, message.from, now(), pace.unrest)) return
      const progress = takeAcknowledgement(link, message, has)
      if (message.hub !== undefined) adoptSuspicions(message.hub)

      link.held.push({ ...batch, has, frontiers: message.frontiers })
      while (takeHeld()) {
        // what was taken may be the base of what is held
      }
      stopWaiting(link, progress)
      if (link.held.length > 0) link.heldSince ??= now()
      if (link.held.length > maxHeld) link.held.shift()
      if (message.operations.length > 0) owe(link, pace.acknowledgeWithin(link))
      if (message.ask === true && !Vector.covers(log.vector, has)) link.asking = true
      if (message.answer?.to === me && recovering.has(link.peer)) {
        recovering.set(link.peer, has)
        formerLives = Math.max(formerLives, message.answer.former)
      }
      recover()
      if (shape === "mesh" && frontiers.areKept && log.length() > before) {
        for (const other of links.values()) owe(other, settings.leafWindow) // else only the origin would learn who has it
      }
      advance()

      if (frontiers.areKept || log.length() > before) attendAll()
      else attend(link)
    }

    /** What nobody of this cluster can have said. */
    const isForeign = ({ peer }: Link, { from }: Message, has: Vector.VersionVector): boolean =>
      nodeOf(from) !== peer
      || (has.get(me) ?? 0) > (log.vector.get(me) ?? 0)
      || [...has.keys()].some((origin) => !members.has(nodeOf(origin)))

    yield* peers.handle([rpc] as const, {
      gossip: (message, from) => {
        const link = links.get(from)! // there is one to each peer
        const batch = { base: Vector.decode(message.base), operations: message.operations }
        const has = CausalLog.reach(batch)
        if (isForeign(link, message, has)) {
          return Effect.fail(new ProtocolError.MalformedRequest({ text: "gossip that no peer can have sent" }))
        }
        receive(link, message, batch, has)
        return Effect.succeed({})
      }
    })

    recover()

    // ---- what a node asks by itself

    const ask = (which: (link: Link) => boolean) =>
      Effect.sync(() => {
        serving = true
        for (const link of links.values()) link.asking ||= which(link)
        attendAll()
      })

    // A node that starts may have had a life before. It asks its hub, or, if it is the hub, the next node; and after
    // a while all from whom it should have heard by now; or all at once, since frontiers stand still until it is recovered.
    const [first] = links.keys()
    const isHeardByAll = (): boolean => shape === "mesh" || isHub()
    yield* timers.after(settings.silence, ask(({ peer }) => peer === first || frontiers.areKept))
    yield* timers.after(
      settings.roundTrip + (shape === "mesh" ? settings.acknowledgeWithin : 0),
      ask(({ life }) => life === undefined && isHeardByAll())
    )
    yield* timers.every(
      settings.probeEvery,
      Effect.suspend(() => {
        const trusted = [...links.values()].filter(({ peer }) => !hubs.suspected.has(peer))
        const chosen = trusted[Math.floor(random.nextDoubleUnsafe() * trusted.length)]
        const isCalm = hubs.suspected.size === 0 && now() > restlessUntil
        // Who has long said nothing, and all wait for it, is asked what it has.
        const isOverdue = (link: Link): boolean =>
          frontiers.areKept && isHeardByAll()
          && now() - link.lastHeard > settings.acknowledgeWithin
          && !Vector.covers(link.confirmed, log.vector)
        return ask((link) => isOverdue(link) || (!isCalm && link === chosen))
      })
    )

    return {
      publish: (operation) =>
        Effect.sync(() => {
          const entry = log.append(me, operation)
          onDelivery(entry)
          if (links.size === 0) advance()
          attendAll()
          return entry
        }),
      recovered: Effect.andThen(
        timers.after(settings.silence, ask(({ peer }) => recovering.has(peer))),
        Deferred.await(recovery)
      )
    } satisfies Replica<A>
  })
