import { assert, describe, it } from "@effect/vitest"
import { NodeId } from "../../../src/schema/Address.ts"
import type { Json } from "../../../src/schema/Json.ts"
import type { Event, History } from "../../../src/workloads/history/History.ts"
import * as Lives from "../../../src/workloads/history/Lives.ts"
import * as Operations from "../../../src/workloads/history/Operations.ts"
import * as CommitChecker from "../../../src/workloads/kafka/CommitChecker.ts"
import * as KafkaChecker from "../../../src/workloads/kafka/KafkaChecker.ts"
import { polled, sent } from "../../../src/workloads/kafka/KafkaHistory.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"
import { seeds } from "../../Seeds.ts"
import { counted } from "../../Steps.ts"
import * as Told from "../../Told.ts"
import { leadsToOperations } from "../../wrong/Evidence.ts"
import * as Naive from "./Naive.ts"

/** An event and its time, in ms. */
type Timed = Omit<Event, "index">
type Operation = ReadonlyArray<Timed>
type When = readonly [process: number, begin: number, end: number]
type Completion = "ok" | "fail" | "info"

/** A process asks the node of its number, modulo two. */
const nodeOf = (process: number): NodeId => NodeId.make(`n${process % 2}`)

const operation = (
  f: string,
  [process, begin, end]: When,
  invoke: Json,
  ok: Json,
  type: Completion = "ok"
): Operation => [
  { time: begin, process, type: "invoke", f, value: invoke, node: nodeOf(process) },
  { time: end, process, type, f, value: type === "ok" ? ok : invoke }
]

type Offsets = Record<string, number>
type Messages = Record<string, ReadonlyArray<readonly [offset: number, msg: Json]>>

const send = (when: When, msg: Json, offset: number, key = "k"): Operation =>
  operation("send", when, { key, msg }, { key, msg, offset })
const failedSend = (when: When, msg: Json, type: Completion, key = "k"): Operation =>
  operation("send", when, { key, msg }, null, type)
const poll = (when: When, from: Offsets, msgs: Messages): Operation => operation("poll", when, from, msgs)
const finalPoll = (when: When, from: Offsets, msgs: Messages): Operation => operation("final-poll", when, from, msgs)
const failedPoll = (when: When, from: Offsets, type: Completion): Operation => operation("poll", when, from, null, type)
const assign = (when: When, keys: ReadonlyArray<string>, committed: Offsets): Operation =>
  operation("assign", when, keys, committed)
const finalAssign = (when: When, keys: ReadonlyArray<string>, committed: Offsets): Operation =>
  operation("final-assign", when, keys, committed)
const crash = (time: number, process: number): Operation => [{ time, process, type: "info", f: "crash", value: null }]
const kill = (time: number, ...nodes: ReadonlyArray<string>): Operation => [
  { time, process: "nemesis", type: "info", f: "start-kill", value: nodes }
]

/** In the order of their times; what happens at the same time happens in the order given. */
const history = (...operations: ReadonlyArray<Operation>): History =>
  operations.flat().toSorted((a, b) => a.time - b.time).map((event, index) => ({ index, ...event }))

interface Options {
  readonly memory?: Lives.Memory
}

/** These findings, and no others. */
const rejects = (events: History, findings: ReadonlyArray<string>, options?: Options): void => {
  const verdict = Told.verdict(KafkaChecker.check(events, options))
  assert.deepStrictEqual(verdict.findings, findings)
  leadsToOperations(verdict, events)
  assert.isFalse(verdict.valid)
}

const accepts = (events: History, options?: Options): void => {
  const { findings, valid } = Told.verdict(KafkaChecker.check(events, options))
  assert.deepStrictEqual(findings, [])
  assert.isTrue(valid)
}

const figures = (events: History, options?: Options) => Told.verdict(KafkaChecker.check(events, options)).figures

const listings = (events: History, memory: Lives.Memory): ReadonlyArray<CommitChecker.Listing> =>
  CommitChecker.listings(Operations.fold(events), Lives.make(events, memory), memory)

/** Three messages of key k, at offsets 0, 2 and 4. */
const a = send([0, 0, 5], "a", 0)
const b = send([0, 10, 15], "b", 2)
const c = send([1, 20, 25], "c", 4)
const all: Messages = { k: [[0, "a"], [2, "b"], [4, "c"]] }

