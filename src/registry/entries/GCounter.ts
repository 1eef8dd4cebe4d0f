import { GCounter } from "../../programs/Counter.ts"
import { GCounterSeqKv } from "../../programs/GCounterSeqKv.ts"
import { CounterProtocol, GrowOnlyDelta } from "../../schema/CounterProtocol.ts"
import { SeqKv } from "../../services/kv/Kv.ts"
import { GCounterWorkload } from "../../workloads/counter/CounterWorkload.ts"
import { overFreshGossip } from "../Disseminations.ts"
import { type ChallengeRun, type Entry, over } from "../Entry.ts"

/** A counter is read seldom enough that a second does not matter. */
export const gCounter = () => overFreshGossip(GCounter, "relaxed")

export const gCounterSeqKv = () => ({ "seq-kv": over(GCounterSeqKv, SeqKv.layer, { durable: true }) })

/** fly.io asks for a counter that is kept in seq-kv. Kept in the nodes, it costs less: both are run. */
const challenge: ChallengeRun = {
  id: "4",
  options: { nodeCount: 3, concurrency: 3, timeLimit: 20_000, rate: 100, availability: 1, nemesis: ["partition"] }
}

export const entry = () =>
  ({
    protocol: CounterProtocol(GrowOnlyDelta),
    workload: GCounterWorkload,
    programs: { ...gCounter(), ...gCounterSeqKv() },
    challenges: [challenge, { ...challenge, program: "seq-kv" }],
    stricter:
      "all nodes read the same in the end; reads of a node never go back, and have all that it acknowledged, and nothing that nobody has begun to add"
  }) satisfies Entry
