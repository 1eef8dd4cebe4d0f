/**
 * A key-value store that asks the service lin-kv for everything: something to compare with, and to prove checkers on.
 *
 * - Algorithm: each request is passed on, and its answer passed back.
 * - Guarantee: linearizable, since lin-kv is: it does what it was asked between a client's request and its reply. What
 *   it refuses (20, 22) is refused here. When no answer comes within LIN_KV_TIMEOUT (see LinKvTimeout), nobody knows what became of a
 *   write: then the answer is error 0, which is indefinite. It comes before a client of Maelstrom's lin-kv has left, who
 *   waits for 1 s at least.
 * - It relies on a network that delivers no message twice, as Maelstrom's does not: else a `cas` may happen twice.
 * - Available as long as lin-kv is, whatever befalls the links between nodes, of which it uses none.
 * - Cost: 2 messages an operation, and one round trip.
 */
import * as Effect from "effect/Effect"
import { ServiceId } from "../schema/Address.ts"
import { Cas, KvProtocol, Read, Write } from "../schema/KvProtocol.ts"
import type * as Rpc from "../schema/Rpc.ts"
import { Node } from "../services/node/Node.ts"
import { timeout } from "./LinKvTimeout.ts"

const linKv = ServiceId.make("lin-kv")

export const LinKvProxy = Effect.gen(function*() {
  const node = yield* Node
  const options = { timeout: yield* timeout }
  const pass = <Type extends string, Q, P>(rpc: Rpc.Rpc<Type, Q, P>) => (request: Q) =>
    node.ask(linKv, rpc, request, options)
  return yield* node.serve(KvProtocol, { read: pass(Read), write: pass(Write), cas: pass(Cas) })
})
