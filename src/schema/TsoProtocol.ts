import * as Schema from "effect/Schema"
import * as Rpc from "./Rpc.ts"

/** A number larger than every one handed out before, to anybody. */
export const Ts = Rpc.make("ts", { reply: { ts: Schema.Int } })

export const TsoProtocol = [Ts] as const
