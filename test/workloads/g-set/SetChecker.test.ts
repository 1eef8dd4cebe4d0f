import { assert, describe, it } from "@effect/vitest"
import { NodeId } from "../../../src/schema/Address.ts"
import * as Json from "../../../src/schema/Json.ts"
import type { Fate } from "../../../src/workloads/g-set/Fates.ts"
import * as SetChecker from "../../../src/workloads/g-set/SetChecker.ts"
import type { Sighting } from "../../../src/workloads/g-set/Values.ts"
import type { Event, History } from "../../../src/workloads/history/History.ts"
import type { Memory } from "../../../src/workloads/history/Lives.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"
import { seeds as seedsOf } from "../../Seeds.ts"
import { counted } from "../../Steps.ts"
import * as Told from "../../Told.ts"

type Completion = "ok" | "fail" | "info"

/** An event and its time, in ms. */
type Timed = Omit<Event, "index">

/** A process asks the node of its number, modulo two. */
const nodeOf = (process: number): NodeId => NodeId.make(`n${process % 2}`)

const operation = (
  f: string,
  [process, begin, end]: readonly [process: number, begin: number, end: number],
  asked: Json.Json,
  answered: Json.Json,
  type: Completion
): ReadonlyArray<Timed> => [
  { time: begin, process, type: "invoke", f, value: asked, node: nodeOf(process) },
  { time: end, process, type, f, value: answered }
]

const add = (process: number, begin: number, end: number, value: Json.Json, type: Completion = "ok") =>
  operation("broadcast", [process, begin, end], value, value, type)

const read = (process: number, begin: number, end: number, values: ReadonlyArray<Json.Json>) =>
  operation("read", [process, begin, end], null, values, "ok")

const failedRead = (process: number, begin: number, end: number) =>
  operation("read", [process, begin, end], null, null, "fail")

const kill = (time: number, ...nodes: ReadonlyArray<string>): ReadonlyArray<Timed> => [
  { time, process: "nemesis", type: "info", f: "start-kill", value: nodes }
]

/** In the order of their times; what happens at the same time happens in the order given. */
const history = (...parts: ReadonlyArray<ReadonlyArray<Timed>>): History =>
  parts.flat().toSorted((a, b) => a.time - b.time).map((event, index) => ({ index, ...event }))

const withoutNodes = (events: History): History =>
  events.map((event) => Object.fromEntries(Object.entries(event).filter(([field]) => field !== "node")) as typeof event)

/** A final read of each of two nodes. */
const finally_ = (
  ...values: ReadonlyArray<Json.Json>
) => [...read(0, 1000, 1010, values), ...read(1, 1001, 1011, values)]

/** Exactly one finding, which begins like this. */
const rejects = (events: History, clause: string, options?: SetChecker.Options): void => {
  const { findings, valid } = Told.verdict(SetChecker.check(events, options))
  assert.isFalse(valid)
  assert.lengthOf(findings, 1, findings.join("\n"))
  assert.isTrue(findings[0]!.startsWith(clause), findings[0])
}

const accepts = (events: History, options?: SetChecker.Options): void =>
  assert.deepStrictEqual(Told.verdict(SetChecker.check(events, options)).findings, [])

