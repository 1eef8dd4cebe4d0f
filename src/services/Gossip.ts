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
 * **Stability.** An operation is stable once every node is known to have had it: the meet of all that is acknowledged.
 * The hub sees every acknowledgement, and hands the frontier round; in a mesh, everyone acknowledges to everyone. (Baquero and Shoker, "Pure Operation-Based Replicated
 * Data Types", 2017, §4.)
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
import type { NodeId } from "../schema/Address.ts"
import { gossip } from "../schema/GossipProtocol.ts"
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
  /** What every node has had, as far as this one knows. Kept only if `onStable` is given. */
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
  /** Whenever the stable frontier has advanced. */
  readonly onStable?: (stable: Vector.VersionVector) => void
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
  /** How long anyone but the hub waits for something that an acknowledgement can ride on. */
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
  patience: 2000
}
const starSettings = settings(defaults)
const thriftySettings = settings({ ...defaults, leafWindow: 700, hubWindow: 1000 })
const meshSettings = settings({ ...defaults, leafWindow: 10, hubWindow: 10, acknowledgeWithin: 3000 })
const relaxedStarSettings = settings({ ...defaults, leafWindow: 475, hubWindow: 475 })
const relaxedMeshSettings = settings({ ...defaults, leafWindow: 950, hubWindow: 950, acknowledgeWithin: 3000 })

/** How many operations go into one message at the most, and how many batches wait for their base on one link. */
const maxOperations = 5000
const maxHeld = 100

/** How often a hub that is heard may leave unanswered what it is sent, before it is taken for deaf. */
const maxUnanswered = 2

/** What a node keeps of each other node. Times are in ms; `undefined` where there is nothing to wait for. */
interface Link<A> {
  readonly peer: NodeId
  /** Which of the peer's lives is the present one, and since when others are taken to be over. */
  life: Vector.Origin | undefined
  readonly formerLives: Map<Vector.Origin, number>
  /** What the peer has said that it has; and that, or what it will have when all that was sent arrives. */
  acknowledged: Map<Vector.Origin, number>
  sent: Map<Vector.Origin, number>
  /** All of the log before here is in `sent`. */
  position: number
  lastHeard: number
  lastPush: number
  /** Since when something that was sent awaits an answer, and how often it has been sent again. */
  awaitingSince: number | undefined
  retries: number
  /** Since when the peer is owed an acknowledgement, or news of what is stable. */
  owingSince: number | undefined
  /** This node wants to be told what it lacks, and asks (again) at this time. */
  asking: boolean
  askAt: number
  /** The peer wants to be told what it lacks. */
  asked: boolean
  /** What is stable, as far as the peer has said. */
  readonly stable: Map<Vector.Origin, number>
  /** The peer takes this node for its hub. */
  child: boolean
  /** Batches whose base is not there yet, and since when. */
  held: Array<CausalLog.Batch<A>>
  heldSince: number | undefined
  wakeAt: number
}

