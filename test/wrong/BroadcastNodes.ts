/**
 * A node that is right, if naive, at broadcast and at g-set; and variations of it, each wrong on purpose in one way, to
 * prove that the bench notices.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type { NodeId } from "../../src/schema/Address.ts"
import { BroadcastProtocol } from "../../src/schema/BroadcastProtocol.ts"
import { GSetProtocol } from "../../src/schema/GSetProtocol.ts"
import { Json } from "../../src/schema/Json.ts"
import * as ProtocolError from "../../src/schema/ProtocolError.ts"
import * as Rpc from "../../src/schema/Rpc.ts"
import { Node } from "../../src/services/node/Node.ts"
import { Peers } from "../../src/services/node/Peers.ts"
import { Timers } from "../../src/services/node/Timers.ts"
import type { Program } from "../../src/simulator/nodes/SimulatedNode.ts"

const Learn = Rpc.make("learn", { request: { message: Json } })
const Pull = Rpc.make("pull", { reply: { messages: Schema.Array(Json) } })

/** How the node carries a message to another node. */
type Carry = (peers: Peers["Service"], to: NodeId, message: Json) => Effect.Effect<void>

/** It sends the message again until the other node acknowledges it. */
const carefully: Carry = (peers, to, message) =>
  peers.ask(to, Learn, { message }).pipe(Effect.retry(Schedule.spaced("100 millis")), Effect.ignore)

const carelessly: Carry = (peers, to, message) => peers.send(to, Learn, { message })

/** What it knows, with the time when it learnt it: whatever a client tells it, it tells every other node. */
const tellAll = Effect.fnUntraced(function*(carry: Carry = carefully) {
  const peers = yield* Peers
  const timers = yield* Timers
  const node = yield* Node
  const known = new Map<Json, number>()

  const learn = (message: Json): Effect.Effect<void> =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      if (!known.has(message)) known.set(message, now)
    })
  const tell = (message: Json): Effect.Effect<void> =>
    Effect.andThen(
      learn(message),
      Effect.forEach(peers.ids, (peer) => timers.after(0, carry(peers, peer, message)), { discard: true })
    )
  yield* node.handle([Learn], { learn: ({ message }) => Effect.as(learn(message), {}) })
  return { known, tell, node, timers }
})

type Base = Effect.Success<ReturnType<typeof tellAll>>

interface Ways {
  readonly carry?: Carry
  readonly broadcast?: (base: Base, message: Json) => Effect.Effect<void, ProtocolError.ProtocolError>
  /** How the node answers reads; called once in a life. */
  readonly reading?: (base: Base) => Effect.Effect<Effect.Effect<ReadonlyArray<Json>>>
  readonly topology?: Effect.Effect<{}, ProtocolError.ProtocolError>
}

const node = (ways: Ways): Program =>
  Effect.gen(function*() {
    const { broadcast = ({ tell }, message) => tell(message), reading, topology = Effect.succeed({}) } = ways
    const base = yield* tellAll(ways.carry)
    const read = reading ? yield* reading(base) : Effect.sync(() => [...base.known.keys()])
    yield* base.node.serve(BroadcastProtocol, {
      topology: () => topology,
      broadcast: ({ message }) => Effect.as(broadcast(base, message), {}),
      read: () => Effect.map(read, (messages) => ({ messages }))
    })
  })

/** A node that is right as long as no node is killed; a value costs two messages for each other node. */
export const right: Program = node({})

/** Each second it asks every other node for all it knows: right even if nodes are killed, but for what died with them. */
export const recovering: Program = Effect.gen(function*() {
  const peers = yield* Peers
  const timers = yield* Timers
  const node = yield* Node
  const known = new Set<Json>()
  const pull = (peer: NodeId) =>
    peers.ask(peer, Pull, {}).pipe(
      Effect.map(({ messages }) => messages.forEach((message) => known.add(message))),
      Effect.ignore
    )
  for (const peer of peers.ids) yield* timers.every("1 second", pull(peer))
  yield* node.serve([...BroadcastProtocol, Pull], {
    topology: () => Effect.succeed({}),
    broadcast: ({ message }) => Effect.sync(() => known.add(message)).pipe(Effect.as({})),
    read: () => Effect.sync(() => ({ messages: [...known] })),
    pull: () => Effect.sync(() => ({ messages: [...known] }))
  })
})

