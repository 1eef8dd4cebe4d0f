import { BroadcastWorkload } from "gossip-girl/workloads/BroadcastWorkload"

/** Clients suggest a line of nodes to each node, and nodes keep what they acknowledge on a disk. */
export const workload = BroadcastWorkload.set({ topology: "line", durable: true })
