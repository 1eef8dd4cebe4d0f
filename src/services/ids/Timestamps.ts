/**
 * The timestamp oracle lin-tso, a bench service: every timestamp is larger than all that any node got before.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { ServiceId } from "../../schema/Address.ts"
import type * as ProtocolError from "../../schema/ProtocolError.ts"
import { Ts } from "../../schema/TsoProtocol.ts"
import { Node } from "../node/Node.ts"

export class Timestamps extends Context.Service<Timestamps, {
  /** Costs two messages. When the reply is lost, nobody ever gets its timestamp. */
  readonly next: Effect.Effect<number, ProtocolError.ProtocolError>
}>()("gossip-girl/Timestamps") {
  static readonly layer = Layer.effect(
    Timestamps,
    Effect.map(
      Node,
      (node) => Timestamps.of({ next: Effect.map(node.ask(ServiceId.make("lin-tso"), Ts, {}), ({ ts }) => ts) })
    )
  )
}
