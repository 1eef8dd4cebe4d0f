/**
 * The counters, over Gossip and over seq-kv: what they promise, whatever befalls nodes, network and services.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { registry } from "../../src/registry/Registry.ts"
import { ClientId, NodeId } from "../../src/schema/Address.ts"
import { CounterProtocol, Delta } from "../../src/schema/CounterProtocol.ts"
import * as Envelope from "../../src/schema/Envelope.ts"
import type { Json } from "../../src/schema/Json.ts"
import * as Nemesis from "../../src/simulator/faults/Nemesis.ts"
import * as Network from "../../src/simulator/network/Network.ts"
import * as SimulatedNode from "../../src/simulator/nodes/SimulatedNode.ts"
import * as Sequential from "../../src/simulator/services/Sequential.ts"
import * as Simulation from "../../src/simulator/Simulation.ts"
import * as VirtualTime from "../../src/simulator/time/VirtualTime.ts"
import * as CounterChecker from "../../src/workloads/counter/CounterChecker.ts"
import * as SetChecker from "../../src/workloads/g-set/SetChecker.ts"
import * as SeededRandom from "../../src/workloads/SeededRandom.ts"
import * as Workload from "../../src/workloads/Workload.ts"
import { seeds as seedsOf } from "../Seeds.ts"
import { programsOf } from "../Subjects.ts"
import * as Told from "../Told.ts"

const [Add, Read] = CounterProtocol(Delta)

/** How many runs each property tries: more find more, so `SEEDS=1000` tries a thousand. */
const seeds = seedsOf(3)

const g = programsOf("g-counter")
const pn = programsOf("pn-counter")

interface Subject {
  readonly name: string
  readonly program: SimulatedNode.Program
  /** Whether clients can add only deltas of at least 0. */
  readonly growOnly: boolean
  /** What is lost when a node is killed. */
  readonly memory: "durable" | "volatile"
}

const subjects: ReadonlyArray<Subject> = [
  { name: "g-counter", program: g.relaxed, growOnly: true, memory: "volatile" },
  { name: "g-counter, star", program: g.star, growOnly: true, memory: "volatile" },
  { name: "pn-counter", program: pn.relaxed, growOnly: false, memory: "volatile" },
  { name: "g-counter on seq-kv", program: g["seq-kv"], growOnly: true, memory: "durable" }
]

/** Anything that can go wrong, drawn from the seed. */
const chaos = (seed: number): Partial<Simulation.Options> => {
  const random = SeededRandom.make(seed).fork("chaos")
  const nodeCount = 1 + random.below(5)
  return {
    seed,
    nodeCount,
    concurrency: nodeCount * random.pick([1, 3]),
    rate: random.pick([10, 50]),
    timeLimit: random.pick([2000, 5000]),
    latency: { mean: random.pick([0, 5, 50, 200]), dist: random.pick(["constant", "uniform", "exponential"]) },
    loss: random.pick([0, 0, 0.05, 0.2]),
    duplicates: random.pick([0, 0.3]),
    nemesis: Nemesis.faults.filter(() => random.chance(0.4)),
    nemesisInterval: random.pick([300, 1000, 3000]),
    scheduling: random.pick(["fifo", "random"]),
    seqKv: random.pick(Sequential.names)
  }
}

const simulate = (
  program: SimulatedNode.Program,
  workload: Workload.Workload,
  options: Partial<Simulation.Options> = {}
) => {
  const simulation = Simulation.make({
    ...Simulation.defaults,
    nodeCount: 3,
    concurrency: 3,
    rate: 50,
    timeLimit: 3000,
    program,
    workload,
    ...options
  })
  assert.isTrue(simulation.work(10_000_000), `it never ends, seed ${options.seed}`)
  return simulation
}

/** What speaks against a run, but for having done little, or having been answered too late by who loses messages still. */
const faults = ({ options, results }: Simulation.Simulation): string =>
  Told.results(results()).findings.filter((text) => !/^no value is stable|^no \w+ was ever ok/.test(text))
    .filter((text) => options.loss === 0 || !text.startsWith("no final read")).join("\n")

/** How long it took until the slowest delta was read everywhere, in ms. */
const slowest = ({ results }: Simulation.Simulation): number => {
  const latencies = Told.results(results()).workload.figures["stableLatencies"] as Record<string, number> | undefined
  return latencies?.["1"] ?? 0
}