describe("SetChecker", () => {
  describe("each clause rejects what no other does", () => {
    const a = add(0, 0, 10, "a")

    it("lost: the last read lacks what was known before it began", () => {
      const events = [a, add(1, 0, 11, "b"), read(1, 100, 110, ["a", "b"]), read(0, 200, 210, ["b"])]
      rejects(
        withoutNodes(history(...events)),
        'lost: "a", known since 10 ms, last seen in a read at 100 ms, missing from a read at '
      )
      accepts(withoutNodes(history(...events, read(0, 300, 310, ["a", "b"]))))
      // with nodes, if the process that lost it has another operation after it, and another one answers for its node
      rejects(
        history(
          a,
          add(1, 0, 11, "b"),
          read(2, 1000, 1020, ["a", "b"]),
          read(0, 1001, 1010, ["b"]),
          failedRead(0, 1030, 1040),
          read(1, 1000, 1010, ["a", "b"])
        ),
        `lost: "a", known since 10 ms, last seen in n1's read at 1000 ms, missing from n0's read at 1001 ms`
      )
    })

    it("nothing stable: no value was ever read", () => {
      rejects(history(), "no value is stable")
      rejects(history(finally_()), "no value is stable")
      rejects(history(add(0, 0, 10, "a", "info"), finally_()), "no value is stable")
      rejects(withoutNodes(history(a)), "no value is stable")
    })

    it("missing at the end: a final read lacks a value, though a later one has it", () => {
      const events = [a, read(0, 1000, 1010, []), read(1, 1001, 1011, ["a"])]
      rejects(history(...events), 'missing at the end: "a" is not in what n0 answered at 1010 ms')
      accepts(withoutNodes(history(...events)))
      // nobody acknowledged it, but it was read
      const unacknowledged = [add(0, 0, 10, "a", "info"), read(1, 100, 110, ["a"])]
      rejects(history(...unacknowledged, read(2, 1000, 1010, []), read(1, 1001, 1011, ["a"])), "missing at the end")
      // if it is first read by another final read, it need not be in this one
      accepts(
        history(
          add(0, 0, 10, "a", "info"),
          add(1, 0, 10, "b"),
          read(2, 1000, 1010, ["b"]),
          read(1, 999, 1011, ["a", "b"])
        )
      )
      // the second client of a node counts as well
      rejects(history(a, finally_("a"), read(2, 999, 1009, [])), "missing at the end")
    })

    it("no final read: a node has not answered since the last add", () => {
      const answered = read(0, 1000, 1010, ["a"])
      rejects(history(a, answered, failedRead(1, 1000, 1010)), "no final read: n1 answered none")
      rejects(history(a, read(1, 0, 10, ["a"]), add(3, 5, 15, "b", "info"), answered), "no final read: n1")
      accepts(history(a, failedRead(1, 1000, 1010), answered, read(3, 1000, 1010, ["a"])))
      rejects(history(a, read(1, 500, 510, ["a"]), failedRead(1, 1000, 1010), answered), "no final read: n1")
    })

    it("vanished: a read lacks what one before it had, at the same node", () => {
      const events = [a, read(0, 100, 110, ["a"]), read(0, 120, 130, []), finally_("a")]
      rejects(history(...events), 'vanished: "a" is not in what n0 answered at 130 ms')
      accepts(history(a, read(0, 100, 110, ["a"]), read(1, 120, 130, []), finally_("a")))
      accepts(history(a, read(2, 100, 121, ["a"]), read(0, 120, 130, []), finally_("a")))
      accepts(withoutNodes(history(...events)))
    })

    it("never added: a read has what nobody said", () => {
      const of = (...values: ReadonlyArray<Json.Json>) => history(a, finally_("a", ...values))
      rejects(of("b"), 'read but never added before: "b" in what n0 answered at 1010 ms')
      rejects(of("A"), "read but never added before")
      rejects(of(["a"]), "read but never added before")
      rejects(of(null), "read but never added before: null")
    })

    it("never added before: a read has what is said only later", () => {
      const early = read(0, 100, 110, ["a", "b"])
      rejects(history(a, early, add(2, 120, 130, "b"), finally_("a", "b")), 'read but never added before: "b"')
      accepts(history(a, early, add(2, 109, 130, "b"), finally_("a", "b")))
    })

    it("refused: a read has what certainly never happened", () => {
      const ends = (type: Completion) => history(a, add(2, 100, 110, "b", type), finally_("a", "b"))
      rejects(ends("fail"), 'read though refused: "b" in what n0 answered at 1010 ms')
      accepts(ends("info"))
      accepts(history(a, add(2, 100, 110, "b", "fail"), finally_("a")))
      accepts(history(a, add(2, 100, 110, "b", "fail"), add(2, 120, 130, "b"), finally_("a", "b")))
      accepts(history(a, add(2, 100, 110, "b").slice(0, 1), finally_("a", "b"))) // it never ended
    })

    it("twice: a read has a value more than once", () => {
      rejects(history(a, finally_("a", "a")), 'twice in one read: "a" in what n0 answered at 1010 ms')
      const compound = add(0, 0, 10, { x: 1, y: [2] })
      rejects(history(compound, finally_({ x: 1, y: [2] }, { y: [2], x: 1 })), 'twice in one read: {"y":[2],"x":1}')
      accepts(history(compound, add(1, 0, 10, { x: 1, y: ["2"] }), finally_({ y: [2], x: 1 }, { y: ["2"], x: 1 })))
    })
  })

  it("finds several faults in one history, each of them once, and says where", () => {
    const { evidence, figures, findings } = Told.verdict(SetChecker.check(
      history(add(0, 0, 10, 1), add(0, 20, 30, 2), read(0, 40, 50, [1, 2, 2, 7]), read(0, 60, 70, [1, 8]), finally_(1))
    ))
    assert.deepStrictEqual(findings.map((text) => text.slice(0, text.indexOf(":"))), [
      "lost",
      "vanished",
      "read but never added before",
      "twice in one read"
    ])
    assert.containSubset(figures, {
      attempted: 2,
      acknowledged: 2,
      stable: 1,
      lost: 1,
      neverRead: 0,
      missingAtEnd: 1,
      vanished: 3, // 2, 7 and 8
      invented: 2,
      duplicated: 1
    })
    assert.deepStrictEqual(evidence?.map(({ about, events, finding }) => [finding, about, ...events]), [
      [0, "2", 2, 3, 4, 9],
      [1, "2", 5, 7],
      [1, "7", 5, 7],
      [1, "8", 7, 10],
      [2, "7", 5],
      [2, "8", 7],
      [3, "2", 5]
    ])
  })

  it("compares values of any type by value", () => {
    const values = ["1", 1, "a", ["a"], ["a", 1], "a,1", null, false, 0, {}, [], { a: 1 }, { a: "1" }, '{"a":1}']
    const adds = values.map((value, i) => add(0, 2 * i, 2 * i + 1, value))
    const { figures } = Told.verdict(SetChecker.check(history(...adds, finally_(...values))))
    assert.containSubset(figures, { attempted: values.length, stable: values.length })
    accepts(history(...adds, finally_(...values)))
    for (const value of values) {
      const others = values.filter((other) => other !== value)
      const { findings } = Told.verdict(SetChecker.check(history(...adds, finally_(...others))))
      assert.isTrue(findings[0]?.startsWith(`lost: ${JSON.stringify(value)},`), findings[0])
    }
  })

  it("takes an add for a broadcast", () => {
    const renamed = (events: History): History =>
      events.map((event) => event.f === "broadcast" ? { ...event, f: "add" } : event)
    accepts(renamed(history(add(0, 0, 10, "a"), finally_("a"))))
    rejects(renamed(history(add(0, 0, 10, "a"), read(0, 1000, 1010, []), finally_("a").slice(2))), "missing at the end")
  })

  describe("stable latencies", () => {
    /** How long it took one value, added from 0 to 10 ms, to be stable. */
    const latency = (...reads: ReadonlyArray<ReadonlyArray<Timed>>): unknown => {
      const { fates } = SetChecker.analyse(history(add(0, 0, 10, "a"), ...reads))
      return fates[0]!.outcome === "stable" ? fates[0]!.latency : fates[0]!.outcome
    }

    it("last from the acknowledgement, or the first read that has it, to the last beginning of one that lacks it", () => {
      assert.strictEqual(latency(), "never-read")
      assert.strictEqual(latency(read(1, 20, 30, ["a"])), 0)
      assert.strictEqual(latency(read(1, 20, 30, []), read(1, 40, 50, ["a"])), 10)
      assert.strictEqual(latency(read(1, 20, 45, []), read(2, 40, 50, ["a"])), 10)
      assert.strictEqual(latency(read(1, 5, 45, []), read(2, 40, 50, ["a"])), 0)
      assert.strictEqual(latency(read(1, 20, 30, ["a"]), read(2, 100, 110, []), read(1, 120, 130, ["a"])), 90)
      assert.strictEqual(latency(read(2, 3, 4, ["a"]), read(1, 20, 30, []), read(1, 120, 130, ["a"])), 16)
      assert.strictEqual(latency(read(2, 1, 30, ["a"]), read(1, 20, 25, []), read(1, 120, 130, ["a"])), 10)
      // only reads that end after the value was first heard of
      assert.strictEqual(latency(read(1, 20, 30, []), read(2, 19, 40, ["a"])), "lost")
      assert.strictEqual(latency(read(1, 5, 30, []), read(2, 4, 40, ["a"])), "never-read")
    })

    it("are whole milliseconds, rounded down, however times add up", () => {
      const between = (known: number, absent: number): unknown =>
        SetChecker.analyse(
          history(add(0, 0, known, "a"), read(1, absent, absent + 10, []), read(1, 9000, 9010, ["a"]))
        ).fates[0]!.latency
      assert.strictEqual(between(10, 10.999), 0)
      assert.strictEqual(between(10, 11), 1)
      assert.strictEqual(between(333.3, 433.3), 100) // 99.99999999999994 in floating point
      assert.strictEqual(between(0.7, 8.699), 7)
      assert.strictEqual(between(1000.001, 2000), 999)
    })

    it("are reported at Maelstrom's quantiles, and the worst of them one by one", () => {
      const count = 200
      const values = Array.from({ length: count }, (_, i) => i)
      // All are known at 1 ms; value i is first seen by the read at 10 + 10 · i ms, so the last one to lack it begins 10 ms before.
      const adds = values.map((value) => add(2 * value, 0, 1, value))
      const reads = values.map((value) => read(1, 10 + 10 * value, 11 + 10 * value, values.slice(0, value + 1)))
      const { figures } = Told.verdict(SetChecker.check(withoutNodes(history(...adds, ...reads))))
      assert.deepStrictEqual<unknown>(figures["stableLatencies"], {
        "0": 0,
        "0.5": 999,
        "0.95": 1899,
        "0.99": 1979,
        "1": 1989
      })
      assert.strictEqual(figures["stale"], count - 1)
      assert.deepStrictEqual<unknown>(
        figures["worstStale"],
        [199, 198, 197, 196, 195, 194, 193, 192].map((value) => ({ value, latency: 10 * value - 1 }))
      )
      assert.notProperty(figures, "lostLatencies")
    })

    it("are not reported where there are none", () => {
      const { figures } = Told.verdict(
        SetChecker.check(history(add(0, 0, 10, "a"), read(0, 20, 30, []), read(1, 20, 30, [])))
      )
      assert.notProperty(figures, "stableLatencies")
      assert.deepStrictEqual<unknown>(figures["lostLatencies"], { "0": 0, "0.5": 0, "0.95": 0, "0.99": 0, "1": 0 })
    })
  })

  describe("a kill", () => {
    const a = add(0, 0, 10, "a")
    const b = add(1, 0, 11, "b")
    const replicated: SetChecker.Options = { memory: "replicated" }
    const durable: SetChecker.Options = { memory: "durable" }
    const volatile: SetChecker.Options = { memory: "volatile" }

    it("excuses what the node has forgotten for a while, unless memory is durable", () => {
      const of = (...nodes: ReadonlyArray<string>) =>
        history(a, read(0, 100, 110, ["a"]), kill(115, ...nodes), read(0, 120, 130, []), finally_("a"))
      accepts(of("n1", "n0"))
      accepts(of("n0"), replicated)
      accepts(of("n0"), volatile)
      rejects(of("n0"), "vanished", durable)
      for (const options of [replicated, volatile, durable]) rejects(of("n1"), "vanished", options)
    })

    it("excuses nothing between reads that both came after it, or both before", () => {
      for (const time of [5, 140]) {
        const events = [a, kill(time, "n0"), read(0, 100, 110, ["a"]), read(0, 120, 130, []), finally_("a")]
        for (const options of [replicated, volatile, durable]) rejects(history(...events), "vanished", options)
      }
    })

    it("excuses a read that it fell into", () => {
      for (const time of [105, 125]) {
        accepts(history(a, read(0, 100, 110, ["a"]), kill(time, "n0"), read(0, 120, 130, []), finally_("a")))
      }
    })

    it("excuses a value that is gone for ever only if memory is volatile, and everybody who had it was killed since", () => {
      const gone = history(a, b, kill(100, "n0"), finally_("b"))
      for (const options of [replicated, durable]) {
        assert.deepStrictEqual(Told.verdict(SetChecker.check(gone, options)).kinds, ["lost"])
      }
      accepts(gone, volatile)
      assert.containSubset(Told.verdict(SetChecker.check(gone, volatile)).figures, {
        excused: 1,
        lost: 0,
        missingAtEnd: 0,
        stable: 1
      })

      const alsoReadAt = (...kills: ReadonlyArray<Timed>) =>
        Told.verdict(SetChecker.check(
          history(a, b, read(1, 50, 60, ["a", "b"]), kills, read(1, 400, 410, ["b"]), finally_("b")),
          volatile
        ))
      assert.isNotEmpty(alsoReadAt(...kill(100, "n0")).findings)
      assert.isNotEmpty(alsoReadAt(...kill(100, "n1")).findings)
      assert.isNotEmpty(alsoReadAt(...kill(40, "n0", "n1")).findings)
      assert.isEmpty(alsoReadAt(...kill(100, "n0", "n1")).findings)
      assert.isEmpty(alsoReadAt(...kill(40, "n0"), ...kill(70, "n1")).findings)

      // it is still there on one of two nodes
      rejects(history(a, kill(100, "n0"), read(0, 1000, 1010, []), read(1, 1001, 1011, ["a"])), "missing", volatile)
    })
  })

  const seeds = seedsOf(600)
  describe("agrees with a naive checker that follows the definitions word by word", () => {
    it("on random histories", () => {
      const outcomes = new Map<string, number>()
      const count = (what: string, by: number) => outcomes.set(what, (outcomes.get(what) ?? 0) + by)
      for (const seed of seeds) {
        const events = randomHistory(SeededRandom.make(seed))
        for (const memory of ["durable", "replicated", "volatile"] as const) {
          const actual = simplify(SetChecker.analyse(events, { memory }))
          assert.deepStrictEqual(actual, naive(events, memory), `seed ${seed}, ${memory}`)
          for (const [what, found] of Object.entries(actual)) count(what, found.length)
          for (const { excused, outcome } of actual.fates) count(`${outcome}${excused ? " excused" : ""}`, 1)
        }
        if (Told.verdict(SetChecker.check(events)).valid) count("valid", 1)
      }
      // every clause had its say, often
      assert.isAtLeast(outcomes.size, 12, JSON.stringify([...outcomes]))
      for (const [what, number] of outcomes) {
        assert.isAbove(number, seeds.length / 15, `${what}: ${JSON.stringify([...outcomes])}`)
      }
    })
  })

  it("looks at each element of each read a few times, however many elements and reads there are", async () => {
    const { steps } = await counted<typeof SetChecker>("src/workloads/g-set/SetChecker.ts")
    const [once, often] = [250, 1000].map((count) => {
      const events: Array<Timed> = []
      const known: Array<Json.Json> = []
      for (let i = 0; i < count; i++) {
        events.push(...add(i % 25, 2 * i, 2 * i + 0.5, i))
        known.push(i)
        events.push(...read(i % 25, 2 * i + 1, 2 * i + 1.5, [...known]))
      }
      for (let process = 0; process < 25; process++) events.push(...read(process, 3000, 3001, known))
      const run = history(events)
      return steps(({ check }) => assert.isTrue(check(run).valid))
    })
    assert.isBelow(often! / once!, 18, "for sixteen times as many elements in all reads")
  })
})

