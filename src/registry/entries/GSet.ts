import { GSet } from "../../programs/GSet.ts"
import { GSetProtocol } from "../../schema/GSetProtocol.ts"
import { GSetWorkload } from "../../workloads/g-set/GSetWorkload.ts"
import { overGossip } from "../Disseminations.ts"
import type { Entry } from "../Entry.ts"

export const gSet = () => overGossip(GSet, "star")

export const entry = () =>
  ({
    protocol: GSetProtocol,
    workload: GSetWorkload,
    programs: gSet(),
    challenges: [],
    stricter: "as `broadcast`"
  }) satisfies Entry