const operation = (f: "add" | "read", value: Json, delta: number, result: (sum: number) => Json) =>
  f === "add"
    ? Workload.invocation({ f, value, rpc: Add, request: { delta }, readOnly: false, result: () => value })
    : Workload.invocation({ f, value, rpc: Read, request: {}, readOnly: true, result: ({ value }) => result(value) })

/** Adds what `next` says as long as it says something, as often as it reads. */
const adding = (
  next: (random: SeededRandom.SeededRandom) => () => number | undefined,
  check: Workload.Workload["check"]
): Workload.Workload => {
  const read = operation("read", null, 0, (sum) => sum)
  return {
    name: "counter",
    generator: (random) => {
      const draw = next(random)
      return () => {
        const delta = random.chance(0.5) ? draw() : undefined
        return delta === undefined ? read : operation("add", delta, delta, () => null)
      }
    },
    final: () => [read],
    check
  }
}

/** The exponents of the powers whose sum it is. Every whole number is a sum of powers of 2 or of -2, in one way. */
const exponents = (sum: number, base: 2 | -2): ReadonlyArray<number> => {
  const found: Array<number> = []
  for (let rest = sum, exponent = 0; rest !== 0; exponent++) {
    const digit = Math.abs(rest % 2)
    if (digit === 1) found.push(exponent)
    rest = (rest - digit) / base
  }
  return found
}

/** Adds powers of a base, each once: so a sum says which of them are in it, and the counter is judged as a set. */
const asSet = ({ growOnly, memory }: Subject): Workload.Workload => {
  const base = growOnly ? 2 : -2
  const read = operation("read", null, 0, (sum) => exponents(sum, base))
  return {
    name: "counter as a set",
    generator: (random) => {
      let exponent = 0
      return () =>
        exponent > 51 || random.chance(0.5) ? read : operation("add", exponent, base ** exponent++, () => null)
    },
    final: () => [read],
    check: (history) => SetChecker.check(history, { memory })
  }
}

/** What Maelstrom's clients do, judged by what this program promises. */
const usual = ({ growOnly, memory }: Subject): Workload.Workload => ({
  ...registry[growOnly ? "g-counter" : "pn-counter"].workload,
  check: (history) => CounterChecker.check(history, { growOnly, memory })
})

describe("counters", () => {
  for (const subject of subjects) {
    describe(`${subject.name}`, () => {
      it("has each delta once, whatever happens", () => {
        for (const seed of seeds) {
          const simulation = simulate(subject.program, asSet(subject), chaos(seed))
          assert.strictEqual(faults(simulation), "", `seed ${seed}`)
          if (subject.memory === "durable") assert.isAtMost(slowest(simulation), 1000, `seed ${seed}`)
        }
      })

      it("reads within bounds, never goes back, and agrees at the end, whatever happens", () => {
        for (const seed of seeds) {
          assert.strictEqual(faults(simulate(subject.program, usual(subject), chaos(seed))), "", `seed ${seed}`)
        }
      })

      it("is always available, and reads within a second what is added anywhere, where nothing fails", () => {
        for (const seed of seeds.slice(0, 3)) {
          const simulation = simulate(subject.program, asSet(subject), { seed, rate: 100, availability: 1 })
          assert.deepStrictEqual({ seed, findings: Told.results(simulation.results()).findings }, {
            seed,
            findings: []
          })
          assert.isAtMost(slowest(simulation), 1000, `seed ${seed}`)
        }
      })
    })
  }
})

const max = Number.MAX_SAFE_INTEGER

