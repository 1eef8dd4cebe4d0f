import { Kafka } from "../../programs/Kafka.ts"
import { KafkaSharedLog } from "../../programs/KafkaSharedLog.ts"
import { KafkaProtocol } from "../../schema/KafkaProtocol.ts"
import { KafkaWorkload } from "../../workloads/kafka/KafkaWorkload.ts"
import { overGossip } from "../Disseminations.ts"
import { type Entry, over } from "../Entry.ts"
import * as SharedLogs from "../SharedLogs.ts"

export const kafka = () => overGossip(Kafka, "star")

export const kafkaLinKv = () => ({ "lin-kv": over(KafkaSharedLog, SharedLogs.linKv, { durable: true }) })

export const kafkaRaft = () => ({ raft: over(KafkaSharedLog, SharedLogs.raft, { durable: true }) })

const options = { nodeCount: 2, concurrency: 4, timeLimit: 20_000, rate: 1000, availability: 1 }

export const entry = () =>
  ({
    protocol: KafkaProtocol,
    workload: KafkaWorkload,
    programs: { ...kafka(), ...kafkaLinKv(), ...kafkaRaft() },
    challenges: [
      { id: "5a", options: { ...options, nodeCount: 1, concurrency: 2 } },
      { id: "5b", program: "lin-kv", options, limits: { messagesPerOperation: 3 } },
      { id: "5c", options, limits: { messagesPerOperation: 0.05 } },
      { id: "5c", options: { ...options, nemesis: ["partition"] }, limits: { messagesPerOperation: 0.05 } }
    ],
    stricter:
      "no poll skips what it was asked for, every node shows everything in the end, committed offsets never go back"
  }) satisfies Entry
