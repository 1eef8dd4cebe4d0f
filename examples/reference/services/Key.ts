import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Key from "gossip-girl/services/Key"
import { LinKv } from "gossip-girl/services/Kv"

const owner: Key.Key<string> = Key.make("owner", Schema.String)

/** A value that is no string is a Crash of whoever wrote it. */
export const read = Effect.flatMap(LinKv, (kv) => kv.read(owner))
