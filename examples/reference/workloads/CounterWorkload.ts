import { GCounterWorkload, PnCounterWorkload } from "gossip-girl/workloads/CounterWorkload"

export const growOnly = GCounterWorkload.set({ durable: true })
export const anyDirection = PnCounterWorkload
