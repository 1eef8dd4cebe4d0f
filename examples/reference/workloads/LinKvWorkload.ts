import { LinKvWorkload } from "gossip-girl/workloads/LinKvWorkload"

export const workload = LinKvWorkload.set({ operationsPerKey: 50 })
