import { GSet } from "../../programs/GSet.ts"
import { GSetProtocol } from "../../schema/GSetProtocol.ts"
import { GSetWorkload } from "../../workloads/g-set/GSetWorkload.ts"
import { overFreshGossip } from "../Disseminations.ts"
import type { Entry } from "../Entry.ts"

export const gSet = () => overFreshGossip(GSet, "star")

export const entry = () =>
  ({
    protocol: GSetProtocol,
    workload: GSetWorkload,
    programs: gSet(),
    challenges: [],
    stricter: "as `broadcast`"
  }) satisfies Entry