/** The same node for g-set, where it is right as well. */
export const rightGSet: Program = Effect.gen(function*() {
  const { known, node, tell } = yield* tellAll()
  yield* node.serve(GSetProtocol, {
    add: ({ element }) => Effect.as(tell(element), {}),
    read: () => Effect.sync(() => ({ value: [...known.keys()] }))
  })
})

/** Does not acknowledge to its peers, nor ask them to: what is lost on the way is lost. */
export const hasty: Program = node({ carry: carelessly })

/** As {@link hasty}, at the other workload. */
export const hastyGSet: Program = Effect.gen(function*() {
  const { known, node, tell } = yield* tellAll(carelessly)
  yield* node.serve(GSetProtocol, {
    add: ({ element }) => Effect.as(tell(element), {}),
    read: () => Effect.sync(() => ({ value: [...known.keys()] }))
  })
})

/** It tells no other node. */
export const secretive: Program = node({ carry: () => Effect.void })

/** It tells all other nodes but one. */
export const shunning: Program = node({
  carry: (peers, to, message) => to === "n4" ? Effect.void : carefully(peers, to, message)
})

/** It forgets values that are older than some seconds. */
export const forgetful: Program = node({
  reading: ({ known }) =>
    Effect.succeed(
      Effect.map(
        Clock.currentTimeMillis,
        (now) => [...known].filter(([, learnt]) => now - learnt < 5000).map(([message]) => message)
      )
    )
})

const isTenth = (message: Json): boolean => typeof message === "number" && message % 10 === 7

/** Acknowledges each tenth message without storing it. */
export const inattentive: Program = node({
  broadcast: ({ tell }, message) => isTenth(message) ? Effect.void : tell(message)
})

/** Stores each tenth message and says that it did not. */
export const insincere: Program = node({
  broadcast: ({ tell }, message) =>
    isTenth(message)
      ? Effect.andThen(tell(message), Effect.fail(new ProtocolError.TemporarilyUnavailable({ text: "not now" })))
      : tell(message)
})

/** A read has a value that no client ever broadcasts. */
export const inventive: Program = node({
  reading: ({ known }) => Effect.succeed(Effect.sync(() => [...known.keys(), -1]))
})

/** A read has a value before any client broadcasts it. */
export const prophetic: Program = node({
  reading: ({ known }) =>
    Effect.succeed(Effect.sync(() => {
      const messages = [...known.keys()]
      return messages.length === 0 || messages.length > 10 ? messages : [...messages, Number(messages.at(-1)) + 20]
    }))
})

/** Reads its last message twice. */
export const stuttering: Program = node({
  reading: ({ known }) => Effect.succeed(Effect.sync(() => [...known.keys(), ...[...known.keys()].slice(-1)]))
})

/** Answers each third read with what it knew up to half a second ago. */
export const wavering: Program = node({
  reading: ({ known, timers }) =>
    Effect.suspend(() => {
      let snapshot: ReadonlyArray<Json> = []
      let reads = 0
      const read = Effect.sync(() => ++reads % 3 === 0 ? snapshot : [...known.keys()])
      return Effect.as(timers.every(500, Effect.sync(() => void (snapshot = [...known.keys()]))), read)
    })
})

/** One node does not answer reads any more after some seconds. */
export const reticent: Program = node({
  reading: ({ known, node }) =>
    Effect.map(
      Clock.currentTimeMillis,
      (start) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          node.id === "n1" && now - start > 5000 ? Effect.never : Effect.sync(() => [...known.keys()]))
    )
})

/** It does not answer `topology`. */
export const stubborn: Program = node({
  topology: Effect.fail(new ProtocolError.TemporarilyUnavailable({ text: "not now" }))
})