describe("KafkaChecker", () => {
  describe("rejects", () => {
    it("a lost write: acknowledged, never polled, while a later one is", () => {
      rejects(
        history(
          a,
          b,
          c,
          poll([1, 100, 110], { k: 3 }, { k: [[4, "c"]] }),
          poll([3, 200, 210], { k: 0 }, { k: [[0, "a"]] })
        ),
        [
          'lost: message "b" of key k at offset 2 (acknowledged to process 0 at 15 ms), never polled, though offset 4 was by process 1 at 110 ms'
        ]
      )
    })

    it("an unseen write: acknowledged, never polled, and nothing after it either", () => {
      rejects(history(a, b, poll([1, 100, 110], { k: 0 }, { k: [[0, "a"]] })), [
        'unseen: message "b" of key k at offset 2 (acknowledged to process 0 at 15 ms), never polled'
      ])
      rejects(
        history(a, send([0, 10, 15], "b", 0, "other"), poll([1, 100, 110], { k: 0, other: 0 }, { k: [[0, "a"]] })),
        [
          'unseen: message "b" of key other at offset 0 (acknowledged to process 0 at 15 ms), never polled'
        ]
      )
    })

    it("a run in which nothing was polled", () => {
      rejects(history(), ["no message was polled: there is nothing to judge by"])
      rejects(history(failedSend([0, 0, 5], "a", "info"), poll([1, 10, 20], { k: 0 }, {})), [
        "no message was polled: there is nothing to judge by"
      ])
    })

    it("a duplicate: one message at two offsets", () => {
      const twice = poll([1, 100, 110], { k: 0 }, { k: [[0, "a"], [2, "b"], [4, "c"], [5, "a"]] })
      rejects(history(a, b, c, twice), [
        'duplicate: message "a" of key k at offset 0 (acknowledged to process 0 at 5 ms) and 5 (polled by process 1 at 110 ms); a message has one offset'
      ])
      // the sender was told another offset than the one where it is
      rejects(history(a, poll([1, 100, 110], { k: 0 }, { k: [[1, "a"]] })), [
        'duplicate: message "a" of key k at offset 0 (acknowledged to process 0 at 5 ms) and 1 (polled by process 1 at 110 ms); a message has one offset'
      ])
    })

    it("inconsistent offsets: two messages at one offset", () => {
      const other = poll([1, 100, 110], { k: 0 }, { k: [[0, "x"]] })
      rejects(
        history(a, failedSend([2, 0, 90], "x", "info"), other, poll([3, 120, 130], { k: 0 }, { k: [[0, "a"]] })),
        [
          'inconsistent offsets: offset 0 holds message "a" of key k at offset 0 (acknowledged to process 0 at 5 ms); and message "x" of key k at offset 0 (polled by process 1 at 110 ms)'
        ]
      )
      // both were acknowledged
      const [finding] = Told.verdict(KafkaChecker.check(
        history(a, send([1, 0, 5], "x", 0), poll([2, 10, 20], { k: 0 }, { k: [[0, "a"], [0, "x"]] }))
      ))
        .findings
      assert.match(finding!, /^inconsistent offsets: offset 0 holds message "a" .* and message "x" /)
    })

    it("a poll whose offsets do not rise", () => {
      rejects(history(a, b, c, poll([1, 100, 110], { k: 0 }, { k: [[0, "a"], [4, "c"], [2, "b"]] })), [
        "nonmonotonic within a poll: key k: process 1 polled offset 2 after 4, at 110 ms; offsets must rise"
      ])
      rejects(history(a, poll([1, 100, 110], { k: 0 }, { k: [[0, "a"], [0, "a"]] })), [
        "nonmonotonic within a poll: key k: process 1 polled offset 0 after 0, at 110 ms; offsets must rise"
      ])
    })

    it("a poll that leaves out what is between, whenever that became known", () => {
      const gap = poll([1, 100, 110], { k: 0 }, { k: [[0, "a"], [4, "c"]] })
      const finding = "skipped within a poll: key k: process 1 polled offset 4 at 110 ms, and not 2 before it"
      rejects(history(a, b, c, gap, poll([3, 200, 210], { k: 0 }, all)), [finding])
      rejects(history(a, send([0, 300, 310], "b", 2), c, gap, poll([3, 400, 410], { k: 0 }, all)), [finding])
      rejects(history(a, failedSend([2, 0, 90], "b", "info"), c, gap, poll([3, 200, 210], { k: 0 }, all)), [finding])
    })

    it("a process whose polls go back or leave something out between them, even if it did not ask for that", () => {
      const first = poll([1, 100, 110], { k: 0 }, { k: [[0, "a"], [2, "b"]] })
      const others = poll([3, 90, 95], { k: 0 }, all)
      rejects(history(a, b, c, first, poll([1, 120, 130], { k: 2 }, { k: [[2, "b"], [4, "c"]] }), others), [
        "nonmonotonic polls: key k: process 1 polled offset 2 at 130 ms, after 2 at 110 ms; offsets must rise"
      ])
      const onlyFirst = poll([1, 100, 110], { k: 0 }, { k: [[0, "a"]] })
      rejects(history(a, b, c, onlyFirst, poll([1, 120, 130], { k: 3 }, { k: [[4, "c"]] }), others), [
        "skipped by a poll: key k: process 1 polled offset 4 at 130 ms, and not 2 before it"
      ])
      // what it polled when its commit was refused is lost to it, as Maelstrom sees it
      const refused = failedPoll([1, 112, 115], { k: 1 }, "fail")
      rejects(history(a, b, c, onlyFirst, refused, poll([1, 120, 130], { k: 3 }, { k: [[4, "c"]] }), others), [
        "skipped by a poll: key k: process 1 polled offset 4 at 130 ms, and not 2 before it"
      ])
      // an assign that keeps the key changes nothing
      rejects(
        history(
          a,
          b,
          c,
          onlyFirst,
          assign([1, 112, 115], ["k"], { k: 4 }),
          poll([1, 120, 130], { k: 3 }, { k: [[4, "c"]] }),
          others
        ),
        ["skipped by a poll: key k: process 1 polled offset 4 at 130 ms, and not 2 before it"]
      )
    })

    it("a poll that does not answer what it is asked for", () => {
      rejects(
        history(a, b, c, poll([1, 100, 110], { k: 0 }, { k: [[2, "b"], [4, "c"]] }), poll([3, 90, 95], { k: 0 }, all)),
        [
          "skipped from where it asked: key k: process 1 polled offset 2 at 110 ms, and not 0 before it"
        ]
      )
      rejects(history(a, b, c, poll([1, 100, 110], { k: 2 }, all)), [
        'polled but not asked for: message "a" of key k at offset 0, polled by process 1 at 110 ms, which had asked from offset 2 on'
      ])
      rejects(history(a, b, c, poll([1, 100, 110], {}, all)), [
        'polled but not asked for: message "a" of key k at offset 0, polled by process 1 at 110 ms, which had not asked for this key'
      ])
    })

    it("sends of a process whose offsets do not rise", () => {
      const events = [send([0, 0, 5], "b", 2), send([0, 10, 15], "a", 0), c, poll([1, 100, 110], { k: 0 }, all)]
      const finding = "key k: process 0 was told offset 0 at 15 ms, after 2 at 5 ms; offsets must rise"
      rejects(history(...events), [`nonmonotonic sends: ${finding}`])
      rejects(history(...events, assign([0, 6, 8], ["k"], {})), [`nonmonotonic sends: ${finding}`])
      // Jepsen would not mind
      rejects(history(...events, assign([0, 6, 8], ["other"], {})), [`nonmonotonic sends across an assign: ${finding}`])
      // one that nobody answered, and that is there
      rejects(
        history(send([0, 0, 5], "b", 2), failedSend([0, 10, 15], "a", "info"), c, poll([1, 100, 110], { k: 0 }, all)),
        [`nonmonotonic sends: ${finding}`]
      )
    })

    it("what was never sent, not sent to this key, or not yet", () => {
      const finding =
        'polled but never sent before: message "x" of key k at offset 5, polled by process 1 at 110 ms, and nobody had sent it to this key before'
      const invented = poll([1, 100, 110], { k: 0 }, { k: [...all["k"]!, [5, "x"]] })
      rejects(history(a, b, c, invented), [finding])
      rejects(history(a, b, c, invented, failedSend([2, 0, 50], "x", "info", "other")), [finding])
      rejects(history(a, b, c, invented, send([2, 111, 120], "x", 5)), [finding])
      accepts(history(a, b, c, invented, send([2, 109, 120], "x", 5)))
    })

    it("what was refused", () => {
      const refused = failedSend([2, 0, 50], "x", "fail")
      rejects(history(a, b, c, refused, poll([1, 100, 110], { k: 0 }, { k: [...all["k"]!, [5, "x"]] })), [
        'polled though refused: message "x" of key k at offset 5, polled by process 1 at 110 ms, and every send of it was refused'
      ])
    })

    it("a node that does not show everything at the end", () => {
      const early = poll([1, 100, 110], { k: 0 }, all)
      const complete = finalPoll([2, 1000, 1010], { k: 0 }, all)
      rejects(history(a, b, c, early, complete, finalPoll([3, 1000, 1010], { k: 0 }, { k: [[0, "a"], [2, "b"]] })), [
        'missing at the end: n1 does not show message "c" of key k at offset 4 (acknowledged to process 1 at 25 ms) when it is asked for all'
      ])
      rejects(
        history(
          a,
          b,
          failedSend([0, 20, 25], "c", "info"),
          early,
          complete,
          finalPoll([3, 1000, 1010], { k: 0 }, { k: [[0, "a"], [2, "b"]] })
        ),
        ['missing at the end: n1 does not show message "c" of key k at offset 4 (polled by process 1 at 110 ms) when it is asked for all']
      )
      rejects(history(a, b, c, early, complete, operation("final-poll", [3, 1000, 1010], { k: 0 }, null, "info")), [
        "no final poll: n1 answered none"
      ])
      // in more than one answer, and to more than one client
      accepts(
        history(
          a,
          b,
          c,
          early,
          complete,
          finalPoll([3, 1000, 1010], { k: 0 }, { k: [[0, "a"]] }),
          finalPoll([5, 1000, 1011], { k: 0 }, { k: [[0, "a"]] }),
          finalPoll([3, 1200, 1210], { k: 1 }, { k: [[2, "b"], [4, "c"]] })
        )
      )
    })
  })

  describe("accepts what only looks wrong", () => {
    it("gaps between offsets, answers that hold less than there is, and keys without an answer", () => {
      accepts(
        history(
          a,
          b,
          c,
          poll([1, 100, 110], { k: 0, other: 7 }, {}),
          poll([1, 120, 130], { k: 0 }, { k: [], other: [] }),
          poll([1, 140, 150], { k: 0 }, { k: [[0, "a"], [2, "b"]] }),
          poll([1, 160, 170], { k: 3 }, { k: [[4, "c"]] })
        )
      )
    })

    it("a message that is polled before it is acknowledged, or that nobody ever acknowledges", () => {
      accepts(history(a, b, send([0, 20, 200], "c", 4), poll([1, 100, 110], { k: 0 }, all)))
      accepts(history(a, b, failedSend([0, 20, 25], "c", "info"), poll([1, 100, 110], { k: 0 }, all)))
      accepts(
        history(a, b, failedSend([0, 20, 25], "c", "info"), poll([1, 100, 110], { k: 0 }, { k: all["k"]!.slice(0, 2) }))
      )
    })

    it("a message that is never polled because it was refused, or nobody knows", () => {
      accepts(history(a, failedSend([0, 20, 25], "x", "fail"), poll([1, 100, 110], { k: 0 }, { k: [[0, "a"]] })))
    })

    it("concurrent sends, in whatever order their offsets are", () => {
      accepts(
        history(
          send([0, 0, 50], "b", 2),
          send([1, 0, 40], "c", 4),
          send([2, 0, 60], "a", 0),
          poll([1, 100, 110], { k: 0 }, all)
        )
      )
    })

    it("the same message in another key, and the same offset", () => {
      accepts(
        history(
          a,
          send([1, 0, 5], "a", 0, "other"),
          poll([1, 100, 110], { k: 0, other: 0 }, { k: [[0, "a"]], other: [[0, "a"]] })
        )
      )
    })

    it("messages of any JSON, compared by value", () => {
      const one = { x: 1, y: [2] }
      const same = { y: [2], x: 1 }
      accepts(
        history(
          send([0, 0, 5], one, 0),
          send([0, 6, 9], "1", 1),
          send([0, 10, 11], 1, 2),
          poll([1, 100, 110], { k: 0 }, { k: [[0, same], [1, "1"], [2, 1]] })
        )
      )
    })

    it("a process that begins again where the last commit was, when it had dropped the key meanwhile", () => {
      accepts(
        history(
          a,
          b,
          c,
          poll([1, 100, 110], { k: 0 }, all),
          assign([1, 120, 130], ["other"], {}),
          assign([1, 140, 150], ["k"], { k: 4 }),
          poll([1, 160, 170], { k: 4 }, { k: [[4, "c"]] }),
          crash(180, 1),
          assign([3, 190, 200], ["k"], { k: 4 }),
          poll([3, 210, 220], { k: 0 }, all)
        )
      )
    })
  })

  it("blames nothing twice", () => {
    const kinds = (...operations: ReadonlyArray<Operation>) =>
      KafkaChecker.check(history(...operations)).findings.map(({ kind }) => kind)
    const gap: Messages = { k: [[0, "a"], [4, "c"]] }
    assert.deepStrictEqual(
      kinds(
        a,
        b,
        c,
        poll([1, 100, 110], { k: 0 }, gap),
        finalPoll([2, 1000, 1010], { k: 0 }, gap),
        finalPoll([3, 1000, 1010], { k: 0 }, gap)
      ),
      ["lost"],
      "what is lost is not skipped, nor missing at the end"
    )
    const odd = poll([1, 100, 110], { k: 0 }, { k: [[0, "a"], [1, "x"], [2, "b"]] })
    assert.deepStrictEqual(
      kinds(
        a,
        b,
        odd,
        finalPoll([2, 1000, 1010], { k: 0 }, { k: [[0, "a"], [2, "b"]] }),
        finalPoll([3, 1000, 1010], { k: 0 }, { k: [[0, "a"], [2, "b"]] })
      ),
      ["polled but never sent before"],
      "what should not be there is not missing elsewhere"
    )
  })

  describe("a kill", () => {
    /** Only n0 is known to have had b, and it is killed. */
    const events = history(a, b, c, kill(50, "n0"), poll([1, 100, 110], { k: 0 }, { k: [[0, "a"], [4, "c"]] }))

    it("excuses the loss of what only the killed are known to have had, if memory is volatile", () => {
      accepts(events, { memory: "volatile" })
      assert.strictEqual(figures(events, { memory: "volatile" })["excused"], 1)
      for (const memory of ["replicated", "durable"] as const) {
        const kinds = Told.verdict(KafkaChecker.check(events, { memory })).findings.map((finding) =>
          finding.split(":")[0]
        )
        assert.deepStrictEqual(kinds, ["lost"], memory)
      }
    })

    it("excuses nothing that another node is known to have had, or the same in its next life", () => {
      const shown = poll([1, 30, 40], { k: 0 }, { k: [[0, "a"], [2, "b"]] })
      const again = poll([2, 60, 70], { k: 0 }, { k: [[0, "a"], [2, "b"]] })
      for (const witness of [shown, again]) {
        const lost = poll([3, 100, 110], { k: 0 }, { k: [[0, "a"], [4, "c"]] })
        rejects(history(a, b, c, kill(50, "n0"), witness, lost), [
          "skipped within a poll: key k: process 3 polled offset 4 at 110 ms, and not 2 before it"
        ], { memory: "volatile" })
      }
    })

    it("lets the offset of what is gone be used again", () => {
      const reused = [
        a,
        b,
        kill(50, "n0"),
        send([2, 60, 65], "x", 2),
        poll([1, 100, 110], { k: 0 }, { k: [[0, "a"], [2, "x"]] })
      ]
      accepts(history(...reused), { memory: "volatile" })
      const below = [
        a,
        b,
        kill(50, "n0"),
        send([0, 60, 65], "x", 1),
        poll([1, 100, 110], { k: 0 }, { k: [[0, "a"], [1, "x"]] })
      ]
      accepts(history(...below), { memory: "volatile" })
      const kinds = Told.verdict(KafkaChecker.check(history(...below))).findings.map((finding) => finding.split(":")[0])
      assert.deepStrictEqual(kinds, ["unseen", "nonmonotonic sends"])
    })

    it("excuses who polled what is gone, whatever its offsets hold later", () => {
      const events = history(
        a,
        send([0, 10, 15], "y", 9),
        poll([0, 20, 30], { k: 0 }, { k: [[0, "a"], [9, "y"]] }),
        kill(50, "n0"),
        send([2, 60, 65], "x", 1),
        poll([1, 100, 110], { k: 0 }, { k: [[0, "a"], [1, "x"]] }),
        send([4, 120, 125], "w", 4),
        send([4, 130, 135], "z", 10),
        poll([0, 200, 210], { k: 10 }, { k: [[10, "z"]] }),
        poll([3, 300, 310], { k: 0 }, { k: [[0, "a"], [1, "x"], [4, "w"], [10, "z"]] })
      )
      accepts(events, { memory: "volatile" })
      const kinds = Told.verdict(KafkaChecker.check(events)).kinds
      assert.deepStrictEqual(kinds, ["skipped within a poll"])
    })
  })

  describe("commits", () => {
    const shown: Messages = { k: [[0, "a"], [2, "b"]] }
    const polled = poll([0, 100, 110], { k: 0 }, shown) // n0 has committed 2
    const rest = poll([1, 900, 910], { k: 3 }, { k: [[4, "c"]] })

    it("must not be listed below what the same node acknowledged before", () => {
      rejects(history(a, b, c, polled, assign([2, 120, 130], ["k"], { k: 1 }), rest), [
        "commit went back: key k: n0 listed offset 1 to process 2 at 130 ms, though offset 2 was polled by process 0 at 110 ms"
      ])
      rejects(history(a, b, c, polled, assign([2, 120, 130], ["k"], {}), rest), [
        "commit went back: key k: n0 listed nothing to process 2 at 130 ms, though offset 2 was polled by process 0 at 110 ms"
      ])
    })

    it("may be listed below what another node acknowledged, or this one meanwhile", () => {
      accepts(history(a, b, c, polled, assign([1, 120, 130], ["k"], {}), rest))
      accepts(history(a, b, c, polled, assign([2, 105, 130], ["k"], {}), rest))
    })

    it("must not be listed below what the same node listed before", () => {
      const lists = (
        first: Offsets,
        second: Offsets
      ) => [assign([1, 120, 130], ["k"], first), assign([3, 140, 150], ["k"], second)]
      rejects(history(a, b, c, polled, ...lists({ k: 2 }, {}), rest), [
        "commit went back: key k: n1 listed nothing to process 3 at 150 ms, though offset 2 was listed by process 1 at 130 ms"
      ])
      accepts(history(a, b, c, polled, ...lists({}, { k: 2 }), rest))
    })

    it("do not go back when a lower offset is committed later", () => {
      const again = poll([2, 112, 115], { k: 0 }, { k: [[0, "a"]] })
      rejects(history(a, b, c, polled, again, assign([0, 120, 130], ["k"], { k: 0 }), rest), [
        "commit went back: key k: n0 listed offset 0 to process 0 at 130 ms, though offset 2 was polled by process 0 at 110 ms"
      ])
      accepts(history(a, b, c, polled, again, assign([0, 120, 130], ["k"], { k: 2 }), rest))
    })

    it("must not be listed above what anybody has polled", () => {
      rejects(history(a, b, c, polled, assign([1, 120, 130], ["k"], { k: 3 }), rest), [
        "commit ahead of what was polled: key k: n1 listed offset 3 to process 1 at 130 ms, though offset 2 was polled by process 0 at 110 ms"
      ])
      rejects(history(a, b, c, assign([1, 50, 60], ["k"], { k: 1 }), polled, rest), [
        "commit ahead of what was polled: key k: n1 listed offset 1 to process 1 at 60 ms, though nothing was ever polled"
      ])
    })

    it("may be listed as 0 where there is none: who begins there misses nothing", () => {
      accepts(
        history(a, b, c, assign([1, 50, 60], ["k"], { k: 0 }), assign([1, 70, 80], ["k"], {}), polled, rest)
      )
    })

    it("may be listed before the poll that commits them has ended, or if nobody knows how far it went", () => {
      accepts(history(a, b, c, polled, assign([1, 90, 105], ["k"], { k: 2 }), rest))
      for (const type of ["info", "fail"] as const) {
        accepts(
          history(
            a,
            b,
            c,
            polled,
            failedPoll([3, 105, 108], { k: 0 }, type),
            assign([1, 120, 130], ["k"], { k: 4 }),
            rest
          )
        )
      }
    })

    it("are known to every node at the end", () => {
      const events = [a, b, c, polled, rest, finalAssign([2, 1000, 1010], ["k"], { k: 4 })]
      accepts(history(...events, finalAssign([3, 1000, 1010], ["k"], { k: 4 })))
      rejects(history(...events, finalAssign([5, 1000, 1010], ["k"], { k: 2 })), [
        "commit went back: key k: n1 listed offset 2 to process 5 at 1010 ms, though offset 4 was polled by process 1 at 910 ms"
      ])
      const behind = history(a, b, c, polled, rest, finalAssign([2, 1000, 1010], ["k"], { k: 2 }))
      rejects(behind, [
        "commit missing at the end: key k: n0 listed offset 2 to process 2 at 1010 ms, though offset 4 was polled by process 1 at 910 ms"
      ])
    })

    it("may be forgotten by a node that was killed, unless its memory is durable; by all if it is volatile", () => {
      const killed = [a, b, c, polled, kill(115, "n0")]
      const events = history(...killed, assign([2, 120, 130], ["k"], {}), rest)
      accepts(events)
      assert.lengthOf(listings(events, "durable").filter(CommitChecker.back), 1)
      // acknowledged by who was killed meanwhile
      accepts(history(a, b, c, polled, kill(105, "n0"), assign([2, 120, 130], ["k"], {}), rest))
      // an answer from before, that comes after
      accepts(history(a, b, c, polled, assign([2, 112, 130], ["k"], {}), kill(115, "n0"), rest))

      const atEnd = history(...killed, assign([4, 500, 510], ["k"], {}), finalAssign([2, 1000, 1010], ["k"], {}))
      assert.isEmpty(listings(atEnd, "volatile").filter(CommitChecker.missing))
      assert.lengthOf(listings(atEnd, "replicated").filter(CommitChecker.missing), 1)
      const witness = assign([1, 111, 112], ["k"], { k: 2 })
      const known = history(a, b, c, polled, witness, kill(115, "n0"), finalAssign([2, 1000, 1010], ["k"], {}))
      assert.lengthOf(listings(known, "volatile").filter(CommitChecker.missing), 1)
    })
  })

  describe("measures", () => {
    const seen = poll([1, 900, 910], { k: 0 }, all)

    it("for how long something has been there of which a poll answers nothing", () => {
      const lag = (...polls: ReadonlyArray<Operation>) => figures(history(a, b, c, seen, ...polls))["worstRealtimeLag"]
      assert.isUndefined(lag())
      assert.isUndefined(lag(poll([3, 100, 110], { k: 5 }, {}), poll([5, 4, 8], { k: 0 }, {})))
      assert.deepStrictEqual(lag(poll([3, 100, 110], { k: 0 }, {})), { lag: 95, key: "k", process: 3, time: 100 })
      const lagging = { key: "k", process: 3, time: 100 }
      assert.deepStrictEqual(lag(poll([3, 100, 110], { k: 1 }, {})), { lag: 85, ...lagging })
      assert.deepStrictEqual(lag(poll([3, 100, 110], { k: 3, other: 0 }, { k: [] })), { lag: 75, ...lagging })
      assert.isUndefined(lag(poll([3, 100, 110], { k: 0 }, { k: [[0, "a"]] })), "it may be a batch")
      // something above it was known before
      assert.deepStrictEqual(
        figures(history(a, send([0, 10, 50], "b", 2), c, seen, poll([3, 100, 110], { k: 1 }, {})))["worstRealtimeLag"],
        { lag: 75, key: "k", process: 3, time: 100 }
      )
      assert.isUndefined(
        lag(
          finalPoll([2, 920, 925], { k: 0 }, {}),
          finalPoll([3, 920, 925], { k: 0 }, {}),
          finalPoll([2, 940, 945], { k: 0 }, all),
          finalPoll([3, 940, 945], { k: 0 }, all)
        )
      )
    })

    it("from when a message is known until the last poll begins that answers nothing, though it asks for it", () => {
      const latencies = (
        ...polls: ReadonlyArray<Operation>
      ) => [...KafkaChecker.analyse(history(a, b, c, seen, ...polls)).latencies.values()]
      assert.deepStrictEqual(latencies(), [0, 0, 0])
      assert.deepStrictEqual(latencies(poll([3, 100, 110], { k: 0 }, {})), [95, 85, 75])
      assert.deepStrictEqual(latencies(poll([3, 100, 110], { k: 0 }, { k: [[0, "a"]] })), [0, 0, 0])
      assert.deepStrictEqual(latencies(poll([3, 100, 110], { k: 3 }, {})), [0, 0, 75])
      assert.deepStrictEqual(latencies(poll([3, 100, 110], { k: 3 }, {}), poll([5, 50, 60], { k: 0 }, {})), [
        45,
        35,
        75
      ])
      assert.deepStrictEqual(latencies(poll([3, 4, 60], { k: 0 }, {})), [0, 0, 0])
      assert.deepStrictEqual(
        figures(history(a, b, c, seen, poll([3, 100, 110], { k: 0 }, {})))["stableLatencies"],
        { 0: 75, 0.5: 85, 0.95: 95, 0.99: 95, 1: 95 }
      )
    })

    it("both from the first poll that has it, if that ends before it is acknowledged, or if it never is", () => {
      const early = poll([1, 30, 40], { k: 0 }, { k: [[0, "a"]] })
      for (const late of [send([0, 0, 300], "a", 0), failedSend([0, 0, 300], "a", "info")]) {
        const { latencies, worstLag } = KafkaChecker.analyse(history(late, early, poll([3, 100, 110], { k: 0 }, {})))
        assert.deepStrictEqual([...latencies.values()], [60])
        assert.strictEqual(worstLag?.lag, 60)
      }
    })
  })

  it("agrees with a naive checker that follows the definitions word by word, on random histories", () => {
    const tried = seeds(300)
    const often = new Map<string, number>()
    for (const seed of tried) {
      const random = SeededRandom.make(seed)
      const blunder = random.pick([0, 0.03, 0.2])
      const events = Naive.randomHistory(random, blunder)
      const found = Naive.simplify(KafkaChecker.analyse(events))
      assert.deepStrictEqual(found, Naive.judge(events), `seed ${seed}`)
      for (const [kind, texts] of Object.entries(found)) {
        often.set(kind, (often.get(kind) ?? 0) + Number(texts.length > 0))
      }
      // what the logs hold and nobody has polled yet
      const { unseen: _, ...wrong } = found
      if (blunder === 0) assert.deepStrictEqual(Object.values(wrong).flat(), [], `seed ${seed}`)
    }
    for (const [kind, times] of often) {
      assert.isAtLeast(times, tried.length / 60, `${kind}: ${JSON.stringify([...often])}`)
    }
  })

  /** So many operations, one after the other, on logs that do everything right; polls answer ten messages of a key. */
  const faultless = (count: number, keys: ReadonlyArray<string>, seed: number): History => {
    const random = SeededRandom.make(seed)
    const logs = new Map(keys.map((key): [string, Array<readonly [number, number]>] => [key, []]))
    const positions = Array.from({ length: 4 }, () => new Map(keys.map((key) => [key, 0])))
    const operations = Array.from({ length: count }, (_, i): Operation => {
      const process = random.below(4)
      const own = positions[process]!
      if (random.chance(0.5)) {
        const key = random.pick(keys)
        const log = logs.get(key)!
        const offset = (log.at(-1)?.[0] ?? -1) + 1 + random.below(3)
        log.push([offset, log.length])
        return send([process, 2 * i, 2 * i + 1], log.length - 1, offset, key)
      }
      const from = Object.fromEntries(own)
      const msgs: Messages = {}
      for (const [key, position] of own) {
        const log = logs.get(key)!
        let start = log.length
        while (start > 0 && log[start - 1]![0] >= position) start--
        const batch = log.slice(start, start + 10)
        if (batch.length === 0) continue
        msgs[key] = batch
        own.set(key, batch.at(-1)![0] + 1)
      }
      return poll([process, 2 * i, 2 * i + 1], from, msgs)
    })
    const everything = Object.fromEntries([...logs].filter(([, log]) => log.length > 0))
    const start = Object.fromEntries(keys.map((key) => [key, 0]))
    return history(
      ...operations,
      finalPoll([4, 2 * count, 2 * count + 1], start, everything),
      finalPoll([5, 2 * count, 2 * count + 1], start, everything)
    )
  }

  it("finds any single thing that is changed in a history without fault", () => {
    const kinds = {
      "a message vanishes from a poll": (pairs) => pairs.slice(0, -2).concat(pairs.slice(-1)),
      "two messages of a poll change places": (pairs) => [...pairs.slice(0, -2), pairs.at(-1)!, pairs.at(-2)!],
      "a message is another": (pairs) => [[pairs[0]![0], Number(pairs[0]![1]) + 1], ...pairs.slice(1)],
      "a message comes twice": (pairs) => [...pairs, pairs.at(-1)!],
      "a message is nobody's": (pairs) => [...pairs.slice(0, -1), [pairs.at(-1)![0], -1]]
    } satisfies Record<string, (pairs: Messages[string]) => Messages[string]>
    for (let seed = 0; seed < 20; seed++) {
      const random = SeededRandom.make(seed)
      const events = faultless(300, ["a", "b", "c"], seed)
      accepts(events)
      const polls = events.flatMap((event) =>
        event.type !== "ok" || !/poll/.test(event.f)
          ? []
          : Object.entries(polled(event)).filter(([, pairs]) => pairs.length > 1).map(([key, pairs]) => ({
            event,
            key,
            pairs
          }))
      )
      for (const [kind, change] of Object.entries(kinds)) {
        const { event, key, pairs } = random.pick(polls)
        const changed = { ...event, value: { ...polled(event), [key]: change(pairs) } }
        const { valid } = Told.verdict(KafkaChecker.check(events.map((other) => other === event ? changed : other)))
        assert.isFalse(valid, `${kind}: key ${key} at ${event.time} ms, seed ${seed}`)
      }
      const ack = random.pick(events.filter(({ f, type }) => f === "send" && type === "ok"))
      const changed = { ...ack, value: { ...sent(ack), offset: sent(ack).offset + 1 } }
      const { valid } = Told.verdict(KafkaChecker.check(events.map((other) => other === ack ? changed : other)))
      assert.isFalse(valid, `an acknowledgement at ${ack.time} ms, seed ${seed}`)
    }
  })

  it("takes steps in proportion to the history, on one log or on twenty", async () => {
    const { steps } = await counted<typeof KafkaChecker>("src/workloads/kafka/KafkaChecker.ts")
    for (const [keys, small] of [[["k"], 1000], [Array.from({ length: 20 }, (_, i) => `k${i}`), 250]] as const) {
      const [once, often] = [small, 16 * small].map((count) => {
        const events = faultless(count, keys, 0)
        return steps(({ check }) => assert.isTrue(check(events).valid))
      })
      assert.isBelow(often! / once!, 24, "for sixteen times the history, and searches; 256 if every pair counted")
    }
  })
})
