/**
 * Nodes that are wrong on purpose at the simplest of tasks: to prove that the bench notices.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Address } from "../../src/schema/Address.ts"
import { EchoProtocol } from "../../src/schema/EchoProtocol.ts"
import { Json } from "../../src/schema/Json.ts"
import * as Rpc from "../../src/schema/Rpc.ts"
import { Node } from "../../src/services/node/Node.ts"
import type { Program } from "../../src/simulator/nodes/SimulatedNode.ts"

const Gossip = Rpc.make("gossip")

const echo = Node.serve(EchoProtocol, { echo: ({ echo }) => Effect.succeed({ echo }) })

/** Answers with something else than what was said. */
export const changed: Program = Node.serve(EchoProtocol, { echo: ({ echo }) => Effect.succeed({ echo: [echo] }) })

/** Answers with what was said before. */
export const stale: Program = Effect.suspend(() => {
  let before: Json = null
  return Node.serve(EchoProtocol, {
    echo: ({ echo }) =>
      Effect.sync(() => {
        const answer = before
        before = echo
        return { echo: answer }
      })
  })
})

/** Adds a field that nobody asked for. */
export const talkative: Program = Node.serve(
  [Rpc.make("echo", { request: { echo: Json }, reply: { echo: Json, node: Schema.String } })],
  { echo: ({ echo }) => Effect.map(Node, ({ id }) => ({ echo, node: id })) }
)

/** Forgets the one field that matters. */
export const taciturn: Program = Node.serve([Rpc.make("echo")], { echo: () => Effect.succeed({}) })

/** Never answers. */
export const silent: Program = Node.serve(EchoProtocol, { echo: () => Effect.never })

/** Answers when the client no longer waits. A node refuses to, unless it is told that clients wait longer. */
export const late: Program = Node.serve(EchoProtocol, {
  echo: ({ echo }) => Effect.delay(Effect.succeed({ echo }), "5500 millis")
})
export const lateConfig = { CLIENT_TIMEOUT: "10 seconds" }

/** Dies of a defect after a while. */
export const crashing: Program = Effect.raceFirst(
  echo,
  Effect.delay(Effect.die(new Error("out of memory")), "5 seconds")
)

/** Ends after a while as if all were done. */
export const exiting: Program = Effect.raceFirst(echo, Effect.sleep("5 seconds"))

/** Never serves, and so never answers `init`. */
export const neverReady: Program = Effect.never

/** Leaves every third request unanswered. */
export const forgetful: Program = Effect.suspend(() => {
  let requests = 0
  return Node.serve(EchoProtocol, {
    echo: ({ echo }) => ++requests % 3 === 0 ? Effect.never : Effect.succeed({ echo })
  })
})

/** Dies as soon as it knows who it is. */
export const stillborn: Program = Effect.andThen(Node, Effect.die(new Error("no such file")))

/** Speaks to somebody who does not exist. */
export const astray: Program = Node.serve(EchoProtocol, {
  echo: ({ echo }) => Effect.as(Effect.flatMap(Node, ({ send }) => send(Address.make("n99"), Gossip, {})), { echo })
})

/** Speaks to everyone that it has ever heard of, until one of them is gone: it leaves every third request unanswered. */
export const haunted: Program = Effect.flatMap(Node, (node) => {
  const clients = new Set<Address>()
  let requests = 0
  return node.serve(EchoProtocol, {
    echo: ({ echo }, from) =>
      Effect.suspend(() => {
        clients.add(from)
        if (++requests % 3 === 0) return Effect.never
        return Effect.as(Effect.forEach(clients, (client) => node.send(client, Gossip, {}), { discard: true }), {
          echo
        })
      })
  })
})
