import { LinKv } from "../../programs/LinKv.ts"
import { LinKvProxy } from "../../programs/LinKvProxy.ts"
import { KvProtocol } from "../../schema/KvProtocol.ts"
import { LinKvWorkload } from "../../workloads/lin-kv/LinKvWorkload.ts"
import { type ChallengeRun, type Entry, over } from "../Entry.ts"
import * as SharedLogs from "../SharedLogs.ts"

export const linKv = () => ({ raft: over(LinKv, SharedLogs.raft) })

export const linKvProxy = () => ({ proxy: { program: LinKvProxy } }) as const

/** No challenge of fly.io's, but Maelstrom's last chapter. */
const challenge: ChallengeRun = {
  id: "7",
  options: { nodeCount: 3, concurrency: 12, timeLimit: 20_000, rate: 100 },
  limits: { messagesPerOperation: 2, medianLatency: 30 }
}

export const entry = () =>
  ({
    protocol: KvProtocol,
    workload: LinKvWorkload,
    programs: { ...linKv(), ...linKvProxy() },
    challenges: [
      challenge,
      {
        ...challenge,
        options: { ...challenge.options, nodeCount: 5, concurrency: 20, nemesis: ["partition"] },
        limits: { messagesPerOperation: 2.8, medianLatency: 30 }
      }
    ],
    stricter: "a refusal (20, 22) also says what the key held"
  }) satisfies Entry
