import { assert, describe, it } from "@effect/vitest"
import { NodeId } from "../../../src/schema/Address.ts"
import type { Json } from "../../../src/schema/Json.ts"
import type { Event, Failure, History } from "../../../src/workloads/history/History.ts"
import * as LinKvChecker from "../../../src/workloads/lin-kv/LinKvChecker.ts"
import * as Told from "../../Told.ts"

type Step = Omit<Event, "index" | "time">

/** At each second one event. */
const history = (...steps: ReadonlyArray<Step>): History =>
  steps.map((step, index) => ({ index, time: 1000 * index, ...step }))

const begin = (process: number, f: string, key: Json, value: Json): Step => ({
  process,
  type: "invoke",
  f,
  value: [key, value],
  node: NodeId.make(`n${process % 3}`)
})
const end = (process: number, f: string, key: Json, value: Json): Step => ({
  process,
  type: "ok",
  f,
  value: [key, value]
})

/** From beginning to end, and nobody in between. */
const read = (
  process: number,
  key: Json,
  value: Json
) => [begin(process, "read", key, null), end(process, "read", key, value)]
const write = (process: number, key: Json, value: Json) => [
  begin(process, "write", key, value),
  end(process, "write", key, value)
]
const cas = (process: number, key: Json, from: Json, to: Json) => [
  begin(process, "cas", key, [from, to]),
  end(process, "cas", key, [from, to])
]
const unanswered = ([invoke]: ReadonlyArray<Step>): ReadonlyArray<Step> => [
  invoke!,
  { process: invoke!.process, type: "info", f: invoke!.f, value: invoke!.value, error: { _tag: "NoReply" } }
]

const codes = { KeyDoesNotExist: 20, PreconditionFailed: 22, Abort: 14 } as const
const refused = ([invoke]: ReadonlyArray<Step>, name: keyof typeof codes): ReadonlyArray<Step> => {
  const error: Failure = { _tag: "Refused", name, code: codes[name], text: "no" }
  return [invoke!, { process: invoke!.process, type: "fail", f: invoke!.f, value: invoke!.value, error }]
}

const check = (...steps: ReadonlyArray<ReadonlyArray<Step>>) =>
  Told.verdict(LinKvChecker.check(history(...steps.flat())))

const holds = (...steps: ReadonlyArray<ReadonlyArray<Step>>): void =>
  assert.deepStrictEqual(check(...steps).findings, [])

/** By whose rules it is wrong, and that it is so only once. */
const breaks = (...steps: ReadonlyArray<ReadonlyArray<Step>>): string => {
  const { verdict } = { verdict: LinKvChecker.check(history(...steps.flat())) }
  assert.lengthOf(verdict.findings, 1)
  return verdict.findings[0]!.rules
}

