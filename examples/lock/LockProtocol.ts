/**
 * A lock: whoever acquires it has it until it releases it. To do either twice is to do it once, so who does not know
 * what came of a request asks again.
 */
import * as Schema from "effect/Schema"
import * as Rpc from "gossip-girl/schema/Rpc"

/** Succeeds when the owner has the lock, and is refused with error 11 while somebody else has it. */
export const Acquire = Rpc.make("acquire", { request: { owner: Schema.String } })

/** Succeeds when the owner does not have the lock. */
export const Release = Rpc.make("release", { request: { owner: Schema.String } })

export const LockProtocol = [Acquire, Release] as const
