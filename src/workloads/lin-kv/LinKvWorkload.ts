/**
 * Maelstrom's lin-kv: registers that clients read, write and compare-and-set.
 *
 * - Twice as many workers as there are nodes share a **key**. The first half of them reads it; of what the others do, a
 *   third writes and two thirds are `cas`. Where workers are too few for that, each operation is a read with
 *   probability 1/2. (Maelstrom refuses to run then.)
 * - Keys are whole numbers, **values** 0 to 4. So most `cas` find another value and fail.
 * - A key is left for a **fresh** one when 20 clients had to do with it, as many as its checker can cope with, and after
 *   some {@link operationsPerKey}. (Maelstrom has no such limit: a key on which no client fails is used to the end. At
 *   20 threads a key, which is 10 nodes, it leaves a key at the first failure, and with more it finds no key at all;
 *   here no more than 20 share one.)
 * - A client waits for ten times the mean latency, and for 1 s at least.
 */
import type { ClientId } from "../../schema/Address.ts"
import type { Json } from "../../schema/Json.ts"
import { Cas, Read, Write } from "../../schema/KvProtocol.ts"
import type { SeededRandom } from "../SeededRandom.ts"
import * as Setting from "../Setting.ts"
import * as Workload from "../Workload.ts"
import * as LinKvChecker from "./LinKvChecker.ts"

/** How many clients may use a key. */
const clientsPerKey = 20

const values = 5

const read = (key: Json): Workload.Invocation =>
  Workload.invocation({
    f: "read",
    value: [key, null],
    rpc: Read,
    request: { key },
    readOnly: true,
    result: ({ value }) => [key, value]
  })

const write = (key: Json, value: Json): Workload.Invocation =>
  Workload.invocation({
    f: "write",
    value: [key, value],
    rpc: Write,
    request: { key, value },
    readOnly: false,
    result: () => [key, value]
  })

const cas = (key: Json, from: Json, to: Json): Workload.Invocation =>
  Workload.invocation({
    f: "cas",
    value: [key, [from, to]],
    rpc: Cas,
    request: { key, from, to },
    readOnly: false,
    result: () => [key, [from, to]]
  })

/** A group of workers that share a key. */
interface Group {
  readonly size: number
  readonly clients: Map<number, ClientId>
  key: number
  /** For how many more operations the key is used, and how many clients have used it. */
  left: number
  seen: number
}

const generator = (operationsPerKey: number) => (random: SeededRandom, { nodeCount, workers }: Workload.Crew) => {
  const size = Math.min(2 * nodeCount, clientsPerKey)
  const count = Math.max(1, Math.floor(workers / size))
  let keys = 0

  const freshen = (group: Group): void => {
    group.key = keys++
    // Groups that begin together are not to end together.
    group.left = Math.ceil(operationsPerKey * (0.9 + 0.1 * random.nextDoubleUnsafe()))
    group.seen = group.size
  }
  const groups = Array.from({ length: count }, (_, at): Group => {
    const isLast = at === count - 1
    const group = { size: isLast ? workers - at * size : size, clients: new Map(), key: 0, left: 0, seen: 0 }
    freshen(group)
    return group
  })

  return (client: ClientId, worker: number): Workload.Invocation => {
    const group = groups[Math.min(count - 1, Math.floor(worker / size))]!
    const former = group.clients.get(worker)
    group.clients.set(worker, client)
    if (former !== undefined && former !== client) group.seen++
    if (group.left === 0 || group.seen > Math.max(clientsPerKey, group.size)) freshen(group)
    group.left--
    const reads = group.size === size ? worker % size < size / 2 : random.chance(0.5)
    if (reads) return read(group.key)
    if (random.chance(1 / 3)) return write(group.key, random.below(values))
    return cas(group.key, random.below(values), random.below(values))
  }
}

/** For how many operations a key is used, before a fresh one takes its place. */
const operationsPerKey = Setting.whole(1, 1_000_000, {
  help: "After at most so many operations, and a tenth less at times, a fresh key takes the place of a key",
  usual: 120,
  simpler: "usual"
})

export const LinKvWorkload = Workload.configurable("lin-kv", { operationsPerKey }, ({ operationsPerKey }) => ({
  generator: generator(operationsPerKey),
  byHand: [
    Workload.handmade(Read, () => ({ key: 0 }), ({ key }) => read(key)),
    Workload.handmade(Write, () => ({ key: 0, value: 1 }), ({ key, value }) => write(key, value)),
    Workload.handmade(Cas, () => ({ key: 0, from: 1, to: 2 }), ({ from, key, to }) => cas(key, from, to))
  ],
  clientTimeout: (meanLatency) => Math.max(10 * meanLatency, 1000),
  check: LinKvChecker.check
}))
