/**
 * Nodes whose ids are unique until something happens: to prove that the bench makes it happen, and notices.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { UniqueIdsProtocol } from "../../src/schema/UniqueIdsProtocol.ts"
import { Node } from "../../src/services/node/Node.ts"
import type { Program } from "../../src/simulator/nodes/SimulatedNode.ts"

/** A node that answers with what `generator`, made once a life, says next. */
const node = (generator: Effect.Effect<Effect.Effect<string>, never, Node>): Program =>
  Effect.flatMap(generator, (next) =>
    Node.serve(UniqueIdsProtocol, {
      generate: () => Effect.map(next, (id) => ({ id }))
    }))

/** The same id for everyone. */
export const constant = node(Effect.succeed(Effect.succeed("an id")))

/** Node and counter: begins again when the node does. Unique until a node is killed. */
export const counter = node(Effect.map(Node, ({ id }) => {
  let last = 0
  return Effect.sync(() => `${id}-${++last}`)
}))

/** Name and counter, but two nodes have the same name: n0 and n2, or n0, n2 and n4. */
export const namesakes = node(Effect.map(Node, ({ id }) => {
  const name = Number(id.slice(1)) % 2 === 0 ? "even" : id
  let last = 0
  return Effect.sync(() => `${name}-${++last}`)
}))

/**
 * Node, time and a sequence for the ids of the same millisecond, without a memory of the largest time: unique until a
 * clock goes back.
 */
export const forgetful = node(Effect.map(Node, ({ id }) => {
  let time = 0
  let sequence = 0
  return Effect.map(Clock.currentTimeMillis, (now) => {
    sequence = now === time ? sequence + 1 : 0
    time = now
    return `${now}-${id}-${sequence}`
  })
}))

/** The digits of three numbers, without anything between them: no telling where one ends and the next begins. */
export const concatenation = (node: number, random: number, microseconds: number): string =>
  `${node}${random}${microseconds}`

/** A generator that circulates: the number of the node, a random number below 100, and microseconds. */
export const concatenated = node(Effect.map(Node, ({ id }) =>
  Effect.gen(function*() {
    const random = yield* Random.nextIntBetween(0, 100, { halfOpen: true })
    const nanoseconds = yield* Clock.currentTimeNanos
    return concatenation(Number(id.slice(1)), random, Number(nanoseconds / 1000n))
  })))
