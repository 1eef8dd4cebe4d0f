import { TxnListAppendWorkload } from "gossip-girl/workloads/TxnListAppendWorkload"

/** Weaker than the usual strict serializability. */
export const workload = TxnListAppendWorkload.set({ consistencyModels: ["serializable"] })
