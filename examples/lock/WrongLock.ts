/**
 * A lock that is wrong, as one is easily written: the first node keeps it, and when that does not answer, the next one
 * does. While a partition lasts there are two locks.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { NodeId } from "gossip-girl/schema/Address"
import * as ProtocolError from "gossip-girl/schema/ProtocolError"
import * as Rpc from "gossip-girl/schema/Rpc"
import { Node } from "gossip-girl/services/Node"
import { Peers } from "gossip-girl/services/Peers"
import { LockProtocol } from "./LockProtocol.ts"

const Take = Rpc.make("take", { request: { owner: Schema.String }, reply: { owner: Schema.String } })
const Give = Rpc.make("give", { request: { owner: Schema.String } })

export const WrongLock = Effect.gen(function*() {
  const peers = yield* Peers
  let owner: string | undefined

  const take = (request: { readonly owner: string }) => Effect.sync(() => ({ owner: owner ??= request.owner }))
  const give = (request: { readonly owner: string }) =>
    Effect.sync(() => {
      if (owner === request.owner) owner = undefined
      return {}
    })
  yield* peers.handle([Take, Give] as const, { take, give })

  /** Has the first node that answers do it. */
  const first = <A>(
    here: Effect.Effect<A, ProtocolError.ProtocolError>,
    there: (peer: NodeId) => Effect.Effect<A, ProtocolError.ProtocolError>
  ) => Effect.firstSuccessOf(peers.members.map((member) => member === peers.self ? here : there(member)))

  return yield* Node.serve(LockProtocol, {
    acquire: (request) =>
      Effect.gen(function*() {
        const { owner } = yield* first(take(request), (peer) => peers.ask(peer, Take, request))
        if (owner === request.owner) return {}
        return yield* new ProtocolError.TemporarilyUnavailable({ text: `${owner} has the lock` })
      }),
    release: (request) => first(give(request), (peer) => peers.ask(peer, Give, request))
  })
})