describe("a node that starts again while it is cut off", () => {
  for (const { name, program } of subjects.filter(({ memory }) => memory === "volatile")) {
    it(`${name}: is ready after a while, and adds; but reads only when it has heard from all others`, () => {
      const random = SeededRandom.make(0)
      const time = VirtualTime.make()
      const network = Network.make({ timeline: time, random, latency: () => 10, loss: 0, duplicates: 0 })
      const client = ClientId.make("c0")
      const replies: Array<Envelope.Body> = []
      network.join(client, (line) => replies.push(Result.getOrThrow(Envelope.decode(line)).body))
      const ids = ["n0", "n1", "n2"].map((id) => NodeId.make(id))
      const nodes = ids.map((id) => SimulatedNode.make({ id, time, network, random, program, config: {} }))
      /** Sends a request, waits, and says what came back. */
      const ask = (index: number, body: Envelope.Body, millis: number): Envelope.Body | undefined => {
        const [src, dest] = [client, ids[index]!]
        network.send(src, dest, Envelope.encode({ src, dest, body: { ...body, msg_id: 1 } }))
        let over = false
        time.after(millis, () => {
          over = true
        })
        time.run(() => over, 1_000_000)
        return replies.splice(0).at(-1)
      }
      const boot = (index: number, millis: number) => {
        nodes[index]!.start()
        return ask(index, { type: "init", node_id: ids[index]!, node_ids: ids }, millis)?.["type"]
      }
      const add = (index: number) => ask(index, { type: "add", delta: 5 }, 3000)?.["type"]
      const read = (index: number) => ask(index, { type: "read" }, 3000)?.["value"]

      ids.forEach((_, index) => boot(index, 100))
      assert.strictEqual(add(0), "add_ok")
      assert.deepStrictEqual(ids.map((_, index) => read(index)), [5, 5, 5])
      nodes[1]!.kill()
      const [n0, n1, n2] = ids as [NodeId, NodeId, NodeId]
      network.cut(new Map([[n0, new Set([n1])], [n1, new Set([n0, n2])]])) // n2 hears it, but not it n2
      assert.isUndefined(boot(1, 6900))
      assert.strictEqual(ask(2, { type: "read" }, 200)?.["type"], "init_ok", "it has given up waiting")
      assert.strictEqual(add(1), "add_ok")
      const refused = () => ask(1, { type: "read" }, 3000)?.["code"]
      assert.strictEqual(refused(), 11)
      network.heal()
      assert.strictEqual(refused(), 11, "for a moment, then it recovers")
      assert.strictEqual(read(1), 10)
      assert.deepStrictEqual(ids.map((_, index) => read(index)), [10, 10, 10])
    })
  }
})

describe("sums beyond 2^53", () => {
  const large = (growOnly: boolean) => [max, max - 1, 2 ** 52, 3, ...growOnly ? [] : [-max, 1 - max, -(2 ** 52), -2]]

  for (const subject of subjects) {
    it(`${subject.name}: are exact or refused, though nodes add at once, never wrong`, () => {
      const seeds = seedsOf(16)
      let refused = 0
      let beyond = 0
      let returned = 0
      for (const seed of seeds) {
        const workload = adding((random) => () => random.pick(large(subject.growOnly)), usual(subject).check)
        const simulation = simulate(subject.program, workload, {
          seed,
          timeLimit: 1000,
          latency: { mean: 50, dist: "exponential" }
        })
        const { findings } = Told.results(simulation.results())
        const { history } = simulation
        const errors = history.flatMap(({ error }) => error === undefined ? [] : [Told.failure(error)])
        for (const error of errors) assert.strictEqual(error, "Abort (14): the sum is beyond 2^53 - 1", `seed ${seed}`)
        refused += errors.length
        const sum = history.filter(({ f, type }) => f === "add" && type === "ok")
          .reduce((sum, { value }) => sum + BigInt(Number(value)), 0n)
        const isBeyond = sum > max || sum < -max
        if (isBeyond) beyond++
        const expected = isBeyond ? ["no final read"] : []
        const kinds = findings.map((text) => text.split(":")[0]).filter((kind) =>
          !kind!.startsWith("no read was ever ok")
        )
        assert.deepStrictEqual({ seed, kinds }, { seed, kinds: expected })
        if (!isBeyond && history.some(({ error, f }) => f === "read" && error !== undefined)) returned++
      }
      assert.isAbove(refused, seeds.length)
      assert.isAbove(beyond, 0)
      if (!subject.growOnly) assert.isAbove(returned, 0)
    })
  }
})

