import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import { Address, ClientId, NodeId } from "../../../src/schema/Address.ts"
import * as Envelope from "../../../src/schema/Envelope.ts"
import type { Json } from "../../../src/schema/Json.ts"
import type { ProtocolError } from "../../../src/schema/ProtocolError.ts"
import * as Rpc from "../../../src/schema/Rpc.ts"
import { Timestamps } from "../../../src/services/ids/Timestamps.ts"
import { Node } from "../../../src/services/node/Node.ts"
import * as Latency from "../../../src/simulator/network/Latency.ts"
import * as Network from "../../../src/simulator/network/Network.ts"
import * as SimulatedNode from "../../../src/simulator/nodes/SimulatedNode.ts"
import * as Services from "../../../src/simulator/services/Services.ts"
import * as VirtualTime from "../../../src/simulator/time/VirtualTime.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"

const seeds = Array.from({ length: 100 }, (_, seed) => seed)

const Ping = Rpc.make("ping")

/** Nodes that do `task`, to the end. `join` adds who else is there. */
const run = (options: {
  readonly seed?: number
  readonly nodes?: number
  readonly latency?: Latency.Latency
  readonly loss?: number
  readonly duplicates?: number
  readonly join: (network: Network.Network, random: SeededRandom.SeededRandom) => void
  readonly task: (timestamps: Timestamps["Service"]) => Effect.Effect<void>
}): number => {
  const { duplicates = 0, latency = { mean: 1, dist: "constant" }, loss = 0, nodes = 1, seed = 0, task } = options
  const random = SeededRandom.make(seed)
  const time = VirtualTime.make(random.fork("scheduling"))
  const network = Network.make({
    timeline: time,
    random: random.fork("network"),
    latency: Latency.make(latency, random.fork("latency")),
    loss,
    duplicates
  })
  options.join(network, random)
  const client = ClientId.make("c0")
  network.join(client, () => {})
  let working = nodes
  const program = Effect.gen(function*() {
    yield* Effect.forkChild(Effect.map(Effect.flatMap(Timestamps, task), () => {
      working--
    }))
    yield* Node.serve([Ping], { ping: () => Effect.succeed({}) })
  }).pipe(Effect.provide(Layer.fresh(Timestamps.layer)))
  const ids = Array.from({ length: nodes }, (_, i) => NodeId.make(`n${i}`))
  for (const id of ids) {
    SimulatedNode.make({ id, time, network, random: random.fork(id), program, config: {} }).start()
    const body = { type: "init", node_id: id, node_ids: ids }
    network.send(client, id, Envelope.encode({ src: client, dest: id, body }))
  }
  assert.strictEqual(time.run(() => working === 0), "done", `seed ${seed}`)
  return time.now()
}

/** An oracle that always says the same, or nothing. */
const saying =
  (reply: { readonly [field: string]: Json } | undefined, heard: Array<Envelope.Envelope> = []) =>
  (network: Network.Network): void => {
    const oracle = Address.make("lin-tso")
    network.join(oracle, (line) => {
      const message = Result.getOrThrow(Envelope.decode(line))
      heard.push(message)
      if (reply === undefined) return
      const body = { in_reply_to: message.body["msg_id"], ...reply }
      network.send(oracle, message.src, Envelope.encode({ src: oracle, dest: message.src, body }))
    })
  }

/** The error that asking such an oracle ends with, and when. */
const failure = (reply: { readonly [field: string]: Json } | undefined) => {
  let error: ProtocolError | undefined
  const duration = run({
    join: saying(reply),
    task: ({ next }) =>
      Effect.map(Effect.result(next), (result) => {
        if (Result.isFailure(result)) error = result.failure
      })
  })
  return { error, duration }
}

describe("Timestamps", () => {
  it("asks lin-tso, with one message", () => {
    const heard: Array<Envelope.Envelope> = []
    const drawn: Array<number> = []
    run({
      join: saying({ type: "ts_ok", ts: 7 }, heard),
      task: ({ next }) => Effect.map(Effect.orDie(next), (ts) => void drawn.push(ts))
    })
    assert.deepStrictEqual(drawn, [7])
    assert.lengthOf(heard, 1)
    assert.strictEqual(heard[0]?.body["type"], "ts")
    assert.sameMembers(Object.keys(heard[0]?.body ?? {}), ["type", "msg_id"])
  })

  it("each is larger than all that anybody had before it was asked for", () => {
    for (const seed of seeds) {
      const all: Array<number> = []
      run({
        seed,
        nodes: 3,
        latency: { mean: 50, dist: "exponential" },
        loss: 0.1,
        duplicates: 0.1,
        join: Services.join,
        task: ({ next }) => {
          const one = Effect.gen(function*() {
            const before = Math.max(-1, ...all)
            const ts = yield* next
            assert.isAbove(ts, before, `seed ${seed}`)
            all.push(ts)
          })
          return Effect.forEach(
            Array.from({ length: 10 }),
            () => Effect.ignore(one),
            { concurrency: 2, discard: true }
          )
        }
      })
      assert.strictEqual(new Set(all).size, all.length, `seed ${seed}: no number twice`)
      assert.isAbove(all.length, 10, `seed ${seed}`)
    }
  })

  it("none in time is a Timeout", () => {
    const { duration, error } = failure(undefined)
    assert.strictEqual(error?._tag, "Timeout")
    assert.strictEqual(duration, 1000)
  })

  it("an error of the oracle is passed on; what is no timestamp is its Crash", () => {
    assert.deepInclude(failure({ type: "error", code: 11, text: "no" }).error, {
      _tag: "TemporarilyUnavailable",
      text: "no"
    })
    const malformed: ReadonlyArray<{ readonly [field: string]: Json }> = [
      { type: "ts_ok" },
      { type: "ts_ok", ts: "7" },
      { type: "ts_ok", ts: 0.5 },
      { type: "ts_ok", ts: 2 ** 53 },
      { type: "read_ok", ts: 7 }
    ]
    for (const reply of malformed) {
      assert.strictEqual(failure(reply).error?._tag, "Crash", JSON.stringify(reply))
    }
  })
})
