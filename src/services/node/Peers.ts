/**
 * The other nodes of the cluster: all that services and programs need to talk with each other across nodes.
 *
 * A message to a peer may be lost, may come late, may come twice, and may overtake others. What a peer may ask, nobody
 * else may: requests from strangers, such as clients, are refused here, before a handler sees them.
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Address, NodeId } from "../../schema/Address.ts"
import * as ProtocolError from "../../schema/ProtocolError.ts"
import type * as Rpc from "../../schema/Rpc.ts"
import { Node } from "./Node.ts"
import type { Pending } from "./OutputCommit.ts"

export class Peers extends Context.Service<Peers, {
  /** This node. */
  readonly self: NodeId
  /** Every node but this one. */
  readonly ids: ReadonlyArray<NodeId>
  /** Every node of the cluster, this one included, in the order that all nodes were told. */
  readonly members: ReadonlyArray<NodeId>
  /** Sends a request that wants no reply. */
  readonly send: <Type extends string, Q, P>(
    to: NodeId,
    rpc: Rpc.Rpc<Type, Q, P>,
    request: Q
  ) => Effect.Effect<void>
  /**
   * Sends a request and awaits its reply, for as long as Node's `ask` does unless told otherwise. After a `Timeout` the
   * outcome is unknown; a reply that comes later is dropped.
   */
  readonly ask: <Type extends string, Q, P>(
    to: NodeId,
    rpc: Rpc.Rpc<Type, Q, P>,
    request: Q,
    options?: { readonly timeout?: Duration.Duration }
  ) => Effect.Effect<P, ProtocolError.ProtocolError>
  /** Adds handlers for what peers ask. They are called from now on, also before this node serves clients. */
  readonly handle: <P extends Rpc.Protocol, H extends Rpc.Handlers<P, NodeId>>(
    protocol: P,
    handlers: H
  ) => Effect.Effect<void, never, Rpc.Services<H>>
  /** From now on every message that this node sends, to peers and to clients, waits for this: see OutputCommit. */
  readonly speakAfter: (pending: Pending) => Effect.Effect<void>
}>()("gossip-girl/Peers") {
  static readonly layer = Layer.effect(Peers, Effect.suspend(() => Effect.map(Node, make)))
}

type Answer = Effect.Effect<unknown, ProtocolError.ProtocolError, unknown>
type Handler = (request: unknown, from: NodeId) => Answer

const make = (node: Node["Service"]): Peers["Service"] => {
  const ids = node.ids.filter((id) => id !== node.id)
  const peers: ReadonlySet<Address> = new Set(ids)
  const isPeer = (address: Address): address is NodeId => peers.has(address)

  /** The same handler, which refuses what does not come from a peer. */
  const forPeersOnly = (type: string, handler: Handler) => {
    const refusal = (from: Address) =>
      new ProtocolError.MalformedRequest({ text: `${type} is for peers, and ${from.slice(0, 100)} is none` })
    return (request: unknown, from: Address): Answer =>
      isPeer(from) ? handler(request, from) : Effect.fail(refusal(from))
  }

  const handle = <P extends Rpc.Protocol, H extends Rpc.Handlers<P, NodeId>>(protocol: P, handlers: H) => {
    // H has a handler for each type of P; that it takes what this very request decodes to is lost in the union
    const guarded = protocol.map(({ type }) =>
      [type, forPeersOnly(type, handlers[type as keyof H] as Handler)] as const
    )
    const all = Object.fromEntries(guarded) as Rpc.Handlers<P> // so there is one for each type here as well
    return node.handle(protocol, all) as Effect.Effect<void, never, Rpc.Services<H>> // which ask what those of H ask
  }

  const { ask, send, speakAfter } = node
  return { self: node.id, ids, members: node.ids, send, ask, handle, speakAfter }
}
