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
 * **Windows** (Nagle, RFC 896): a link that has been idle sends at once, a busy one at most once a window.
 *
 * **Who sends to whom** is the layer's choice.
 * - *Star*: leaves send to the hub, the hub sends everyone what it lacks. The hub is the first node of the list that is
 *   not suspected; no election, since a wrong guess costs messages and nothing else. A node suspects a hub that does not
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
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import type * as Schema from "effect/Schema"
import type { Address, NodeId } from "../schema/Address.ts"
import * as GossipProtocol from "../schema/GossipProtocol.ts"
import * as ProtocolError from "../schema/ProtocolError.ts"
import type * as Rpc from "../schema/Rpc.ts"
import * as Vector from "../schema/VersionVector.ts"
import * as CausalLog from "./CausalLog.ts"
import { Node } from "./Node.ts"
import { Timers } from "./Timers.ts"

export interface Replica<A> {
  /** Adds an operation of this node, and returns at once. Costs nothing by itself. */
  readonly publish: (operation: A) => Effect.Effect<CausalLog.Entry<A>>
  /** What this node has, now. */
  readonly vector: Vector.VersionVector
  /** What is causally stable, as far as this node knows. Kept only if `onStable` is given. */
  readonly stable: Vector.VersionVector
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
  readonly onHeld?: { readonly copies: number; readonly advance: (held: Vector.VersionVector) => void }
}

export class Gossip extends Context.Service<Gossip, {
  /** To be called once, before serving. */
  readonly join: <A, I>(operation: Schema.Codec<A, I>, options: Options<A>) => Effect.Effect<Replica<A>>
}>()("gossip-girl/Gossip") {
  static readonly layerStar = Layer.effect(Gossip, Effect.suspend(() => make("star", starSettings)))
  /** A star with windows so long that messages are few and news takes a second. */
  static readonly layerThrifty = Layer.effect(Gossip, Effect.suspend(() => make("star", thriftySettings)))
  static readonly layerMesh = Layer.effect(Gossip, Effect.suspend(() => make("mesh", meshSettings)))
  /** News within a second and two hops for the fewest messages: among up to four nodes, a mesh takes no more than a star. */
  static readonly layerRelaxed = Layer.effect(
    Gossip,
    Effect.flatMap(
      Node,
      ({ ids }) => ids.length > 4 ? make("star", relaxedStarSettings) : make("mesh", relaxedMeshSettings)
    )
  )
}

/** All in milliseconds. */
export interface Settings {
  /** How often a busy leaf sends to the hub, at the most; in a mesh, any node to any other. */
  readonly leafWindow: number
  /** How often the hub sends to a busy leaf, at the most; it acknowledges within this time too. */
  readonly hubWindow: number
  /** How long anyone but the hub waits for something that an acknowledgement can ride on, if nobody waits for it. */
  readonly acknowledgeWithin: number
  /** After how long without an answer a message counts as lost, besides the time that its receiver may take. */
  readonly roundTrip: number
  /** How long a gap may stay open before it is asked for. */
  readonly gap: number
  /** The longest time between two attempts to reach a node that is silent, and between two random questions. */
  readonly patience: number
}

const millis = (name: string, fallback: number) =>
  Config.Duration(name).pipe(Config.map(Duration.toMillis), Config.withDefault(fallback))

/** Environment variables such as `GOSSIP_HUB_WINDOW="200 millis"`. */
const settings = (defaults: Settings): Config.Config<Settings> =>
  Config.all({
    leafWindow: millis("GOSSIP_LEAF_WINDOW", defaults.leafWindow),
    hubWindow: millis("GOSSIP_HUB_WINDOW", defaults.hubWindow),
    acknowledgeWithin: millis("GOSSIP_ACKNOWLEDGE_WITHIN", defaults.acknowledgeWithin),
    roundTrip: millis("GOSSIP_ROUND_TRIP", defaults.roundTrip),
    gap: millis("GOSSIP_GAP", defaults.gap),
    patience: millis("GOSSIP_PATIENCE", defaults.patience)
  })

