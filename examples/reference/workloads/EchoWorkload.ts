import { check, EchoWorkload, kinds } from "gossip-girl/workloads/EchoWorkload"
import type { History } from "gossip-girl/workloads/History"

/** What its checker can find, and what it finds in a history. */
export const judge = (history: History) => ({
  workload: EchoWorkload.name,
  kinds: Object.keys(kinds.kinds),
  findings: check(history).findings
})
