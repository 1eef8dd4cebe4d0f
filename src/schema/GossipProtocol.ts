/**
 * What nodes tell each other to replicate operations. No message wants a reply.
 */
import * as Schema from "effect/Schema"
import { NodeId } from "./Address.ts"
import * as Rpc from "./Rpc.ts"
import { Encoded, Origin } from "./VersionVector.ts"

/** Frontiers: what each of so many nodes has had, at least. */
export const Frontiers = Schema.Array(Schema.Tuple([Schema.Int, Encoded]))
export type Frontiers = typeof Frontiers.Type

/**
 * - `from`: the origin of the sender, which stands for one of its lives.
 * - `base`, `operations`: a batch. The receiver can take the operations if it has the base. Base and operations
 *   together are all that the sender has, so every message acknowledges.
 * - `ask`: the sender asks for what it lacks, and for a message in any case.
 * - `answer`: with this message the sender has sent all that the receiver asked for. `to` is the life that had asked,
 *   `former` the number of earlier lives of the receiver that the sender has met.
 * - `hub`: the hub to which the sender sends, in a star.
 * - `frontiers`: what so many nodes have had, as far as the sender knows. Left out when its program asks for no
 *   frontier, when the sender is not recovered, and when the batch is not all that the receiver lacks.
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
