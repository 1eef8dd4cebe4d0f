import { assert, describe, it } from "@effect/vitest"
import type { Verdict } from "../../../src/workloads/finding/Verdict.ts"
import type { History } from "../../../src/workloads/history/History.ts"
import * as ConsistencyModel from "../../../src/workloads/transactions/ConsistencyModel.ts"
import * as ListAppendChecker from "../../../src/workloads/transactions/ListAppendChecker.ts"
import * as RwRegisterChecker from "../../../src/workloads/transactions/RwRegisterChecker.ts"
import * as Told from "../../Told.ts"
import { history, type Transaction } from "./Histories.ts"

type Check = (history: History, models: ReadonlyArray<ConsistencyModel.ConsistencyModel>) => Verdict

interface Case {
  readonly name: string
  readonly transactions: ReadonlyArray<string | Transaction>
  readonly kills?: Parameters<typeof history>[1]
  /** What is found, and how often. */
  readonly anomalies: Readonly<Record<string, number>>
  /** The models that it breaks. */
  readonly not: ReadonlyArray<ConsistencyModel.ConsistencyModel>
  /** What is said to who takes one of the models for granted. */
  readonly says?: RegExp
}

const all = [
  "read-uncommitted",
  "read-committed",
  "read-atomic",
  "causal",
  "snapshot-isolation",
  "serializable",
  "strict-serializable"
] as const
const [, , , , ...fromSnapshotIsolation] = all
const strict = ["strict-serializable"] as const
const fromSerializable = ["serializable", ...strict] as const
const fromReadCommitted = all.slice(1)
const fromReadAtomic = all.slice(2)
const onlyCausal = ["causal", ...strict] as const

const suite = (check: Check, cases: ReadonlyArray<Case>): void => {
  for (const { anomalies, kills, name, not, says, transactions } of cases) {
    it(`${name}: ${Object.keys(anomalies).join(", ") || "nothing"}`, () => {
      const written = history(transactions, kills)
      const { figures, findings } = Told.verdict(check(written, all))
      const { broken, hold } = ConsistencyModel.judge(
        Object.keys(figures["anomalies"]!) as Array<ConsistencyModel.Anomaly>
      )
      assert.deepStrictEqual({ broken: figures["broken"], hold: figures["hold"] }, { broken, hold })
      assert.deepStrictEqual(
        { anomalies: figures["anomalies"], not: all.filter((model) => broken.includes(model)) },
        { anomalies, not },
        findings.join("\n")
      )
      const texts = all.map((model) => {
        const { findings, valid } = Told.verdict(check(written, [model]))
        const text = findings.join("\n")
        assert.strictEqual(valid, !not.includes(model), `${model}: ${text}`)
        return text
      })
      if (says !== undefined) assert.isTrue(texts.some((text) => says.test(text)), texts.join("\n\n"))
    })
  }
}

const final = (operations: string, more: Partial<Transaction> = {}): Transaction => ({
  operations,
  final: true,
  ...more
})

