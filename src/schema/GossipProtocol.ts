/**
 * What nodes say to each other to replicate operations. No message wants a reply.
 */
import * as Schema from "effect/Schema"
import { NodeId } from "./Address.ts"
import * as Rpc from "./Rpc.ts"
import { Encoded, Origin } from "./VersionVector.ts"

/** Of so many nodes, what they have had. */
export const Frontiers = Schema.Array(Schema.Tuple([Schema.Int, Encoded]))
export type Frontiers = typeof Frontiers.Type

/**
 * - `from`: the sender, and which of its lives.
 * - `base`, `operations`: a batch. With the base it is all that the sender has; so every message acknowledges.
 * - `ask`: please send what I lack, and say something even if that is nothing.
 * - `answer`: this, with what came before it, is all that you asked for. To which of your lives, and how many former
 *   ones the sender has met.
 * - `hub`: through whom the sender distributes, in a star.
 * - `frontiers`: what so many nodes have had, as far as the sender knows. Left out when its program does not care, when
 *   the sender is not recovered, and when there is more to come than the batch.
 */
export const gossip = <A>(operation: Schema.Codec<A, unknown>) =>
  Rpc.make("gossip", {
    request: {
      from: Origin,
      base: Encoded,
      operations: Schema.Array(Schema.Tuple([Origin, operation])),
      ask: Schema.optionalKey(Schema.Boolean),
      answer: Schema.optionalKey(Schema.Struct({ to: Origin, former: Schema.Int })),
      hub: Schema.optionalKey(NodeId),
      frontiers: Schema.optionalKey(Frontiers)
    }
  })
