import { PnCounter } from "../../programs/Counter.ts"
import { CounterProtocol, Delta } from "../../schema/CounterProtocol.ts"
import { PnCounterWorkload } from "../../workloads/counter/CounterWorkload.ts"
import { overFreshGossip } from "../Disseminations.ts"
import type { Entry } from "../Entry.ts"

/** A counter is read seldom enough that a second does not matter. */
export const pnCounter = () => overFreshGossip(PnCounter, "relaxed")

export const entry = () =>
  ({
    protocol: CounterProtocol(Delta),
    workload: PnCounterWorkload,
    programs: pnCounter(),
    challenges: [],
    stricter: "as `g-counter`, but reads may go back"
  }) satisfies Entry
