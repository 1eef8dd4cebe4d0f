import * as Schema from "effect/Schema"
import { CounterProtocol, Delta, GrowOnlyDelta } from "gossip-girl/schema/CounterProtocol"

export const growOnly = CounterProtocol(GrowOnlyDelta) // add and read
export const anyDirection = CounterProtocol(Delta)
console.log(Schema.is(Delta)(-1), Schema.is(GrowOnlyDelta)(-1)) // true, false
