import * as Schema from "effect/Schema"
import { Read, Write } from "gossip-girl/schema/KvProtocol"
import * as Setting from "gossip-girl/workloads/Setting"
import * as Verdict from "gossip-girl/workloads/Verdict"
import * as Workload from "gossip-girl/workloads/Workload"

const read = (key: string): Workload.Invocation =>
  Workload.invocation({
    f: "read",
    value: key,
    rpc: Read,
    request: { key },
    readOnly: true,
    result: ({ value }) => value
  })

/** An operation of two requests: it reads, and then writes what it has read to another key. */
const copy = (from: string, to: string): Workload.Invocation => ({
  f: "copy",
  value: [from, to],
  ...Workload.question({
    rpc: Read,
    request: { key: from },
    readOnly: true,
    outcome: ({ value }) =>
      Workload.question({
        rpc: Write,
        request: { key: to, value },
        readOnly: false,
        outcome: (): Workload.Outcome => ({ type: "ok", value })
      })
  })
})

const keyCount = Setting.whole(2, 100, { help: "How many keys", usual: 10 })

/** A workload that can be set: with a number of keys, and with nodes that have a disk. */
export const Copies = Workload.configurable(
  "copies",
  { keyCount, durable: Workload.durable },
  ({ durable, keyCount }) => ({
    byHand: [
      Workload.handmade(Write, (number) => ({ key: "k0", value: Workload.unused(number) }), ({ key, value }) => ({
        f: "write",
        value: [key, value],
        ...Workload.question({
          rpc: Write,
          request: { key, value },
          readOnly: false,
          outcome: (): Workload.Outcome => ({ type: "ok", value })
        })
      }))
    ],
    generator: (random) => () => {
      const key = (): string => `k${random.below(keyCount)}`
      return random.chance(0.5) ? read(key()) : copy(key(), key())
    },
    check: () => Verdict.make([], { durable })
  })
)

export const few = Workload.withSettings(Copies, { keyCount: 2 })
console.log(Workload.byHand(few, "write", { key: "k0", value: 7 }).f) // what a person has a client do
console.log(Schema.is(keyCount)(1)) // false