describe("malformed requests", () => {
  const malformed = [1.5, 2 ** 53, -(2 ** 53), "1", null, [1], { delta: 1 }, true, undefined]

  for (const { growOnly, name, program } of subjects) {
    it(`${name}: are refused with error 12 and change nothing`, () => {
      const deltas: ReadonlyArray<unknown> = [...malformed, ...growOnly ? [-1, -max] : []]
      const workload: Workload.Workload = {
        ...adding(() => () => undefined, (history) => {
          const ends = history.filter(({ f, type }) => f === "add" && type !== "invoke")
          assert.lengthOf(ends, deltas.length)
          for (const { error } of ends) assert.match(Told.failure(error), /^MalformedRequest \(12\): /)
          assert.strictEqual(history.at(-1)!.value, 0)
          return { valid: true, findings: [], figures: {} }
        }),
        generator: () => {
          const rest = deltas.map((delta): Workload.Invocation => ({
            ...operation("add", null, 0, () => null),
            // What is not there is left out of the text, as `undefined` is.
            request: { type: "add", delta } as Workload.Invocation["request"]
          }))
          return () => rest.shift() ?? operation("read", null, 0, (sum) => sum)
        }
      }
      const { findings } = Told.results(simulate(program, workload).results())
      assert.lengthOf(findings, 1)
      assert.match(findings[0]!, /^no add was ever ok: (\d+ times|once) MalformedRequest \(12\) ".* from n\d/)
    })
  }
})

describe("cost", () => {
  const challenge = { rate: 100, timeLimit: 20_000, availability: 1, nemesis: ["partition"] } as const
  const cost = (
    program: SimulatedNode.Program,
    workload: Workload.Workload,
    options: Partial<Simulation.Options>
  ): number => {
    const { findings, messagesPerOperation } = simulate(program, workload, options).results()
    assert.deepStrictEqual({ seed: options.seed, findings }, { seed: options.seed, findings: [] })
    return messagesPerOperation.servers
  }
  const mean = (costs: ReadonlyArray<number>): number => costs.reduce((a, b) => a + b) / costs.length

  for (const [subject, limit] of [[subjects[0]!, 0.1], [subjects[2]!, 0.1], [subjects[3]!, 0.8]] as const) {
    it(`${subject.name}: at most ${limit} server messages an operation, in challenge 4`, () => {
      const costs = seeds.slice(0, 2).map((seed) => cost(subject.program, usual(subject), { ...challenge, seed }))
      assert.isAtMost(mean(costs), limit)
    })
  }

  it("seq-kv: nothing that is read is older than a second, however long it takes to ask", () => {
    for (const seed of seeds.slice(0, 3)) {
      const lossy = { seed, loss: 0.2, rate: 30, timeLimit: 5000, concurrency: 90 }
      assert.isAtMost(slowest(simulate(g["seq-kv"], asSet(subjects[3]!), lossy)), 1000, `seed ${seed}`)
    }
  })

  it("seq-kv: adds that meet at a node share a write", () => {
    const workload = adding(() => () => 1, usual(subjects[3]!).check)
    const latency = { mean: 50, dist: "constant" } as const
    const shared = cost(g["seq-kv"], workload, { seed: 0, rate: 1000, concurrency: 300, latency })
    assert.isBelow(shared, 0.2) // two messages and more in each 100 ms at each of three nodes, for 50 adds
  })

  it("seq-kv: reads that meet at a node share a refresh, though it takes longer than what is known stays fresh", () => {
    const slow = { rate: 100, concurrency: 60, availability: 1, latency: { mean: 400, dist: "constant" } } as const
    assert.isBelow(cost(g["seq-kv"], usual(subjects[3]!), { seed: 0, ...slow }), 0.5)
  })

  it("seq-kv: adding 0 costs nothing, nor does reading what is known", () => {
    const workload = adding(() => () => 0, usual(subjects[3]!).check)
    const { network, operations } = simulate(g["seq-kv"], workload, { rate: 1000 }).results()
    assert.isAbove(operations.count, 2000)
    assert.isBelow(network.servers.sent, 3 * 6 * 6) // a refresh a node and second
  })

  it("Gossip: adding 0 is not published", () => {
    const sent = [0, 1].map((delta) => {
      const workload = adding(() => () => delta, usual(subjects[0]!).check)
      return simulate(g.relaxed, workload, { rate: 1000 }).results().network.servers.sent
    })
    assert.isBelow(sent[0]!, sent[1]! / 2)
  })
})