const defaults = {
  leafWindow: 50,
  hubWindow: 200,
  acknowledgeWithin: 1500,
  roundTrip: 1000,
  gap: 400,
  patience: 1000
}
const starSettings = settings(defaults)
const thriftySettings = settings({ ...defaults, leafWindow: 700, hubWindow: 1000 })
const meshSettings = settings({ ...defaults, leafWindow: 10, hubWindow: 10, acknowledgeWithin: 3000 })
const relaxedStarSettings = settings({ ...defaults, leafWindow: 475, hubWindow: 475 })
const relaxedMeshSettings = settings({
  ...defaults,
  leafWindow: 970,
  hubWindow: 970,
  acknowledgeWithin: 3000,
  patience: 1500
})

/** How many operations go into one message at the most, and how many batches wait for their base on one link. */
const maxOperations = 5000
const maxHeld = 100

/** How often a hub that is heard may leave unanswered what it is sent, before it is taken for deaf. */
const maxUnanswered = 2

/** How far operations are had by so many nodes. */
interface Frontier {
  readonly copies: number
  readonly vector: Map<Vector.Origin, number>
  readonly advance: (vector: Vector.VersionVector) => void
}

/** A batch whose base is not there yet; what its sender has who sent it, and says of frontiers, if it is recovered. */
interface Held<A> extends CausalLog.Batch<A> {
  readonly has: Vector.VersionVector
  readonly frontiers: GossipProtocol.Frontiers | undefined
}

/** What a node keeps of each other node. Times are in ms; `undefined` where there is nothing to wait for. */
interface Link<A> {
  readonly peer: NodeId
  /** Which of the peer's lives is the present one, and since when others are taken to be over. */
  life: Vector.Origin | undefined
  readonly formerLives: Map<Vector.Origin, number>
  /** What the peer has said that it has; and that, or what it will have when all that was sent arrives. */
  acknowledged: Map<Vector.Origin, number>
  sent: Map<Vector.Origin, number>
  /** Of what is acknowledged, what counts for frontiers. */
  settled: Map<Vector.Origin, number>
  /** All of the log before here is in `sent`. */
  position: number
  lastHeard: number
  lastPush: number
  /** Since when something that was sent awaits an answer, and how often it has been sent again. */
  awaitingSince: number | undefined
  retries: number
  /** When the peer gets an acknowledgement, or news of frontiers, at the latest. */
  oweBy: number
  /** This node wants to be told what it lacks, and asks (again) at this time. */
  asking: boolean
  askAt: number
  /** The peer wants to be told what it lacks. */
  asked: boolean
  /** Frontiers, as far as the peer knows them. */
  knows: Map<Frontier, Map<Vector.Origin, number>>
  /** The peer takes this node for its hub. */
  child: boolean
  /** Batches whose base is not there yet, and since when. */
  held: Array<Held<A>>
  heldSince: number | undefined
  /** When timers will go off. */
  readonly wakes: Array<number>
}

const nodeOf = (origin: string): string => origin.slice(0, origin.lastIndexOf("."))

