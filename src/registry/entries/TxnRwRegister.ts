import { TxnRwRegister } from "../../programs/TxnRwRegister.ts"
import { TxnRwRegisterProtocol } from "../../schema/TxnProtocol.ts"
import { TxnRwRegisterWorkload } from "../../workloads/transactions/TxnRwRegisterWorkload.ts"
import { overGossip } from "../Disseminations.ts"
import type { ChallengeRun, Entry } from "../Entry.ts"

export const txnRwRegister = () => overGossip(TxnRwRegister, "star")

/**
 * fly.io asks for read uncommitted in 6a and 6b, and for read committed in 6c. Here all are judged by what the nodes
 * promise, causal consistency, which implies both. The messages are limited by ours: fly.io limits none.
 */
const challenge = (id: string, nodeCount: number, more: Partial<ChallengeRun["options"]> = {}): ChallengeRun => ({
  id,
  options: { nodeCount, concurrency: 2 * nodeCount, timeLimit: 20_000, rate: 1000, availability: 1, ...more },
  ...nodeCount > 1 && { limits: { messagesPerOperation: 0.05 } }
})

export const entry = () =>
  ({
    protocol: TxnRwRegisterProtocol,
    workload: TxnRwRegisterWorkload,
    programs: txnRwRegister(),
    challenges: [
      challenge("6a", 1),
      challenge("6b", 2),
      challenge("6b", 2, { nemesis: ["partition"] }),
      challenge("6c", 2),
      challenge("6c", 2, { nemesis: ["partition"] })
    ],
    stricter:
      "every node reads every key in the end, and all agree; anomalies are told as transactions, in words, with all consistency models that they break; sessions and causality are checked"
  }) satisfies Entry