describe("LinKvChecker", () => {
  it("judges each key for itself, whatever JSON value keys and values are", () => {
    holds(write(0, 1, 1), write(0, 2, 2), read(1, 1, 1), read(1, 2, 2))
    holds(write(0, 1, { a: [1], b: 2 }), read(1, 1, { b: 2, a: [1] }), cas(1, 1, { b: 2, a: [1] }, 3), read(0, 1, 3))
    holds(write(0, "1", "a"), write(0, 1, "b"), read(1, "1", "a"), read(1, 1, "b"))
    assert.strictEqual(breaks(write(0, 1, 1), write(0, "1", "1"), read(1, 1, "1")), "maelstrom")
    assert.strictEqual(LinKvChecker.check(history(...write(0, 1, 1), ...write(0, 2, 2))).figures["keys"], 2)
  })

  it("takes what has an unknown outcome for done, at any time, or for not done", () => {
    holds(write(0, 0, 1), unanswered(write(1, 0, 2)), read(2, 0, 1), read(2, 0, 2))
    holds(unanswered(write(1, 0, 2)), write(0, 0, 1), read(2, 0, 1), read(2, 0, 2))
    holds(write(0, 0, 1), unanswered(cas(1, 0, 1, 2)), read(2, 0, 2))
    holds(write(0, 0, 1), unanswered(read(1, 0, null)), read(2, 0, 1))
    holds(write(0, 0, 1), [begin(1, "write", 0, 2)], read(2, 0, 2))
    assert.strictEqual(breaks(write(0, 0, 1), unanswered(write(1, 0, 2)), read(2, 0, 2), read(2, 0, 1)), "maelstrom")
  })

  it("takes what was refused for not done, by Maelstrom's rules and by ours", () => {
    holds(write(0, 0, 1), refused(write(1, 0, 2), "Abort"), read(2, 0, 1))
    assert.strictEqual(breaks(write(0, 0, 1), refused(write(1, 0, 2), "Abort"), read(2, 0, 2)), "maelstrom")
    assert.strictEqual(
      breaks(write(0, 0, 1), refused(cas(1, 0, 1, 2), "PreconditionFailed"), read(2, 0, 2)),
      "maelstrom"
    )
  })

  it("takes a refusal for what it says, by our rules alone", () => {
    holds(refused(read(0, 0, null), "KeyDoesNotExist"), write(0, 0, 1), refused(cas(1, 0, 2, 3), "PreconditionFailed"))
    holds(refused(cas(0, 0, 1, 2), "KeyDoesNotExist"), write(0, 0, 1), read(0, 0, 1))
    assert.strictEqual(breaks(write(0, 0, 1), refused(read(1, 0, null), "KeyDoesNotExist")), "strict")
    assert.strictEqual(breaks(write(0, 0, 1), refused(cas(1, 0, 1, 2), "KeyDoesNotExist")), "strict")
    assert.strictEqual(breaks(write(0, 0, 1), refused(cas(1, 0, 1, 2), "PreconditionFailed")), "strict")
    assert.strictEqual(breaks(write(0, 0, 1), read(1, 0, null)), "strict")
  })

  it("tells what was seen, what the key held, and the operations that have no order", () => {
    const { evidence, findings } = check(
      write(0, 7, 4),
      read(1, 7, 4),
      cas(2, 7, 4, 3),
      refused(cas(0, 7, 4, 2), "PreconditionFailed"),
      read(1, 7, 4),
      read(2, 7, 3)
    )
    assert.deepStrictEqual(findings, [
      "not linearizable: n1 answered 4 to a read of key 7 at 9.000 s, but the key held 3 then; "
      + "the last to leave that was n0's write 4 at 0.000 s\n"
      + "  these operations have no order:\n"
      + "  - n2, process 2: cas from 4 to 3, from 4.000 s to 5.000 s, ok\n"
      + "  - n1, process 1: read 4, from 8.000 s to 9.000 s, ok"
    ])
    assert.deepStrictEqual(evidence, [{ finding: 0, about: "key 7", events: [4, 5, 8, 9, 0, 1] }])
  })

  it("tells of an answer that nobody can have caused", () => {
    assert.deepStrictEqual(check(read(1, 7, 4)).findings, [
      "not linearizable: n1 answered 4 to a read of key 7 at 1.000 s, but the key did not exist then"
    ])
    assert.deepStrictEqual(check(refused(write(0, 7, 4), "Abort"), read(1, 7, 4)).findings, [
      "not linearizable: n1 answered 4 to a read of key 7 at 3.000 s, but the key did not exist then; "
      + "only an operation that was refused would have left that: n0's write 4 at 0.000 s"
    ])
  })

  it("tells of refusals and of what two nodes say at a time", () => {
    const [first] = check(write(0, 7, 4), refused(cas(1, 7, 4, 5), "PreconditionFailed")).findings
    assert.strictEqual(
      first?.split("\n")[0],
      "not linearizable: n1 refused a cas from 4 to 5 of key 7, as if the key did not hold 4 at 3.000 s, "
        + "but the key held 4 then"
    )
    const [second] = check(
      write(0, 7, 4),
      [begin(1, "write", 7, 5), ...read(2, 7, 5), end(1, "write", 7, 5)],
      refused(read(0, 7, null), "KeyDoesNotExist")
    ).findings
    assert.match(second ?? "", /^not linearizable: n0 answered that key 7 does not exist at 7\.000 s, but the key held/)
  })

  it("tells of a key alone if that takes very many operations", () => {
    const writes = Array.from({ length: 130 }, (_, i) => unanswered(write(10 + i, 7, 1)))
    const reads = Array.from({ length: 131 }, () => [...write(0, 7, 2), ...read(1, 7, 1)])
    const { evidence, findings } = check(...writes, ...reads)
    assert.deepStrictEqual(findings, [
      "not linearizable: no order of its 392 operations explains what key 7 held; no small part of them shows it"
    ])
    assert.lengthOf(evidence[0]?.events ?? [], 2)
  })

  it("tells three keys, and counts the others", () => {
    const [all] = check(...[0, 1, 2, 3, 4].map((key) => read(0, key, 1))).findings
    assert.match(all ?? "", /; 2 more$/)
  })
})