describe("transactions on registers", () => {
  suite(RwRegisterChecker.check, [
    { name: "nobody does anything", transactions: [], anomalies: {}, not: [] },
    {
      name: "one after the other",
      transactions: [
        { operations: "r x null, w x 1, r x 1", process: 0, from: 0, to: 1 },
        { operations: "r x 1, w x 2, w x 3", process: 1, from: 2, to: 3 },
        { operations: "r x 3, r x 3", process: 0, from: 4, to: 5 },
        final("r x 3, r y null"),
        final("r x 3, r y null", { node: "n1" })
      ],
      anomalies: {},
      not: []
    },
    {
      name: "aborted read",
      transactions: [{ operations: "w x 1", type: "fail" }, "r x 1"],
      anomalies: { G1a: 1 },
      not: fromReadCommitted,
      says:
        /^G1a: T1 was refused, and had written key "x" = 1; yet T2 read key "x" = 1\nT1 = process 100 at n0, 0 to 100 ms, refused: w "x" 1\nT2/
    },
    {
      name: "reading what may have been aborted",
      transactions: [{ operations: "w x 1", type: "info" }, "r x 1", final("r x 1")],
      anomalies: {},
      not: []
    },
    {
      name: "intermediate read",
      transactions: ["w x 1, w x 2", "r x 1"],
      anomalies: { G1b: 1 },
      not: fromReadCommitted,
      says: /^G1b: T1 wrote key "x" = 1 and then 2; yet T2 read key "x" = 1\n/
    },
    { name: "garbage", transactions: ["r x 7"], anomalies: { "garbage-read": 1 }, not: all },
    {
      name: "reading what is not written yet",
      transactions: [{ operations: "r x 1", from: 0, to: 1 }, { operations: "w x 1", from: 2, to: 3 }],
      anomalies: { "garbage-read": 1 },
      not: all
    },
    {
      name: "a transaction that does not see itself",
      transactions: ["w x 1, r x null"],
      anomalies: { internal: 1 },
      not: fromReadAtomic
    },
    {
      name: "a read that cannot be repeated",
      transactions: ["w x 1", "r x null, r x 1"],
      anomalies: { internal: 1 },
      not: fromReadAtomic
    },
    {
      name: "a transaction that sees its own future",
      transactions: ["r x 1, w x 1"],
      anomalies: { "future-read": 1 },
      not: fromReadCommitted
    },
    {
      name: "dirty writes",
      transactions: ["w x 1, w y 1", "w x 2, w y 2", final("r x 1, r y 2")],
      anomalies: { G0: 1 },
      not: all
    },
    {
      name: "circular information flow",
      transactions: ["w x 1, r y 1", "w y 1, r x 1"],
      anomalies: { G1c: 1 },
      not: fromReadCommitted,
      says: /^G1c: T1 wrote key "[xy]" = 1, which T2 read; yet T2 wrote key "[xy]" = 1, which T1 read\n/
    },
    {
      name: "each overwrites what the other wrote",
      transactions: ["r x 1, w x 2", "r x 2, w x 1"],
      anomalies: { "cyclic-versions": 1, G1c: 1 },
      not: all,
      says:
        /^cyclic-versions: T1 wrote key "x" = 2, which T2 read and overwrote with 1; yet T2 wrote key "x" = 1, which T1 read and overwrote with 2\nT1 =/
    },
    {
      name: "each overwrites what the one before wrote, and the first what the last wrote",
      transactions: ["r x 3, w x 1, w y 1", "r x 1, w x 2", "r x 2, w x 3", "r y 1, w y 2", "r x 2", "r x null, r y 2"],
      anomalies: { "cyclic-versions": 1, G1c: 1 },
      not: all
    },
    {
      name: "dirty writes, since each overwrites what it has read",
      transactions: ["w x 1, r y 1, w y 2", "r x 1, w x 2, w y 1"],
      anomalies: { G0: 1 },
      not: all,
      says:
        /^G0: T1 wrote key "x" = 1, which T2 read and overwrote with 2; yet T2 wrote key "y" = 1, which T1 read and overwrote with 2\n/
    },
    {
      name: "dirty writes, of what nobody knows whether it was done, but for a read",
      transactions: [
        { operations: "w x 1, w y 2", type: "info" },
        "r x 1, w x 2, w y 1",
        final("r x 2, r y 2")
      ],
      anomalies: { G0: 1, "causal-violation": 1 },
      not: all
    },
    {
      name: "overwriting what is only intermediate, which tells nothing of what its writer wrote for good",
      transactions: ["w x 1, w x 2", "r x 1, w x 3", final("r x 2")],
      anomalies: { G1b: 1, G1c: 1 },
      not: fromReadCommitted
    },
    {
      name: "overwriting what was aborted",
      transactions: [{ operations: "r x 2, w x 1", type: "fail" }, "r x 1, w x 2"],
      anomalies: { G1a: 1 },
      not: fromReadCommitted
    },
    {
      name: "half a write set",
      transactions: ["w x 1, w y 1", "r x 1, r y null"],
      anomalies: { "fractured-read": 1, "G-single": 1 },
      not: fromReadAtomic,
      says:
        /^fractured-read: T1 wrote key "y" = 1; T2 read key "x" = 1, which T1 wrote as well; yet T2 read key "y" = null\n/
    },
    {
      name: "half a write set, which others tell",
      transactions: ["w x 1, w y 1", "w x 2, w y 2", "r x 1, r y 2", "r x 2, r y 1"],
      anomalies: { "fractured-read": 1 },
      not: fromReadAtomic
    },
    {
      name: "lost update",
      transactions: ["w x 1", "r x 1, w x 2", "r x 1, w x 3"],
      anomalies: { "lost-update": 1, "G2-item": 1 },
      not: fromSnapshotIsolation,
      says: /lost-update: T1 read key "x" = 1 and wrote key "x" = 2; yet T2 read key "x" = 1 and wrote key "x" = 3\n/
    },
    {
      name: "write skew",
      transactions: ["r x null, w y 1", "r y null, w x 1"],
      anomalies: { "G2-item": 1 },
      not: fromSerializable,
      says:
        /^G2-item: T1 read key "[xy]" = null, before T2 wrote key "[xy]" = 1; yet T2 read key "[xy]" = null, before T1 wrote key "[xy]" = 1\n/
    },
    {
      name: "read skew over versions in a known order",
      transactions: ["w x 1", "w y 1", "r x 1, w x 2, r y 1, w y 2", "r x 1, r y 2"],
      anomalies: { "fractured-read": 1, "G-single": 1 },
      not: fromReadAtomic
    },
    {
      name: "long fork",
      transactions: ["w x 1", "w y 1", "r x 1, r y null", "r x null, r y 1"],
      anomalies: { "G-nonadjacent": 1 },
      not: fromSnapshotIsolation
    },
    {
      name: "old news in time",
      transactions: [{ operations: "w x 1", from: 0, to: 1 }, { operations: "r x null", from: 2, to: 3 }],
      anomalies: { "G-single-realtime": 1 },
      not: strict,
      says: /^G-single-realtime: T1 had ended when T2 began; yet T2 read key "x" = null, before T1 wrote key "x" = 1\n/
    },
    {
      name: "a session that does not read what it wrote",
      transactions: [
        { operations: "w x 1", process: 0, from: 0, to: 1 },
        { operations: "r x null", process: 0, from: 2, to: 3 }
      ],
      anomalies: { "read-your-writes": 1, "G-single-process": 1 },
      not: onlyCausal,
      says: /^read-your-writes: T1 wrote key "x" = 1; T2 followed T1 in the same session; yet T2 read key "x" = null\n/
    },
    {
      name: "a session that goes back",
      transactions: [
        "w x 1",
        { operations: "r x 1", process: 0, from: 0, to: 1 },
        { operations: "r x null", process: 0, from: 2, to: 3 }
      ],
      anomalies: { "monotonic-reads": 1, "G-single-process": 1 },
      not: onlyCausal
    },
    {
      name: "a session that goes back and forth between concurrent versions",
      transactions: [
        "w x 1",
        "w x 2",
        { operations: "r x 1", process: 0, from: 0, to: 1 },
        { operations: "r x 2", process: 0, from: 2, to: 3 },
        { operations: "r x 1", process: 0, from: 4, to: 5 }
      ],
      anomalies: { "monotonic-reads": 1 },
      not: onlyCausal
    },
    {
      name: "an answer without its question",
      transactions: [
        { operations: "w x 1", process: 0, from: 0, to: 1 },
        { operations: "w y 1", process: 0, from: 2, to: 3 },
        { operations: "r y 1, r x null", process: 1 }
      ],
      anomalies: { "causal-violation": 1, "G-single-process": 1 },
      not: onlyCausal,
      says:
        /^causal-violation: T1 wrote key "x" = 1; T2 followed T1 in the same session; T2 wrote key "y" = 1, which T3 read; yet T3 read key "x" = null\n/
    },
    {
      name: "causes over two hops, without sessions",
      transactions: ["w x 1", "r x 1, w y 1", "r y 1, r x null"],
      anomalies: { "causal-violation": 1, "G-single": 1 },
      not: ["causal", ...fromSnapshotIsolation]
    },
    {
      name: "two that disagree on what came last",
      transactions: [
        { operations: "w x 1", process: 0, from: 0, to: 1 },
        { operations: "r x 2", process: 0, from: 2, to: 3 },
        { operations: "w x 2", process: 1, from: 0, to: 1 },
        { operations: "r x 1", process: 1, from: 2, to: 3 }
      ],
      anomalies: { "divergent-order": 1 },
      not: onlyCausal
    },
    {
      name: "concurrent writes that others read in an order of their own",
      transactions: ["w x 1", "w x 2", "r x 1", "r x 2", final("r x 2"), final("r x 2", { node: "n1" })],
      anomalies: {},
      not: []
    },
    {
      name: "nodes that differ at the end",
      transactions: ["w x 1", "w x 2", final("r x 1"), final("r x 2", { node: "n1" })],
      anomalies: { divergence: 1 },
      not: all,
      says: /^divergence: key "x" is 1 at n0, 2 at n1$/
    },
    {
      name: "nothing at the end",
      transactions: ["w x 1", final("r x null")],
      anomalies: { "lost-write": 1, "G-single-realtime": 1 },
      not: all
    },
    {
      name: "an older version at the end",
      transactions: ["w x 1", "r x 1, w x 2", final("r x 1")],
      anomalies: { "cyclic-versions": 1 },
      not: all,
      says:
        /^cyclic-versions: T1 wrote key "x" = 1, which T2 read and overwrote with 2; yet T2 wrote key "x" = 2 before T1 wrote 1, which is there at the end\n/
    },
    {
      name: "no answer at the end",
      transactions: ["w x 1", final("r x null", { type: "fail", node: "n3" })],
      anomalies: { "no-final-read": 1 },
      not: all,
      says: /^no-final-read: n3 answered none/
    },
    {
      name: "what dies with its node",
      transactions: [
        { operations: "w x 1", process: 0, from: 0, to: 1 },
        { operations: "r x null", process: 0, from: 10, to: 11 },
        final("r x null")
      ],
      kills: [{ time: 5, nodes: ["n0"] }],
      anomalies: { "G-single-realtime": 1 },
      not: strict
    },
    {
      name: "what does not die with another node",
      transactions: [
        { operations: "w x 1", process: 0, from: 0, to: 1 },
        { operations: "r x null", process: 0, from: 10, to: 11 }
      ],
      kills: [{ time: 5, nodes: ["n1"] }],
      anomalies: { "read-your-writes": 1, "G-single-process": 1 },
      not: onlyCausal
    }
  ])
})

