import type { History } from "gossip-girl/workloads/History"
import { check, kinds, UniqueIdsWorkload } from "gossip-girl/workloads/UniqueIdsWorkload"

/** What its checker can find, and what it finds in a history. */
export const judge = (history: History) => ({
  workload: UniqueIdsWorkload.name,
  kinds: Object.keys(kinds.kinds),
  findings: check(history).findings
})