interface Simplified {
  readonly fates: ReadonlyArray<
    Pick<Fate, "outcome" | "acknowledged" | "latency" | "excused"> & { value: string }
  >
  readonly missing: ReadonlyArray<string>
  readonly silent: ReadonlyArray<string>
  readonly vanished: ReadonlyArray<string>
  readonly invented: ReadonlyArray<string>
  readonly refused: ReadonlyArray<string>
  readonly duplicated: ReadonlyArray<string>
}

const set = (texts: ReadonlyArray<string>): ReadonlyArray<string> => [...new Set(texts)].toSorted()

const simplify = (analysis: SetChecker.Analysis): Simplified => {
  const values = (of: ReadonlyArray<Sighting>) => set(of.map(({ value }) => Json.canonical(value)))
  const atNodes = (of: ReadonlyArray<Sighting>) =>
    set(of.map(({ read: { invoke }, value }) => `${Json.canonical(value)} at ${invoke.node}`))
  return {
    fates: analysis.fates.map(({ acknowledged, excused, latency, outcome, value }) => ({
      value: Json.canonical(value),
      acknowledged,
      excused,
      latency,
      outcome
    })),
    missing: atNodes(analysis.missing),
    silent: set(analysis.silent),
    vanished: atNodes(analysis.vanished),
    invented: values(analysis.invented),
    refused: values(analysis.refused),
    duplicated: values(analysis.duplicated)
  }
}

