import { GSetWorkload } from "gossip-girl/workloads/GSetWorkload"

export const workload = GSetWorkload.set({ durable: true })
