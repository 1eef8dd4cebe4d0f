import { assert, describe, it } from "@effect/vitest"
import type { Msg, NatsConnection, Subscription } from "@nats-io/transport-node"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as TestClock from "effect/testing/TestClock"
import { NatsBus } from "../../src/nats/NatsBus.ts"
import * as NatsMessageIO from "../../src/nats/NatsMessageIO.ts"
import { NatsServices } from "../../src/nats/NatsServices.ts"
import { ClientId, NodeId } from "../../src/schema/Address.ts"
import { Echo } from "../../src/schema/EchoProtocol.ts"
import type { Envelope } from "../../src/schema/Envelope.ts"
import * as Envelopes from "../../src/schema/Envelope.ts"
import { Node } from "../../src/services/node/Node.ts"
import { maxWaiting } from "../../src/services/node/OutputCommit.ts"
import { Timers } from "../../src/services/node/Timers.ts"

const [n1, n2, client] = [NodeId.make("n1"), NodeId.make("n2"), ClientId.make("c1")]

/** A bus without a server, on which one node listens: what it says, and a way to tell it something. */
const makeBus = () => {
  const said: Array<Envelope> = []
  const decoder = new TextDecoder()
  let hear: (error: null, message: Pick<Msg, "data">) => void = () => {}
  const connection: Pick<NatsConnection, "closed" | "flush" | "isClosed" | "publish" | "subscribe"> = {
    publish: (_, data) => void said.push(JSON.parse(decoder.decode(data as Uint8Array))), // lines are sent as bytes
    subscribe: (_, options) => {
      hear = options!.callback as typeof hear // lines are taken by a callback, and of a message its data are read
      return { unsubscribe: () => {} } as Subscription // and of a subscription no more than this
    },
    closed: () => new Promise(() => {}),
    isClosed: () => false,
    flush: () => Promise.resolve()
  }
  const bus = NatsBus.of({
    connection: connection as NatsConnection, // what this node uses of it is there
    cluster: "test",
    subject: (address) => `test.${address}`,
    maxPayload: () => 1 << 20,
    isConnected: () => true
  })
  const tell = (message: Envelope): void => hear(null, { data: new TextEncoder().encode(Envelopes.encode(message)) })
  return { bus, said, tell }
}

const settle = Effect.repeat(Effect.yieldNow, { times: 20 })

describe("a node on NATS", () => {
  it.effect("refuses and drops what it is sent while too many of its messages wait for the disk, and says so", () =>
    Effect.gen(function*() {
      const { bus, said, tell } = makeBus()
      const log: Array<string> = []
      const disk = Latch.makeUnsafe(false)
      let isSafe = false
      let asked = 0
      const program = Effect.flatMap(Node, (node) =>
        Effect.andThen(
          node.speakAfter(() => isSafe ? undefined : disk.await),
          node.serve([Echo], { echo: ({ echo }) => Effect.sync(() => (asked++, { echo })) })
        ))
      yield* program.pipe(
        Effect.provide(
          Node.layer.pipe(
            Layer.provideMerge(Timers.layer),
            Layer.provide(NatsMessageIO.layerFrom({
              id: n1,
              init: {
                src: ClientId.make("c0"),
                dest: n1,
                body: { type: "init", msg_id: 1, node_id: n1, node_ids: [n1, n2] }
              }
            })),
            Layer.provide(Layer.succeed(NatsServices, NatsServices.of({ answer: () => false }))),
            Layer.provide(Layer.succeed(NatsBus, bus)),
            Layer.provideMerge(Logger.layer([Logger.make(({ message }) => void log.push(String(message)))]))
          )
        ),
        Effect.forkScoped
      )
      yield* settle
      const echo = (msg_id: number, src: Envelope["src"] = client): void =>
        tell({ src, dest: n1, body: { type: "echo", msg_id, echo: msg_id } })

      // The answer to init waits as well.
      for (let i = 1; i <= maxWaiting; i++) echo(i)
      yield* settle
      assert.strictEqual(asked, maxWaiting)
      assert.deepStrictEqual(said, [])
      echo(maxWaiting + 1)
      echo(maxWaiting + 2)
      echo(1, n2)
      yield* settle
      assert.strictEqual(asked, maxWaiting)
      assert.deepStrictEqual(
        said.map(({ body, dest }) => [dest, body["in_reply_to"], body["code"]]),
        [1, 2].map((i) => [client, maxWaiting + i, 11])
      )
      assert.match(log.join("\n"), /^more than 10000 messages of this node wait for its disk: [^\n]*$/)

      isSafe = true
      yield* disk.open
      yield* TestClock.adjust("1 second")
      yield* settle
      assert.strictEqual(said.length, 2 + 1 + maxWaiting)
      assert.strictEqual(
        log[1],
        "the disk has caught up: 2 requests were refused and 1 messages dropped meanwhile"
      )
      echo(maxWaiting + 3)
      yield* settle
      assert.strictEqual(said.at(-1)?.body["type"], "echo_ok")
    }).pipe(Effect.scoped))
})
