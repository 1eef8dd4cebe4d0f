import * as Schema from "effect/Schema"
import * as Rpc from "./Rpc.ts"

/** Challenge 2: asks for an id that no other request ever gets. Maelstrom takes ids of any type; ours are strings. */
export const Generate = Rpc.make("generate", { reply: { id: Schema.NonEmptyString } })

export const UniqueIdsProtocol = [Generate] as const
