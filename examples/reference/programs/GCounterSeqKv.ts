import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import { GCounterSeqKv, staleness } from "gossip-girl/programs/GCounterSeqKv"
import { SeqKv } from "gossip-girl/services/Kv"

export const program = Effect.provide(GCounterSeqKv, SeqKv.layer)

// How old the sum may be that a read answers: one second, if the environment does not say otherwise.
const { parse } = staleness
console.log(await Effect.runPromise(parse(ConfigProvider.fromUnknown({ COUNTER_STALENESS: "200 millis" }))))