const make = (shape: "star" | "mesh", config: Config.Config<Settings>) =>
  Effect.gen(function*() {
    const node = yield* Node
    const timers = yield* Timers
    const clock = yield* Clock.Clock
    const random = yield* Random.Random
    const settings = yield* config
    const run = Effect.runForkWith(yield* Effect.context())

    const join = <A, I>(operation: Schema.Codec<A, I>, { onDelivery, onHeld, onStable }: Options<A>) =>
      Effect.gen(function*() {
        const rpc = GossipProtocol.gossip(operation)
        type Message = Rpc.Request<typeof rpc>
        const log = CausalLog.make<A>()
        const me = Vector.Origin.make(`${node.id}.${Math.floor(random.nextDoubleUnsafe() * 36 ** 6).toString(36)}`)
        const links = new Map<Address, Link<A>>()
        const members: ReadonlySet<string> = new Set(node.ids)
        const suspected = new Set<NodeId>()
        const recovering = new Map<NodeId, Vector.VersionVector | undefined>() // and what there is to get, once it says so
        const recovery = yield* Deferred.make<number>()
        let formerLives = 0
        const stable = new Map<Vector.Origin, number>()
        const frontiers: Array<Frontier> = []
        if (onStable !== undefined) frontiers.push({ copies: node.ids.length, vector: stable, advance: onStable })
        if (onHeld !== undefined) frontiers.push({ ...onHeld, vector: new Map() })
        let serving = false
        let unsettledUntil = -Infinity
        let round = -Infinity // when this node, as a hub, last began to push to all

        const now = (): number => Number(clock.monotonicTimeNanosUnsafe()) / 1e6

        /** The first node that is not suspected; oneself, if need be. In a mesh there is none. */
        const hub = (): NodeId | undefined =>
          shape === "mesh" ? undefined : node.ids.find((id) => id === node.id || !suspected.has(id))

        for (const peer of node.ids) {
          if (peer === node.id) continue
          recovering.set(peer, undefined)
          links.set(peer, {
            peer,
            life: undefined,
            formerLives: new Map(),
            acknowledged: new Map(),
            sent: new Map(),
            settled: new Map(),
            position: 0,
            lastHeard: -Infinity,
            lastPush: -Infinity,
            awaitingSince: undefined,
            retries: 0,
            oweBy: Infinity,
            asking: false,
            askAt: -Infinity,
            asked: false,
            knows: new Map(),
            child: false,
            held: [],
            heldSince: undefined,
            wakes: []
          })
        }

        // ---- what to send, and when

        const servesAsHub = (link: Link<A>): boolean => shape === "star" && (hub() === node.id || link.child)
        /** When this node may next push to the peer. The hub pushes to all at once: news is as old everywhere. */
        const pushAt = (link: Link<A>): number => {
          if (!servesAsHub(link)) return link.lastPush + settings.leafWindow
          return link.lastPush < round ? round : round + settings.hubWindow
        }
        const acknowledgeWithin = (link: Link<A>): number => {
          if (servesAsHub(link)) return settings.hubWindow
          return frontiers.length > 0 ? settings.leafWindow : settings.acknowledgeWithin
        }
        /** A leaf may take its time to confirm a frontier. */
        const confirmWithin = shape === "mesh" && frontiers.length > 0
          ? settings.leafWindow
          : settings.acknowledgeWithin
        const owe = (link: Link<A>, within: number): void => {
          link.oweBy = Math.min(link.oweBy, now() + within)
        }
        const answerWithin = (link: Link<A>): number =>
          settings.roundTrip + (link.peer === hub() ? settings.hubWindow : confirmWithin)
        const expiry = (link: Link<A>): number =>
          link.awaitingSince === undefined
            ? Infinity
            : link.awaitingSince + Math.max(answerWithin(link), Math.min(settings.patience, 2 ** link.retries * 500))

        /** Whom one has never heard of may have all that one has got from others: it is asked first. */
        const isStranger = (link: Link<A>): boolean =>
          shape === "star" && link.life === undefined && link.sent.size === 0
          && log.length() > (log.vector.get(me) ?? 0)

        /** Whether the peer lacks what this node distributes to it. */
        const lacks = (link: Link<A>): boolean => {
          if (isStranger(link)) return false
          if (shape === "mesh" && !link.asked) return (log.vector.get(me) ?? 0) > (link.sent.get(me) ?? 0)
          if (!link.asked && !servesAsHub(link) && link.peer !== hub()) return false
          for (;; link.position++) {
            const entry = log.at(link.position)
            if (entry === undefined) return false
            if (entry.sequence > (link.sent.get(entry.origin) ?? 0)) return true
          }
        }

        /** Whether the peer, a leaf, has yet to learn how far frontiers are. */
        const lacksFrontier = (link: Link<A>): boolean =>
          hub() === node.id
          && frontiers.some((frontier) => !Vector.covers(link.knows.get(frontier) ?? new Map(), frontier.vector))

        /** What the peer lacks, in the order of the log; the base is all that comes with and before it in the log. */
        const batch = (link: Link<A>): CausalLog.Batch<A> & { readonly isAll: boolean } => {
          const entries: Array<CausalLog.Entry<A>> = []
          const own = shape === "mesh" && !link.asked
          const positions = own ? log.positions(me).slice(link.sent.get(me) ?? 0) : undefined
          let end = log.length()
          for (let i = positions === undefined ? link.position : 0; i < (positions?.length ?? log.length()); i++) {
            const position = positions === undefined ? i : positions[i]!
            const entry = log.at(position)!
            if (entry.sequence <= (link.sent.get(entry.origin) ?? 0)) continue
            if (entries.length === maxOperations) {
              end = position
              break
            }
            entries.push(entry)
          }
          const base = new Map(log.vector)
          const without = ({ origin }: CausalLog.Entry<A>): void => void base.set(origin, base.get(origin)! - 1)
          for (let position = end; position < log.length(); position++) without(log.at(position)!)
          entries.forEach(without)
          const operations = entries.map(({ operation, origin }) => [origin, operation] as const)
          return { base, operations, isAll: end === log.length() }
        }

        const transmit = (link: Link<A>): void => {
          const { base, isAll, operations } = lacks(link)
            ? batch(link)
            : { base: log.vector, operations: [], isAll: true }
          const through = hub()
          run(node.send(link.peer, rpc, {
            from: me,
            base: Vector.encode(base),
            operations,
            ...(link.asking ? { ask: true } : {}),
            ...(link.asked && isAll && link.life !== undefined
              ? { answer: { to: link.life, former: link.formerLives.size } }
              : {}),
            ...(through === undefined ? {} : { hub: through }),
            ...(frontiers.length > 0 && recovering.size === 0 && isAll
              ? { frontiers: frontiers.map(({ copies, vector }) => [copies, Vector.encode(vector)] as const) }
              : {})
          }))
          if (operations.length > 0) Vector.raise(link.sent, CausalLog.reach({ base, operations }))
          const isNews = operations.length > 0 || lacksFrontier(link)
          if (isNews) {
            link.lastPush = now()
            if (servesAsHub(link) && link.lastPush >= round + settings.hubWindow) round = link.lastPush
          }
          if (isNews || link.asking) link.awaitingSince ??= now()
          if (link.asking) link.askAt = now() + Math.min(settings.patience, settings.roundTrip * 2 ** link.retries)
          link.oweBy = Infinity
          link.asked &&= !isAll
        }

        /** When this node next has something to say to the peer. */
        const due = (link: Link<A>): number => {
          if (link.asked) return -Infinity
          const waiting = link.awaitingSince !== undefined
          const push = lacks(link) && !(waiting && link.retries > 0) ? pushAt(link) : Infinity
          const ask = link.asking ? link.askAt : Infinity
          return Math.min(push, ask, link.oweBy)
        }

        const rewind = (link: Link<A>): void => {
          link.sent = new Map(link.acknowledged)
          link.position = log.firstLacked(link.sent)
        }

        /** No answer has come in time: what was sent counts as lost. */
        const fallBack = (link: Link<A>): void => {
          const silent = now() - link.lastHeard >= settings.roundTrip
          link.awaitingSince = undefined
          rewind(link)
          link.retries++
          if (lacksFrontier(link)) owe(link, settings.hubWindow)
          if (!silent && link.retries <= maxUnanswered) return
          unsettle()
          if (link.peer === hub()) suspect([link])
        }

        /** Does what is due on a link, and sets a timer for what comes next. */
        const attend = (link: Link<A>): void => {
          if (!serving) return
          if (isStranger(link) && hub() === node.id) link.asking = true
          if (expiry(link) <= now()) fallBack(link)
          if (link.heldSince !== undefined && link.heldSince + settings.gap <= now()) {
            link.heldSince = undefined
            link.asking = true
          }
          if (due(link) <= now()) transmit(link)
          const wakeAt = Math.min(due(link), expiry(link), (link.heldSince ?? Infinity) + settings.gap)
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
        const unsettle = (): void => {
          unsettledUntil = now() + 2 * settings.patience
        }

        const suspect = (hubs: ReadonlyArray<Link<A>>): void => {
          if (hubs.length === 0) return
          for (const link of hubs) {
            suspected.add(link.peer)
            link.asking = true
            // What a hub has, it has most likely passed on. If not, the gap will be asked for.
            for (const other of links.values()) Vector.raise(other.sent, link.acknowledged)
          }
          const next = links.get(hub() ?? node.id)
          if (next !== undefined && !lacks(next)) next.asking = true
          attendAll()
        }

        /** Somebody goes through this hub: whoever would come before it, and is silent here too, is suspected. */
        const adoptSuspicions = (acting: NodeId): void => {
          const silent: Array<Link<A>> = []
          for (const id of node.ids) {
            if (id === acting || id === node.id) break
            const link = links.get(id)
            if (link === undefined || suspected.has(id)) continue
            if (now() - link.lastHeard >= settings.roundTrip) silent.push(link)
          }
          suspect(silent)
        }

        // ---- what comes in

        const learn = (frontier: Frontier, known: Vector.VersionVector): void => {
          if (!Vector.raise(frontier.vector, known)) return
          frontier.advance(frontier.vector)
          for (const link of links.values()) if (lacksFrontier(link)) owe(link, Math.max(0, pushAt(link) - now()))
        }

        /** Who is not recovered cannot know what its former life has sent to whom. */
        const advance = (): void => {
          if (recovering.size > 0) return
          const vectors = [log.vector, ...[...links.values()].map(({ settled }) => settled)]
          for (const frontier of frontiers) learn(frontier, Vector.shared(vectors, frontier.copies))
        }

        const takeHeld = (): boolean => {
          let progress = false
          for (const link of links.values()) {
            link.held = link.held.filter((held) => {
              const taken = CausalLog.take(log, held)
              taken?.forEach(onDelivery)
              progress ||= taken !== undefined && taken.length > 0
              if (taken !== undefined && held.frontiers !== undefined) {
                Vector.raise(link.settled, held.has)
                takeFrontiers(link, held.frontiers)
              }
              return taken === undefined
            })
            if (link.held.length === 0) link.heldSince = undefined
          }
          return progress
        }

        const takeFrontiers = (link: Link<A>, told: GossipProtocol.Frontiers): void => {
          for (const frontier of frontiers) {
            const known = Vector.decode(told.find(([copies]) => copies === frontier.copies)?.[1] ?? {})
            const knew = link.knows.get(frontier)
            if (knew === undefined) link.knows.set(frontier, known)
            else Vector.raise(knew, known)
            if (link.peer === hub() && !Vector.covers(frontier.vector, known)) owe(link, confirmWithin)
            learn(frontier, Vector.meet([known, log.vector])) // who is honest has what it tells of
          }
        }

        /**
         * Lives have no order. What was long under way may come from one that is over; but one that still speaks after a
         * while is not over, however it seemed.
         */
        const isOver = (link: Link<A>, life: Vector.Origin): boolean => {
          const since = link.formerLives.get(life)
          return link.life !== life && since !== undefined && now() - since < 2 * settings.patience
        }

        /** Says whether the peer has more than it was known to have. */
        const takeAcknowledgement = (link: Link<A>, message: Message, has: Vector.VersionVector): boolean => {
          if (link.life !== message.from) {
            if (link.life !== undefined) {
              link.formerLives.set(link.life, now())
              unsettle()
            }
            link.life = message.from
            link.held = []
            link.settled = new Map()
            link.knows = new Map()
            link.acknowledged = new Map()
            rewind(link)
          }
          const progress = Vector.raise(link.acknowledged, has)
          Vector.raise(link.sent, link.acknowledged)
          link.child = message.hub === node.id
          if (message.answer?.to === me) {
            link.asking = false
            link.askAt = -Infinity
            suspected.delete(link.peer)
          }
          if (message.ask === true) {
            link.asked = true
            rewind(link)
          }
          return progress
        }

        const stopWaiting = (link: Link<A>, progress: boolean): void => {
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
          const known = [...log.vector.keys()].filter((origin) => nodeOf(origin) === node.id && origin !== me)
          Deferred.doneUnsafe(recovery, Exit.succeed(Math.max(formerLives, known.length)))
          if (log.length() === 0) return
          for (const link of links.values()) owe(link, acknowledgeWithin(link)) // what it has counts from now on
        }

        const receive = (
          link: Link<A>,
          message: Message,
          batch: CausalLog.Batch<A>,
          has: Vector.VersionVector
        ): void => {
          const before = log.length()

          link.lastHeard = now()
          if (isOver(link, message.from)) return
          const progress = takeAcknowledgement(link, message, has)
          if (message.hub !== undefined) adoptSuspicions(message.hub)

          link.held.push({ ...batch, has, frontiers: message.frontiers })
          while (takeHeld()) {
            // what was taken may be the base of what is held
          }
          stopWaiting(link, progress)
          if (link.held.length > 0) link.heldSince ??= now()
          if (link.held.length > maxHeld) link.held.shift()
          if (message.operations.length > 0) owe(link, acknowledgeWithin(link))
          if (message.ask === true && !Vector.covers(log.vector, has)) link.asking = true
          if (message.answer?.to === me && recovering.has(link.peer)) {
            recovering.set(link.peer, has)
            formerLives = Math.max(formerLives, message.answer.former)
          }
          recover()
          if (shape === "mesh" && frontiers.length > 0 && log.length() > before) {
            for (const other of links.values()) owe(other, settings.leafWindow) // else only the origin would learn who has it
          }
          advance()

          if (frontiers.length > 0 || log.length() > before) attendAll()
          else attend(link)
        }

        /** What nobody of this cluster can have said. */
        const isForeign = ({ peer }: Link<A>, { from }: Message, has: Vector.VersionVector): boolean =>
          nodeOf(from) !== peer
          || (has.get(me) ?? 0) > (log.vector.get(me) ?? 0)
          || [...has.keys()].some((origin) => !members.has(nodeOf(origin)))

        yield* node.handle([rpc] as const, {
          gossip: (message, from) => {
            const link = links.get(from)
            const batch = { base: Vector.decode(message.base), operations: message.operations }
            const has = CausalLog.reach(batch)
            if (link === undefined || isForeign(link, message, has)) {
              return Effect.fail(new ProtocolError.MalformedRequest({ text: "gossip that no peer can have sent" }))
            }
            receive(link, message, batch, has)
            return Effect.succeed({})
          }
        })

        recover()

        const ask = (which: (link: Link<A>) => boolean) =>
          Effect.sync(() => {
            serving = true
            for (const link of links.values()) link.asking ||= which(link)
            attendAll()
          })

        // A node that starts may have had a life before. It asks its hub, or, if it is the hub, the next node; and after
        // a while all from whom it should have heard by now; or all at once, since frontiers stand still until it is recovered.
        const [first] = links.keys()
        yield* timers.after(0, ask(({ peer }) => peer === first || frontiers.length > 0))
        yield* timers.after(
          settings.roundTrip + (shape === "mesh" ? settings.acknowledgeWithin : 0),
          ask(({ life }) => life === undefined && (shape === "mesh" || hub() === node.id))
        )
        yield* timers.every(
          settings.patience,
          Effect.suspend(() => {
            const trusted = [...links.values()].filter(({ peer }) => !suspected.has(peer))
            const chosen = trusted[Math.floor(random.nextDoubleUnsafe() * trusted.length)]
            const isSettled = suspected.size === 0 && now() > unsettledUntil
            // Who has long said nothing, and all wait for it, is asked what it has.
            const isOverdue = (link: Link<A>): boolean =>
              frontiers.length > 0 && (shape === "mesh" || hub() === node.id)
              && now() - link.lastHeard > settings.acknowledgeWithin
              && !Vector.covers(link.settled, log.vector)
            return ask((link) => isOverdue(link) || (!isSettled && link === chosen))
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
          vector: log.vector,
          stable,
          recovered: Effect.andThen(ask(({ peer }) => recovering.has(peer)), Deferred.await(recovery))
        } satisfies Replica<A>
      })

    return Gossip.of({ join })
  })