describe("a finding shows where to look in the history", () => {
  const evidence = (transactions: ReadonlyArray<string | Transaction>) => {
    const written = history(transactions)
    const { evidence = [], findings } = Told.verdict(RwRegisterChecker.check(written, ["causal"]))
    return evidence.map(({ about, events, finding }) => [
      findings[finding]!.split(":")[0],
      about,
      ...events.map((index) => `${written[index]!.process} ${written[index]!.type}`)
    ])
  }

  it("at every transaction of the story", () => {
    assert.deepStrictEqual(
      evidence([
        { operations: "w x 1", process: 1, type: "fail" },
        { operations: "r x 1", process: 2 },
        { operations: "r y 7", process: 3, from: 200 }
      ]),
      [
        ["G1a", "T1, T2", "1 invoke", "1 fail", "2 invoke", "2 ok"],
        ["garbage-read", "T1", "3 invoke", "3 ok"] // Elle does not find it in registers, and what it finds comes first
      ]
    )
  })

  it("at every transaction of a cycle", () => {
    assert.deepStrictEqual(
      evidence([
        { operations: "r x 3, w x 1", process: 1 },
        { operations: "r x 1, w x 2", process: 2 },
        { operations: "r x 2, w x 3", process: 3 }
      ])[0],
      ["cyclic-versions", "T1, T2, T3", "1 invoke", "1 ok", "2 invoke", "2 ok", "3 invoke", "3 ok"]
    )
  })

  it("at the reads at the end", () => {
    assert.deepStrictEqual(
      evidence([
        { operations: "w x 1", process: 1 },
        final("r x 1, r y null", { process: 2 }),
        final("r x 2, r y null", { process: 3, node: "n1" }),
        final("r x 1, r y null", { process: 4, node: "n2", type: "fail" })
      ]).slice(1),
      [
        ["divergence", "n0, n1", "2 invoke", "2 ok", "3 invoke", "3 ok"],
        ["no-final-read", "n2", "4 invoke", "4 fail"]
      ]
    )
    assert.deepStrictEqual(
      evidence([{ operations: "w x 1", process: 1 }, final("r x null", { process: 2 })]),
      [["lost-write", "T1, n0", "1 invoke", "1 ok", "2 invoke", "2 ok"]]
    )
  })
})

