import { Broadcast } from "../../programs/Broadcast.ts"
import { BroadcastProtocol } from "../../schema/BroadcastProtocol.ts"
import { BroadcastWorkload } from "../../workloads/broadcast/BroadcastWorkload.ts"
import { overFreshGossip } from "../Disseminations.ts"
import type { ChallengeRun, Entry } from "../Entry.ts"

export const broadcast = () => overFreshGossip(Broadcast, "star")

/** As in Maelstrom, there is a client for each node if nothing else is said. */
const few = { nodeCount: 5, concurrency: 5, timeLimit: 20_000, rate: 10 }

/** 3d and 3e are one run under different limits. */
const many: ChallengeRun["options"] = {
  nodeCount: 25,
  concurrency: 25,
  timeLimit: 20_000,
  rate: 100,
  latency: { mean: 100, dist: "constant" }
}

export const entry = () =>
  ({
    protocol: BroadcastProtocol,
    workload: BroadcastWorkload,
    programs: broadcast(),
    challenges: [
      { id: "3a", options: { ...few, nodeCount: 1, concurrency: 1 } },
      { id: "3b", options: few },
      { id: "3c", options: { ...few, nemesis: ["partition"] } },
      { id: "3d", options: many, limits: { messagesPerOperation: 30, medianLatency: 400, maxLatency: 600 } },
      { id: "3e", options: many, limits: { messagesPerOperation: 20, medianLatency: 1000, maxLatency: 2000 } }
    ],
    stricter:
      "every node has a final read with every value; none vanishes from a node, appears before it was sent, or appears twice"
  }) satisfies Entry