/** Asks every question of the definition of every read, however long that takes. */
const naive = (events: History, memory: Memory): Simplified => {
  const all = events.filter(({ process, type }) => process !== "nemesis" && type === "invoke").map((invoke) => ({
    invoke,
    node: invoke.node!,
    end: events.find(({ index, process }) => index > invoke.index && process === invoke.process)
  }))
  const adds = all.filter(({ invoke }) => invoke.f !== "read").map((operation) => ({
    ...operation,
    value: Json.canonical(operation.invoke.value)
  }))
  const reads = all.flatMap(({ end, invoke, node }) =>
    invoke.f === "read" && end?.type === "ok"
      ? [{ invoke, node, end, values: (end.value as ReadonlyArray<Json.Json>).map(Json.canonical) }]
      : []
  )
  const kills = events.filter(({ f }) => f === "start-kill")
  const isKilled = (node: NodeId, after: number, before: number): boolean =>
    kills.some(({ index, value }) => index > after && index < before && (value as ReadonlyArray<string>).includes(node))

  const processes = [...new Set(all.map(({ invoke }) => invoke.process))]
  const lastAddEnd = Math.max(-1, ...adds.map(({ end }) => end?.index ?? -1))
  const finals = processes.flatMap((process) => {
    const last = all.findLast(({ end, invoke }) => invoke.process === process && end !== undefined)
    return reads.filter(({ end, invoke }) => end === last?.end && invoke.index > lastAddEnd)
  })

  const known = (value: string): Event | undefined => {
    const first = adds.find((operation) => operation.value === value)
    const acknowledged = adds.filter((operation) => operation.value === value && operation.end?.type === "ok")
    const seen = reads.filter(({ end, values }) => values.includes(value) && end.index > first!.invoke.index)
    return [...acknowledged, ...seen].map(({ end }) => end!).toSorted((a, b) => a.index - b.index)[0]
  }
  const isExcused = (value: string): boolean =>
    memory === "volatile"
    && [
      ...adds.filter((operation) => operation.value === value && operation.end?.type === "ok"),
      ...reads.filter(({ values }) => values.includes(value))
    ].every(({ invoke, node }) => isKilled(node, invoke.index, Infinity))

  const added = [...new Set(adds.map(({ value }) => value))]
  const lacks = (value: string) =>
    finals.filter(({ invoke, values }) => {
      const since = known(value)
      return since !== undefined && since.index < invoke.index && !values.includes(value)
    })

  const read = [...new Set(reads.flatMap(({ values }) => values))]
  const firstAdd = (value: string): number => adds.find((add) => add.value === value)?.invoke.index ?? Infinity
  const isInvented = (value: string): boolean =>
    reads.some(({ end, values }) => values.includes(value) && end.index < firstAdd(value))

  return {
    fates: added.map((value) => {
      const counted = reads.filter(({ end }) => end.index > firstAdd(value))
      const begins = (has: boolean) =>
        counted
          .filter(({ values }) => values.includes(value) === has)
          .map(({ invoke }) => invoke)
          .toSorted((a, b) => a.index - b.index)
      const lastPresent = begins(true).at(-1)
      const lastAbsent = begins(false).at(-1)
      const since = known(value)
      const micros = (until: Event | undefined): number =>
        until === undefined ? 0 : Math.round(until.time * 1000) - Math.round(since!.time * 1000)
      const isStable = lastPresent !== undefined && (lastAbsent === undefined || lastAbsent.index < lastPresent.index)
      const isLost = !isStable && lastAbsent !== undefined && since !== undefined && since.index < lastAbsent.index
      const latency = (until: Event | undefined) => Math.max(0, Math.floor(micros(until) / 1000))
      return {
        value,
        acknowledged: adds.some((add) => add.value === value && add.end?.type === "ok"),
        excused: (isLost || lacks(value).length > 0) && isExcused(value),
        latency: isStable ? latency(lastAbsent) : isLost ? latency(lastPresent) : undefined,
        outcome: isStable ? "stable" : isLost ? "lost" : "never-read"
      }
    }),
    missing: set(
      added.filter((value) => !isExcused(value)).flatMap((value) =>
        lacks(value).map(({ node }) => `${value} at ${node}`)
      )
    ),
    silent: set(all.map(({ node }) => node).filter((node) => finals.every((final) => final.node !== node))),
    vanished: set(reads.flatMap((first) =>
      reads
        .filter(({ invoke, node }) => node === first.node && invoke.index > first.end.index)
        .filter(({ end, node }) => memory === "durable" || !isKilled(node, first.invoke.index, end.index))
        .flatMap(({ node, values }) =>
          first.values.filter((value) => !values.includes(value)).map((value) => `${value} at ${node}`)
        )
    )),
    invented: set(read.filter(isInvented)),
    refused: set(
      read.filter((value) =>
        !isInvented(value) && adds.filter((add) => add.value === value).every(({ end }) => end?.type === "fail")
      )
    ),
    duplicated: set(reads.flatMap(({ values }) => values.filter((value, i) => values.indexOf(value) !== i)))
  }
}

