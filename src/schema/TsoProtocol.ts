import * as Schema from "effect/Schema"
import * as Rpc from "./Rpc.ts"

/** Asks for a timestamp that is larger than all that were handed out before. */
export const Ts = Rpc.make("ts", { reply: { ts: Schema.Int } })

export const TsoProtocol = [Ts] as const
