import { KafkaWorkload } from "gossip-girl/workloads/KafkaWorkload"

/** Two keys at a time, and a fresh one after 50 messages. */
export const workload = KafkaWorkload.set({ keyCount: 2, maxWritesPerKey: 50 })