/** Three nodes and four workers, which are right most of the time, each history more or less so. */
const randomHistory = (random: SeededRandom.SeededRandom): History => {
  const events: Array<Event> = []
  let time = 0
  const record = (event: Omit<Event, "index" | "time">): void => {
    time += random.chance(0.2) ? 0 : random.below(3_000_000) / 1000
    events.push({ index: events.length, time, ...event })
  }
  const values: ReadonlyArray<Json.Json> = ["a", 1, "1", [1], { a: 1, b: 2 }, null, true, "b", 2, 3]
  const blunder = random.pick([0, 0, 0.01, 0.1])
  const laxity = random.pick([0, 0.05, 0.5])
  const added: Array<Json.Json> = []
  const workers = [0, 1, 2, 3].map((process) => ({
    process,
    node: NodeId.make(`n${process % 3}`),
    asks: undefined as { f: string; value: Json.Json } | undefined
  }))

  const invoke = (worker: (typeof workers)[number], f: string): void => {
    const { node, process } = worker
    const value = f === "read" ? null : random.chance(0.1) ? random.pick(values) : values[added.length % values.length]!
    if (f !== "read") added.push(value)
    worker.asks = { f, value }
    record({ process, type: "invoke", f, value, node })
  }
  const complete = (worker: (typeof workers)[number]): void => {
    const { asks, process } = worker
    const { f, value } = asks!
    worker.asks = undefined
    const type = random.chance(0.8) ? "ok" : random.chance(0.5) ? "fail" : "info"
    if (f === "read" && type === "ok") {
      const distinct = [...new Map(added.map((one) => [Json.canonical(one), one])).values()]
      const read = random.shuffle(distinct.filter(() => !random.chance(laxity)))
      if (random.chance(blunder)) read.push(random.pick(values))
      record({ process, type, f, value: read })
    } else {
      record({ process, type, f, value })
    }
    if (type === "info") worker.process += workers.length
  }

  for (let steps = random.below(60); steps > 0; steps--) {
    const worker = random.pick(workers)
    if (random.chance(0.08)) {
      record({ process: "nemesis", type: "info", f: "start-kill", value: random.shuffle(["n0", "n1", "n2"]).slice(1) })
    } else if (worker.asks === undefined) {
      invoke(worker, random.chance(0.5) ? "broadcast" : "read")
    } else {
      complete(worker)
    }
  }
  if (random.chance(0.9)) {
    const patient = random.chance(0.8)
    for (const worker of workers) if (patient && worker.asks !== undefined) complete(worker)
    for (const worker of workers) if (worker.asks === undefined) invoke(worker, "read")
    for (const worker of random.shuffle(workers)) if (worker.asks !== undefined) complete(worker)
  }
  return events
}
