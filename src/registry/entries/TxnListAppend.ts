import { TxnListAppend } from "../../programs/TxnListAppend.ts"
import { TxnListAppendProtocol } from "../../schema/TxnProtocol.ts"
import { TxnListAppendWorkload } from "../../workloads/transactions/TxnListAppendWorkload.ts"
import { type ChallengeRun, type Entry, over } from "../Entry.ts"
import * as SharedLogs from "../SharedLogs.ts"

export const txnListAppend = () => ({ "lin-kv": over(TxnListAppend, SharedLogs.linKv) })

export const txnListAppendRaft = () => ({ raft: over(TxnListAppend, SharedLogs.raft) })

/** No challenge of fly.io's, but Maelstrom's own exercise: the same transactions, strict serializable. */
const challenge: ChallengeRun = {
  id: "6",
  options: {
    nodeCount: 5,
    concurrency: 10,
    timeLimit: 20_000,
    rate: 100,
    latency: { mean: 10, dist: "constant" },
    availability: 0.99
  },
  limits: { messagesPerOperation: 4 }
}

export const entry = () =>
  ({
    protocol: TxnListAppendProtocol,
    workload: TxnListAppendWorkload,
    programs: { ...txnListAppend(), ...txnListAppendRaft() },
    challenges: [challenge, { ...challenge, options: { ...challenge.options, nemesis: ["partition"] } }],
    stricter: "as `txn-rw-register`"
  }) satisfies Entry
