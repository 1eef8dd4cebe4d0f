import type { History } from "gossip-girl/workloads/History"
import * as Lives from "gossip-girl/workloads/Lives"
import * as Operations from "gossip-girl/workloads/Operations"

/** Operations whose nodes have them for certain, and the nodes that were killed at all. */
export const kept = (history: History, memory: Lives.Memory) => {
  const lives: Lives.Lives = Lives.make(history, memory)
  const operations = Operations.completed(history).filter((one) => lives.isOne(one) && lives.keeps(one.invoke))
  return { operations, killed: new Set(history.filter(Lives.isKill).flatMap(Lives.nodesOf)) }
}
