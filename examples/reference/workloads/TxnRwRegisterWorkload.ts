import { TxnRwRegisterWorkload } from "gossip-girl/workloads/TxnRwRegisterWorkload"

/** What fly.io asks for in 6b. */
export const workload = TxnRwRegisterWorkload.set({ consistencyModels: ["read-uncommitted"] })
