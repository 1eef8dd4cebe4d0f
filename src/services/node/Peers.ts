/**
 * The other nodes of the cluster.
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { NodeId } from "../../schema/Address.ts"
import type * as ProtocolError from "../../schema/ProtocolError.ts"
import type * as Rpc from "../../schema/Rpc.ts"
import { Node } from "./Node.ts"

export class Peers extends Context.Service<Peers, {
  readonly ids: ReadonlyArray<NodeId>
  /** Fire and forget. The message may be lost, may be late, and may overtake others. */
  readonly send: <Type extends string, Q, P>(
    to: NodeId,
    rpc: Rpc.Rpc<Type, Q, P>,
    request: Q
  ) => Effect.Effect<void>
  /**
   * Sends a request and awaits its reply. After a `Timeout` the outcome is unknown; a reply that comes later is
   * dropped.
   */
  readonly ask: <Type extends string, Q, P>(
    to: NodeId,
    rpc: Rpc.Rpc<Type, Q, P>,
    request: Q,
    options?: { readonly timeout?: Duration.Duration }
  ) => Effect.Effect<P, ProtocolError.ProtocolError>
}>()("gossip-girl/Peers") {
  static readonly layer = Layer.effect(
    Peers,
    Effect.map(Node, ({ ask, id, ids, send }) => Peers.of({ ids: ids.filter((other) => other !== id), send, ask }))
  )
}