describe("transactions on lists", () => {
  suite(ListAppendChecker.check, [
    { name: "nobody does anything", transactions: [], anomalies: {}, not: [] },
    {
      name: "one after the other",
      transactions: [
        { operations: "r x null, append x 1, r x [1]", process: 0, from: 0, to: 1 },
        { operations: "r x [1], append x 2, append x 3", process: 1, from: 2, to: 3 },
        { operations: "append x 4, r x [1,2,3,4], r x [1,2,3,4]", process: 0, from: 4, to: 5 },
        final("r x [1,2,3,4], r y null"),
        final("r x [1,2,3,4], r y []", { node: "n1" })
      ],
      anomalies: {},
      not: []
    },
    {
      name: "aborted read",
      transactions: [{ operations: "append x 1", type: "fail" }, "r x [1]"],
      anomalies: { G1a: 1 },
      not: fromReadCommitted
    },
    {
      name: "aborted read behind another element",
      transactions: [{ operations: "append x 1", type: "fail" }, "append x 2", "r x [1,2]"],
      anomalies: { G1a: 1 },
      not: fromReadCommitted
    },
    {
      name: "reading what may have been aborted",
      transactions: [{ operations: "append x 1", type: "info" }, "r x [1]", final("r x [1]")],
      anomalies: {},
      not: []
    },
    {
      name: "intermediate read",
      transactions: ["append x 1, append x 2", "r x [1]", "r x [1,2]"],
      anomalies: { G1b: 1, "G-single": 1 },
      not: fromReadCommitted
    },
    { name: "garbage", transactions: ["r x [7]"], anomalies: { "garbage-read": 1 }, not: all },
    {
      name: "twice the same",
      transactions: ["append x 1", "r x [1,1]"],
      anomalies: { "duplicate-elements": 1 },
      not: all
    },
    {
      name: "two orders",
      transactions: ["append x 1", "append x 2", "r x [1,2]", "r x [2]"],
      anomalies: { "incompatible-order": 1 },
      not: all,
      says: /^incompatible-order: T1 read key "x" = \[1,2\]; yet T2 read key "x" = \[2\]\n/
    },
    {
      name: "a transaction that does not see itself",
      transactions: ["append x 1, r x null"],
      anomalies: { internal: 1 },
      not: fromReadAtomic
    },
    {
      name: "a transaction that forgets what it saw",
      transactions: ["append x 1", "r x [1], append x 2, r x [2]"],
      anomalies: { internal: 1, "incompatible-order": 1 },
      not: all
    },
    {
      name: "a read that cannot be repeated",
      transactions: ["append x 1", "r x null, r x [1]"],
      anomalies: { internal: 1 },
      not: fromReadAtomic
    },
    {
      name: "a transaction that sees its own future",
      transactions: ["r x [1], append x 1"],
      anomalies: { "future-read": 1 },
      not: fromReadCommitted
    },
    {
      name: "dirty writes",
      transactions: ["append x 1, append y 1", "append x 2, append y 2", "r x [1,2]", "r y [2,1]"],
      anomalies: { G0: 1 },
      not: all,
      says:
        /^G0: T1 appended 1 to key "x" before T2 appended 2 to key "x"; yet T2 appended 2 to key "y" before T1 appended 1 to key "y"\n/
    },
    {
      name: "circular information flow",
      transactions: ["append x 1, r y [1]", "append y 1, r x [1]"],
      anomalies: { G1c: 1 },
      not: fromReadCommitted
    },
    {
      name: "half of what was appended",
      transactions: ["append x 1, append y 1", "r x [1], r y null", "r y [1]"],
      anomalies: { "fractured-read": 1, "G-single": 1 },
      not: fromReadAtomic
    },
    {
      name: "lost update",
      transactions: ["r x null, append x 1", "r x null, append x 2", "r x [1,2]"],
      anomalies: { "G-single": 1, "lost-update": 1 },
      not: fromSnapshotIsolation
    },
    {
      name: "write skew",
      transactions: ["r x null, append y 1", "r y null, append x 1", "r x [1], r y [1]"],
      anomalies: { "G2-item": 1 },
      not: fromSerializable
    },
    {
      name: "write skew that nobody reads",
      transactions: ["r x null, append y 1", "r y null, append x 1"],
      anomalies: { "G2-item": 1 },
      not: fromSerializable
    },
    {
      name: "long fork",
      transactions: ["append x 1", "append y 1", "r x [1], r y null", "r x null, r y [1]"],
      anomalies: { "G-nonadjacent": 1 },
      not: fromSnapshotIsolation
    },
    {
      name: "old news in time",
      transactions: [{ operations: "append x 1", from: 0, to: 1 }, { operations: "r x null", from: 2, to: 3 }],
      anomalies: { "G-single-realtime": 1 },
      not: strict
    },
    {
      name: "appends against the order in time",
      transactions: [
        { operations: "append x 1", from: 0, to: 1 },
        { operations: "append x 2", from: 2, to: 3 },
        { operations: "r x [2,1]", from: 0, to: 9 }
      ],
      anomalies: { "G0-realtime": 1 },
      not: strict
    },
    {
      name: "appends against the order in a session",
      transactions: [
        { operations: "append x 1", process: 0, from: 0, to: 1 },
        { operations: "append x 2", process: 0, from: 2, to: 3 },
        { operations: "r x [2,1]", from: 0, to: 9 }
      ],
      anomalies: { "G0-process": 1 },
      not: onlyCausal
    },
    {
      name: "what is unknown ends never",
      transactions: [
        { operations: "append x 1", from: 0, to: 1, type: "info" },
        { operations: "r x null", from: 2, to: 3 },
        { operations: "r x [1]", from: 4, to: 5 }
      ],
      anomalies: {},
      not: []
    },
    {
      name: "a session that does not read what it wrote",
      transactions: [
        { operations: "append x 1", process: 0, from: 0, to: 1 },
        { operations: "r x null", process: 0, from: 2, to: 3 }
      ],
      anomalies: { "read-your-writes": 1, "G-single-process": 1 },
      not: onlyCausal
    },
    {
      name: "lost at the end",
      transactions: ["append x 1", "append x 2", final("r x [2]")],
      anomalies: { "lost-write": 1, "G-single-realtime": 1 },
      not: all,
      says: /^lost-write: T1 appended 1 to key "x"; yet at the end key "x" is \[2\] at n0, as everywhere\n/
    },
    {
      name: "seen, and lost at the end",
      transactions: [{ operations: "append x 1", type: "info" }, "r x [1]", final("r x null")],
      anomalies: { "lost-write": 1, "G-single-realtime": 1 },
      not: all
    }
  ])
})