const make = (shape: "star" | "mesh", config: Config.Config<Settings>) =>
  Effect.gen(function*() {
    const node = yield* Node
    const timers = yield* Timers
    const clock = yield* Clock.Clock
    const random = yield* Random.Random
    const settings = yield* config
    const run = Effect.runForkWith(yield* Effect.context())

    const join = <A, I>(operation: Schema.Codec<A, I>, { onDelivery, onStable }: Options<A>) =>
      Effect.gen(function*() {
        const rpc = gossip(operation)
        type Message = Rpc.Request<typeof rpc>
        const log = CausalLog.make<A>()
        const me = Vector.Origin.make(`${node.id}.${Math.floor(random.nextDoubleUnsafe() * 36 ** 6).toString(36)}`)
        const links = new Map<NodeId, Link<A>>()
        const suspected = new Set<NodeId>()
        const recovering = new Map<NodeId, Vector.VersionVector | undefined>() // and what there is to get, once it says so
        const recovery = yield* Deferred.make<number>()
        let formerLives = 0
        const stable = new Map<Vector.Origin, number>()
        const told = new Map<Vector.Origin, number>()
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
            position: 0,
            lastHeard: -Infinity,
            lastPush: -Infinity,
            awaitingSince: undefined,
            retries: 0,
            owingSince: undefined,
            asking: false,
            askAt: -Infinity,
            asked: false,
            stable: new Map(),
            child: false,
            held: [],
            heldSince: undefined,
            wakeAt: Infinity
          })
        }

        // ---- what to send, and when

        const servesAsHub = (link: Link<A>): boolean => shape === "star" && (hub() === node.id || link.child)
        /** When this node may next push to the peer. The hub pushes to all at once: news is as old everywhere. */
        const pushAt = (link: Link<A>): number => {
          if (!servesAsHub(link)) return link.lastPush + settings.leafWindow
          return link.lastPush < round ? round : round + settings.hubWindow
        }
        const acknowledgeWithin = (link: Link<A>): number =>
          servesAsHub(link) ? settings.hubWindow : settings.acknowledgeWithin
        const answerWithin = (link: Link<A>): number =>
          settings.roundTrip + (link.peer === hub() ? settings.hubWindow : settings.acknowledgeWithin)
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

        /** Whether the peer, a leaf, has yet to learn how far operations are stable. */
        const lacksFrontier = (link: Link<A>): boolean =>
          onStable !== undefined && hub() === node.id && !Vector.covers(link.stable, stable)

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
            ...(onStable === undefined ? {} : { stable: Vector.encode(stable) })
          }))
          if (operations.length > 0) {
            Vector.raise(link.sent, CausalLog.reach({ base, operations }))
            link.lastPush = now()
            if (servesAsHub(link) && now() >= round + settings.hubWindow) round = now()
          }
          if (operations.length > 0 || link.asking || lacksFrontier(link)) link.awaitingSince ??= now()
          if (link.asking) link.askAt = now() + Math.min(settings.patience, settings.roundTrip * 2 ** link.retries)
          link.owingSince = undefined
          link.asked &&= !isAll
        }

        /** When this node next has something to say to the peer. */
        const due = (link: Link<A>): number => {
          if (link.asked) return -Infinity
          const waiting = link.awaitingSince !== undefined
          const push = lacks(link) && !(waiting && link.retries > 0) ? pushAt(link) : Infinity
          const ask = link.asking ? link.askAt : Infinity
          const acknowledgement = link.owingSince === undefined ? Infinity : link.owingSince + acknowledgeWithin(link)
          return Math.min(push, ask, acknowledgement)
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
          if (lacksFrontier(link)) link.owingSince ??= now()
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
          if (wakeAt >= link.wakeAt || wakeAt === Infinity) return
          link.wakeAt = wakeAt
          run(timers.after(
            Math.max(0, wakeAt - now()),
            Effect.sync(() => {
              if (link.wakeAt !== wakeAt) return // an earlier timer has been set since
              link.wakeAt = Infinity
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

        const takeHeld = (): boolean => {
          let progress = false
          for (const link of links.values()) {
            link.held = link.held.filter((batch) => {
              const taken = CausalLog.take(log, batch)
              taken?.forEach(onDelivery)
              progress ||= taken !== undefined && taken.length > 0
              return taken === undefined
            })
            if (link.held.length === 0) link.heldSince = undefined
          }
          return progress
        }

        const oweAll = (): void => {
          for (const link of links.values()) link.owingSince ??= now()
          attendAll()
        }

        /** A frontier that one is told of counts as far as one has the operations oneself. */
        const advanceStable = (known: Vector.VersionVector): boolean => {
          Vector.raise(told, known)
          if (!Vector.raise(stable, Vector.meet([told, log.vector]))) return false
          onStable?.(stable)
          if (hub() === node.id) oweAll()
          return true
        }

        const takeFrontier = (link: Link<A>, frontier: Vector.VersionVector, hasMore: boolean): void => {
          if (shape === "mesh" || hub() === node.id) {
            if (shape === "mesh" && hasMore) oweAll() // else only the origin would learn who has what
            advanceStable(Vector.meet([log.vector, ...[...links.values()].map(({ acknowledged }) => acknowledged)]))
          } else if (link.peer === hub()) {
            const isNews = !Vector.covers(told, frontier)
            if (advanceStable(frontier) || isNews) link.owingSince ??= now()
          }
        }

        const takeAcknowledgement = (link: Link<A>, message: Message, has: Vector.VersionVector): void => {
          if (link.life !== message.from) {
            // Lives have no order. What was long under way may come from one that is over; but one that still speaks after
            // a while is not over, however it seemed.
            const over = link.formerLives.get(message.from)
            if (over !== undefined && now() - over < 2 * settings.patience) return
            if (link.life !== undefined) {
              link.formerLives.set(link.life, now())
              unsettle()
            }
            link.life = message.from
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
          const isDone = !link.asking && !lacksFrontier(link) && Vector.covers(link.acknowledged, link.sent)
          if (isDone) link.awaitingSince = undefined
          else if (progress) link.awaitingSince = now()
          if (isDone || progress) link.retries = 0
        }

        const recover = (): void => {
          for (const [peer, has] of recovering) {
            if (has !== undefined && Vector.covers(log.vector, has)) recovering.delete(peer)
          }
          if (recovering.size === 0) Deferred.doneUnsafe(recovery, Exit.succeed(formerLives))
        }

        const receive = (link: Link<A>, message: Message): void => {
          const incoming = { base: Vector.decode(message.base), operations: message.operations }
          const has = CausalLog.reach(incoming)
          const before = log.length()

          link.lastHeard = now()
          if (onStable !== undefined) Vector.raise(link.stable, Vector.decode(message.stable ?? {}))
          takeAcknowledgement(link, message, has)
          if (message.hub !== undefined) adoptSuspicions(message.hub)

          link.held.push(incoming)
          while (takeHeld()) {
            // what was taken may be the base of what is held
          }
          if (link.held.length > 0) link.heldSince ??= now()
          if (link.held.length > maxHeld) link.held.shift()
          if (message.operations.length > 0) link.owingSince ??= now()
          if (message.ask === true && !Vector.covers(log.vector, has)) link.asking = true
          if (message.answer?.to === me && recovering.has(link.peer)) {
            recovering.set(link.peer, has)
            formerLives = Math.max(formerLives, message.answer.former)
          }
          recover()
          if (onStable !== undefined) takeFrontier(link, Vector.decode(message.stable ?? {}), log.length() > before)

          if (log.length() > before) attendAll()
          else attend(link)
        }

        /** What nobody of this cluster can have said. */
        const isForeign = (from: NodeId, message: Message): boolean => {
          const nodeOf = (origin: string): string => origin.slice(0, origin.lastIndexOf("."))
          const has = CausalLog.reach({ base: Vector.decode(message.base), operations: message.operations })
          return nodeOf(message.from) !== from
            || (has.get(me) ?? 0) > (log.vector.get(me) ?? 0)
            || [...has.keys()].some((origin) => !node.ids.some((id) => id === nodeOf(origin)))
        }

        yield* node.handle([rpc] as const, {
          gossip: (message, from) => {
            const link = [...links.values()].find(({ peer }) => peer === from)
            if (link === undefined || isForeign(link.peer, message)) {
              return Effect.fail(new ProtocolError.MalformedRequest({ text: "gossip that no peer can have sent" }))
            }
            receive(link, message)
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
        // a while all from whom it should have heard by now.
        const [first] = links.keys()
        yield* timers.after(0, ask(({ peer }) => peer === first))
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
            // In a mesh nobody hands the frontier round: who has long said nothing is asked what it has.
            const isOverdue = (link: Link<A>): boolean =>
              shape === "mesh" && onStable !== undefined && now() - link.lastHeard > settings.acknowledgeWithin
              && !Vector.covers(link.acknowledged, log.vector)
            return ask((link) => isOverdue(link) || (!isSettled && link === chosen))
          })
        )

        return {
          publish: (operation) =>
            Effect.sync(() => {
              const entry = log.append(me, operation)
              onDelivery(entry)
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
