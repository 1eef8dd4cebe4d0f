/**
 * Workers of clients acquire the lock and release it, again and again.
 *
 * An owner has the lock for certain from the end of an `acquire` that was ok to the beginning of its next `release`. The
 * run is invalid if two owners have it for certain at the same time.
 */
import * as Finding from "gossip-girl/workloads/Finding"
import type * as History from "gossip-girl/workloads/History"
import * as Verdict from "gossip-girl/workloads/Verdict"
import * as Workload from "gossip-girl/workloads/Workload"
import { Acquire, Release } from "./LockProtocol.ts"

interface Holding {
  readonly owner: string
  /** The event since which the owner has the lock for certain. */
  readonly since: History.Event
}

const check = (history: History.History): Verdict.Verdict => {
  const holdings = new Map<string, Holding>()
  const twice: Array<readonly [Holding, Holding]> = []
  let acquired = 0
  for (const event of history) {
    if (event.f === "acquire" && event.type === "ok") {
      const holding = { owner: String(event.value), since: event }
      for (const other of holdings.values()) if (other.owner !== holding.owner) twice.push([other, holding])
      holdings.set(holding.owner, holding)
      acquired++
    }
    if (event.f === "release" && event.type === "invoke") holdings.delete(String(event.value))
  }
  return Verdict.make(
    Finding.of(
      "lock",
      "held twice",
      "strict",
      twice,
      ([first, second]) =>
        Finding.example([], { first: first.owner, second: second.owner, time: second.since.time }, [
          first.since.index,
          second.since.index
        ])
    ),
    { acquired }
  )
}

export const LockWorkload: Workload.Workload = {
  name: "lock",
  generator: () => {
    const owners = new Set<string>() // who may have the lock, as far as it knows
    const ask = (rpc: typeof Acquire | typeof Release, owner: string, done: () => void) =>
      Workload.invocation({
        f: rpc.type,
        value: owner,
        rpc,
        request: { owner },
        readOnly: false,
        result: () => {
          done()
          return owner
        }
      })
    return (_, worker) => {
      const owner = `worker ${worker}` // a worker stays, whatever becomes of its client
      return owners.has(owner)
        ? ask(Release, owner, () => owners.delete(owner))
        : ask(Acquire, owner, () => owners.add(owner))
    }
  },
  check
}

export default LockWorkload // for gossip-girl test -w
