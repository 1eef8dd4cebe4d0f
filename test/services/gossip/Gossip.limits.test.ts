/** What Gossip costs at the most, and what it bears. All in virtual time. */
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Challenges from "../../../src/registry/Challenges.ts"
import { find, registry } from "../../../src/registry/Registry.ts"
import type { Address, NodeId } from "../../../src/schema/Address.ts"
import * as Envelope from "../../../src/schema/Envelope.ts"
import { Gossip } from "../../../src/services/gossip/Gossip.ts"
import * as Limits from "../../../src/simulator/Limits.ts"
import type { Program } from "../../../src/simulator/nodes/SimulatedNode.ts"
import * as Simulation from "../../../src/simulator/Simulation.ts"
import type { SeededRandom } from "../../../src/workloads/SeededRandom.ts"
import { seeds } from "../../Seeds.ts"
import * as Told from "../../Told.ts"
import * as Cluster from "./Cluster.ts"

const layers = {
  star: Gossip.layerStar,
  mesh: Gossip.layerMesh,
  thrifty: Gossip.layerThrifty,
  relaxed: Gossip.layerRelaxed // a star of five and more
}
type Kind = keyof typeof layers
const kinds: ReadonlyArray<Kind> = ["star", "mesh", "thrifty", "relaxed"]

/** As it travels; what an attacker makes of it is anything. */
interface Body {
  type: string
  life: unknown
  ops?: ReadonlyArray<unknown>
  [field: string]: unknown
}

interface Sent {
  readonly time: number
  readonly src: Address
  readonly dest: Address
  readonly body: Body
}

/** Listens in on what nodes send to each other, from now on. */
const overhear = ({ network, time }: Cluster.Cluster): ReadonlyArray<Sent> => {
  const sent: Array<Sent> = []
  const { send } = network
  Object.assign(network, {
    send: (src: Address, dest: Address, line: string): boolean => {
      if (src.startsWith("n") && dest.startsWith("n")) {
        sent.push({ time: time.now(), src, dest, body: JSON.parse(line).body })
      }
      return send(src, dest, line)
    }
  })
  return sent
}

/** When each life was given each operation, as seen by looking every few ms. */
const watchDeliveries = ({ lives, time }: Cluster.Cluster, every: number): Map<number, Map<NodeId, number>> => {
  const delivered = new Map<number, Map<NodeId, number>>()
  const seen = new Map<Cluster.Life, number>()
  const look = (): void => {
    for (const life of lives) {
      for (let i = seen.get(life) ?? 0; i < life.delivered.length; i++) {
        const operation = life.delivered[i]!
        const at = delivered.get(operation) ?? new Map<NodeId, number>()
        if (!at.has(life.node)) at.set(life.node, time.now())
        delivered.set(operation, at)
      }
      seen.set(life, life.delivered.length)
    }
    time.after(every, look)
  }
  look()
  return delivered
}

const errors = ({ nodes }: Cluster.Cluster): ReadonlyArray<string> =>
  nodes.flatMap((
    { findings, log }
  ) => [...Told.findings(findings), ...log.filter((line) => /^\S+ s (Error|Fatal)/.test(line))])

const make = (kind: Kind, options: Partial<Cluster.Options> = {}): Cluster.Cluster => {
  const cluster = Cluster.make({ ...Cluster.calm, seed: 0, nodeCount: 5, layer: layers[kind], ...options })
  cluster.nodes.forEach(cluster.boot)
  return cluster
}

/** Publishes at random ones of these nodes, so many a second on average, until told to stop. */
const publishAtRandom = (cluster: Cluster.Cluster, nodes: ReadonlyArray<NodeId>, rate: number): () => void => {
  const random = cluster.random.fork("operations")
  let goesOn = true
  const next = (): void => {
    if (!goesOn) return
    cluster.publish(random.pick(nodes))
    cluster.time.after(random.nextDoubleUnsafe() * 2000 / rate, next)
  }
  next()
  return () => {
    goesOn = false
  }
}

describe("an idle cluster", () => {
  for (const kind of kinds) {
    for (const stability of [false, true]) {
      it(`${kind}, ${stability ? "with" : "without"} onStable: is silent 5 s after the last operation, or where cycles are long 7 s`, () => {
        for (
          const [seed, nodeCount, operations] of [[0, 5, 20], [1, 2, 1], [2, 7, 0], [3, 9, 40], [4, 15, 10]] as const
        ) {
          const dist = (["constant", "uniform", "exponential"] as const)[seed % 3]!
          const cluster = make(kind, { seed, nodeCount, stability, latency: { mean: 50 * (seed % 3), dist } })
          const sent = overhear(cluster)
          const random = cluster.random.fork("operations")
          let last = cluster.time.now()
          for (let i = 0; i < operations; i++) {
            cluster.pass(random.below(400))
            last = cluster.time.now()
            cluster.publish(random.pick(cluster.ids))
          }
          cluster.pass(10_000)
          const settled = cluster.time.pending()
          cluster.pass(30_000)
          const which = `seed ${seed}, ${nodeCount} nodes`
          assert.isAtMost((sent.at(-1)?.time ?? 0) - last, kind === "thrifty" ? 7000 : 5000, which)
          assert.isAtMost(cluster.time.pending(), settled, `pending, ${which}`)
          assert.isAtMost(settled, 3 * nodeCount, `pending, ${which}`)
          cluster.checkConvergence({ stable: stability })
          assert.isEmpty(cluster.violations, which)
        }
      })
    }

    it(`${kind}: timers do not heap up in a long run`, () => {
      for (const seed of seeds(1)) {
        const cluster = make(kind, { seed, nodeCount: 8 })
        const stop = publishAtRandom(cluster, cluster.ids, 10)
        const most = (seconds: number): number => {
          let most = 0
          for (let i = 0; i < seconds * 10; i++) {
            cluster.pass(100)
            most = Math.max(most, cluster.time.pending())
          }
          return most
        }
        const early = most(5)
        cluster.pass(10_000)
        const late = most(5)
        assert.isAtMost(late, 1.25 * early, `seed ${seed}`)
        assert.isAtMost(early, 6 * 8 * 7, `seed ${seed}`) // a few for each link
        stop()
        cluster.pass(10_000)
        assert.isAtMost(cluster.time.pending(), 3 * 8, `seed ${seed}`)
      }
    })
  }
})

describe("a star without its hub", () => {
  for (const fault of ["cut off", "killed", "paused"] as const) {
    it(`${fault}: news of others takes at most 2 s, and messages are as few as ever soon after its return`, () => {
      for (const seed of seeds(1)) {
        const cluster = make("star", { seed, nodeCount: 15, stability: false })
        const [hub, ...others] = cluster.ids
        const delivered = watchDeliveries(cluster, 20)
        const stop = publishAtRandom(cluster, cluster.ids, 50)
        const count = (seconds: number): number => {
          const before = cluster.network.statistics().servers.sent
          cluster.pass(seconds * 1000)
          return (cluster.network.statistics().servers.sent - before) / seconds
        }
        cluster.pass(2000)
        const normal = count(3)
        const begun = cluster.time.now()
        if (fault === "cut off") cluster.network.cut(new Map([[hub!, new Set(others)]]))
        if (fault === "cut off") cluster.network.cut(new Map(others.map((id) => [id, new Set([hub!])])))
        if (fault === "killed") cluster.node(0).kill()
        if (fault === "paused") cluster.node(0).pause()
        cluster.pass(10_000)
        const ended = cluster.time.now()
        if (fault === "cut off") cluster.network.heal()
        if (fault === "killed") cluster.boot(cluster.node(0))
        if (fault === "paused") cluster.node(0).resume()
        cluster.pass(4000)
        const after = [count(1), count(2)]
        stop()
        cluster.pass(4000)
        let worst = 0
        let operations = 0
        for (const [operation, { life, time }] of cluster.published) {
          if (time < begun || time > ended || life.node === hub) continue
          operations++
          for (const id of others) worst = Math.max(worst, (delivered.get(operation)!.get(id) ?? Infinity) - time)
        }
        assert.isAbove(operations, 400, `seed ${seed}`)
        assert.isAtMost(worst, 2000, `seed ${seed}`)
        for (const rate of after) assert.isAtMost(rate, 1.3 * normal, `seed ${seed}`)
        cluster.checkConvergence({ stable: false })
        assert.isEmpty(cluster.violations, `seed ${seed}`)
      }
    })
  }
})

/** Challenge 3d, unless told otherwise. Nothing is ever unavailable. */
const broadcast = (
  program: keyof typeof registry.broadcast.programs,
  seed: number,
  options: Partial<Simulation.Options> = {}
) => {
  const { programs, workload } = registry.broadcast
  const { options: challenge } = Challenges.challenges.find(({ id }) => id === "3d")!
  const run = Simulation.run({
    ...Simulation.defaults,
    ...challenge,
    workload,
    program: programs[program].program,
    availability: 1,
    seed,
    ...options
  })
  const results = run.results()
  const { max, median } = Limits.latency(results)
  return { ...results, max, median, messages: results.messagesPerOperation.servers }
}

describe("what it costs", () => {
  it("partitions at most double the messages, and nothing is unavailable", () => {
    for (const [nodeCount, seed] of [[15, 0], [5, 1]] as const) {
      const options = { nodeCount, concurrency: nodeCount, timeLimit: 10_000, nemesisInterval: 5000 }
      const calm = broadcast("star", seed, options)
      const { findings, messages, okFraction } = broadcast("star", seed, { ...options, nemesis: ["partition"] })
      const which = `${nodeCount} nodes, seed ${seed}`
      assert.deepStrictEqual([calm.findings, findings, okFraction], [[], [], 1], which)
      assert.isAtMost(messages, 2 * calm.messages, which)
    }
  })

  for (
    const [program, most, median, max, timeLimit] of [
      ["star", 1.75, 300, 450, 20_000],
      ["mesh", 12.75, 100, 115, 5000],
      ["thrifty", 0.36, 1000, 1850, 20_000]
    ] as const
  ) {
    it(`${program}: at most ${most} messages an operation, ${median} ms and ${max} ms to spread`, () => {
      for (const seed of seeds(1)) {
        const run = broadcast(program, seed, { timeLimit })
        assert.isEmpty(run.findings, `seed ${seed}`)
        assert.isAtMost(run.messages, most, `seed ${seed}`)
        assert.isAtMost(run.median, median, `seed ${seed}`)
        assert.isAtMost(run.max, max, `seed ${seed}`)
      }
    })
  }

  /** In the simulated world time stands still while a node works. Here it goes on, as it really does. */
  const goingOn = (program: Program): Program =>
    Effect.flatMap(Clock.Clock, (clock) => {
      let last = 0n
      const now = (): bigint => {
        const begun = clock.monotonicTimeNanosUnsafe()
        last = begun > last ? begun : last + 1000n
        return last
      }
      const going = { ...clock, monotonicTimeNanosUnsafe: now, monotonicTimeNanos: Effect.sync(now) }
      return Effect.provideService(program, Clock.Clock, going)
    })

  for (
    const [workload, program] of [["broadcast", "thrifty"], ["g-counter", "relaxed"], ["kafka", "star"]] as const
  ) {
    it(`${workload}, ${program}: as much, if time goes on while nodes work`, () => {
      const entry = find(workload, program)!
      const messages = (changes: Partial<Simulation.Options>): number => {
        const options = { ...Simulation.defaults, ...entry, rate: 10, timeLimit: 20_000, recovery: 1000, ...changes }
        return Told.results(Simulation.run(options).results()).network.servers.sent
      }
      const ratio = messages({ program: goingOn(entry.program) }) / messages({})
      assert.isTrue(ratio > 0.97 && ratio < 1.03, `${ratio}`)
    })
  }

  it("star, where latency is exponential: a median below 450 ms", () => {
    for (const seed of seeds(1)) {
      const { findings, median } = broadcast("star", seed, {
        timeLimit: 10_000,
        latency: { mean: 100, dist: "exponential" }
      })
      assert.isEmpty(findings, `seed ${seed}`)
      assert.isBelow(median, 450, `seed ${seed}`)
    }
  })
})

describe("windows", () => {
  it("an idle link sends at once: news takes a hop, or two", () => {
    for (const [seed, mean] of [[0, 100], [1, 20], [2, 200]] as const) {
      for (const kind of kinds) {
        const cluster = make(kind, { seed, latency: { mean, dist: "constant" } })
        const delivered = watchDeliveries(cluster, 1)
        for (const publisher of [...cluster.ids, ...cluster.ids]) {
          cluster.pass(6000)
          const operation = cluster.published.size
          cluster.publish(publisher)
          cluster.pass(1000)
          const { time } = cluster.published.get(operation)!
          for (const id of cluster.ids) {
            if (id === publisher) continue
            const hops = kind === "mesh" || [publisher, id].includes(cluster.ids[0]!) ? 1 : 2
            const took = delivered.get(operation)!.get(id)! - time
            assert.closeTo(took, hops * mean, 1, `${kind}, ${publisher} to ${id}, seed ${seed}`) // one looks every ms
          }
        }
      }
    }
  })

  /** Of each link on which operations went: the shortest time between two messages, and how many went in a second. */
  const busy = (kind: Kind, seed: number, config: Readonly<Record<string, string>> = {}, nodeCount = 5) => {
    const cluster = make(kind, { seed, config, nodeCount, stability: false, latency: { mean: 20, dist: "constant" } })
    cluster.pass(6000)
    const sent = overhear(cluster)
    const seconds = 8
    for (let i = 0; i < seconds * 200; i++) {
      cluster.publish(cluster.ids[1]!)
      cluster.pass(5)
    }
    const links = new Map<string, Array<number>>()
    for (const { body, dest, src, time } of sent) {
      if (body.ops === undefined) continue
      const link = `${src}-${dest}`
      links.set(link, [...links.get(link) ?? [], time])
    }
    const all = (link: string): number => sent.filter(({ dest, src }) => `${src}-${dest}` === link).length / seconds
    return [...links].map(([link, times]) => ({
      link,
      fromHub: link.startsWith("n0-"),
      shortest: Math.min(...times.slice(1).map((time, i) => time - times[i]!)),
      rate: all(link)
    }))
  }

  const assertWindows = (
    links: ReturnType<typeof busy>,
    count: number,
    windowOf: (link: { readonly fromHub: boolean }) => number,
    text: string
  ): void => {
    assert.lengthOf(links, count, text)
    for (const link of links) {
      const window = windowOf(link)
      const which = `${link.link}, ${text}`
      assert.isAtLeast(link.shortest, window - 1e-6, which)
      assert.isAtMost(link.rate, 1000 / window + 1, which)
      assert.isAtLeast(link.rate, 0.7 * 1000 / (window + 5), which)
    }
  }

  it("a busy link sends once a window, whatever the configuration", () => {
    for (const seed of seeds(1)) {
      const text = `seed ${seed}`
      assertWindows(busy("star", seed), 4, ({ fromHub }) => fromHub ? 200 : 50, `star, ${text}`)
      const fromHub = busy("thrifty", seed).filter(({ fromHub }) => fromHub)
      assertWindows(fromHub, 3, () => 1600, `thrifty, ${text}`)
      assertWindows(busy("mesh", seed), 4, () => 10, `mesh, ${text}`)
      assertWindows(busy("relaxed", seed), 4, () => 475, `relaxed, ${text}`)
      assertWindows(busy("relaxed", seed, {}, 4), 3, () => 970, `relaxed among four, ${text}`)
      const config = { GOSSIP_LEAF_WINDOW: "300 millis", GOSSIP_HUB_WINDOW: "0.5 seconds" }
      assertWindows(busy("star", seed, config), 4, ({ fromHub }) => fromHub ? 500 : 300, `configured, ${text}`)
      assertWindows(busy("mesh", seed, config), 4, () => 300, `configured mesh, ${text}`)
    }
  })

  it("how long it waits can be configured", () => {
    for (const seed of [0, 1, 2]) {
      const config = {
        GOSSIP_ACKNOWLEDGE_WITHIN: "700 millis",
        GOSSIP_ROUND_TRIP: "600 millis",
        GOSSIP_HUB_WINDOW: "150 millis",
        GOSSIP_GAP: "123 millis",
        GOSSIP_PROBE_EVERY: "350 millis"
      }
      const cluster = make("star", {
        seed,
        config,
        nodeCount: 3,
        stability: false,
        latency: { mean: 0, dist: "constant" }
      })
      cluster.pass(10_000)
      const sent = overhear(cluster)
      const [n0, n1, n2] = cluster.ids as [NodeId, NodeId, NodeId]
      const timesOf = (src: NodeId, dest: NodeId, since: number): ReadonlyArray<number> =>
        sent.filter((it) => it.src === src && it.dest === dest && it.time >= since).map(({ time }) => time - since)
      const start = cluster.time.now()
      cluster.publish(n0)
      cluster.pass(5000)
      assert.deepStrictEqual(timesOf(n1, n0, start), [700], `acknowledgement, seed ${seed}`)
      // no answer within the round trip, and the hub's window: n2 is the next hub
      cluster.node(0).pause()
      const silence = cluster.time.now()
      cluster.publish(n2)
      cluster.pass(1000)
      assert.deepStrictEqual(timesOf(n2, n1, silence)[0], 750, `round trip, seed ${seed}`)
      cluster.node(0).resume()
      cluster.pass(10_000)
      // n2 is a puppet now, whose first operation nobody has, and that never answers
      cluster.node(2).kill()
      const body = { type: "gossip", life: "puppet", own: 2, ops: [0] }
      const gap = cluster.time.now()
      cluster.network.send(n2, n1, Envelope.encode({ src: n2, dest: n1, body }))
      cluster.pass(1200)
      assert.deepStrictEqual(timesOf(n1, n2, gap).slice(0, 3), [123, 473, 823], `gap and probes, seed ${seed}`)
    }
  })

  it("says nothing to anybody before the others have had time to start", () => {
    for (const kind of ["star", "mesh"] as const) {
      const cluster = make(kind, { config: { GOSSIP_SILENCE: "100 millis" } })
      const sent = overhear(cluster)
      cluster.pass(50)
      cluster.publish(cluster.ids[1]!)
      cluster.pass(49)
      assert.isEmpty(sent, kind)
      cluster.pass(2)
      assert.sameMembers([...new Set(sent.map(({ src }) => src))], [...cluster.ids], kind)
    }
  })

  it("what is no duration stops the node", () => {
    const cluster = make("star", { config: { GOSSIP_GAP: "soon" } })
    cluster.pass(100)
    assert.lengthOf(cluster.nodes.flatMap(({ findings }) => findings), 5)
  })
})

/** The puppet's operations have numbers from here on. Cluster calls them invented. */
const forged = 1_000_000

/** What breaks a valid message for certain. */
const breakages: ReadonlyArray<(body: Body, random: SeededRandom) => void> = [
  (body, random) => void (body.life = random.pick([null, 0, "", true, [0], "X", "n1.a", "__proto__", "a".repeat(13)])),
  (body) => void Reflect.deleteProperty(body, "life"),
  (body, random) => void (body["ask"] = random.pick([null, 0, true, "1", {}, []])),
  (body, random) =>
    void (body["answer"] = random.pick<unknown>([null, true, [], ["a"], ["a", -1], ["A", 0], ["a", 0, 0]])),
  (body, random) => void (body["hub"] = random.pick([null, 0, {}, []])),
  (body, random) =>
    void (body["have"] = random.pick<unknown>([null, 5, ["a", 0], ["a", 0, -1], ["a", 0.5, 0], [1, 0, 0]])),
  (body, random) => void (body["got"] = random.pick([null, -1, 0.5, "1", 1e300])),
  (body, random) => void (body["own"] = random.pick([null, 0, -1, 0.5, "1", 2 ** 53])),
  (body, random) => void (body["at"] = random.pick([null, -1, 0.5, "1", 2 ** 53])),
  (body, random) =>
    void (body["frontiers"] = random.pick<unknown>([null, "x", [1], [[0, 1]], [[5, -1]], [[5, 1e9]], [[5, 0.5]]])),
  (body, random) => void (body["knows"] = random.pick<unknown>([null, "x", [1], [[0, 1]], [[5, -1]], [[5, 1e9]]])),
  (body, random) => void (body["offer"] = random.pick<unknown>([null, 1, [], ["a", -1], ["a"]])),
  (body, random) =>
    void (body["vector"] = random.pick<unknown>([null, 0, [], { "n1.a": -1 }, { "n1.a": 0.5 }, { "n1.a": "1" }, {
      "n1.a": 2 ** 53
    }])),
  (body, random) =>
    void (body["vector"] = {
      [random.pick(["n", "n99.a", "x.1", ".", "constructor", "toString", "c0.1", "lin-kv.1"])]: 1
    }),
  (body) => void (body["vector"] = JSON.parse(`{"__proto__":{"x":1},"x":1}`)),
  // segments that contradict themselves, and origins that cannot be
  (body) => Object.assign(body, { own: 1, at: 0, ops: [forged] }),
  (body) => {
    Reflect.deleteProperty(body, "own")
    Reflect.deleteProperty(body, "at")
    body.ops = [forged]
  },
  (body, random) => {
    Reflect.deleteProperty(body, "own")
    Object.assign(body, {
      at: 0,
      ops: random.pick<Array<unknown>>([[], [null], ["x"], [forged, forged, forged]]),
      of: random.pick<Array<unknown>>([[0, 0], [[0, 2]], [0, [-1, 3], 1]])
    })
  },
  (body, random) => {
    Reflect.deleteProperty(body, "own")
    Object.assign(body, {
      at: 0,
      of: [random.pick<unknown>([null, 0.5, [0, 0], [0, -1], [0, 2 ** 53], "0"])],
      ops: [forged]
    })
  },
  (body, random) => {
    const origin = random.pick<unknown>(["n99.a", "", 5, "__proto__", "x", "n1"])
    Reflect.deleteProperty(body, "own")
    Object.assign(body, { at: 0, of: [0], ops: [forged], names: [origin] })
  },
  (body, random) => {
    Reflect.deleteProperty(body, "own")
    Object.assign(body, { at: 5, base: [[random.pick<unknown>(["n99.a", "", 5, "__proto__", "x"]), 5]] })
  }
]

describe("a hostile peer", () => {
  const besiege = (kind: Kind, seed: number, stability: boolean): void => {
    const which = `${kind}, seed ${seed}`
    const nodeCount = 5
    const place = seed % 2 === 0 ? nodeCount - 1 : 0
    const cluster = Cluster.make({
      ...Cluster.calm,
      seed,
      layer: layers[kind],
      nodeCount,
      stability,
      latency: { mean: 20, dist: "uniform" }
    })
    const { ids, network, time } = cluster
    const hostile = ids[place]!
    const honest = ids.filter((id) => id !== hostile)
    const random = cluster.random.fork("hostile")
    honest.forEach((id) => cluster.boot(cluster.nodes[ids.indexOf(id)]!))

    // It hears what honest nodes say to it. Nothing of what it says itself matters to the harness.
    const livesOf = new Map<Address, unknown>()
    const refusedOf = new Map<number, boolean>()
    network.join(hostile, (line) => {
      const { body, src } = JSON.parse(line)
      if (body.in_reply_to !== undefined) refusedOf.set(body.in_reply_to, body.type === "error" && body.code === 12)
      else livesOf.set(src, body.life)
    })
    const broken = new Set<number>()
    const said = new Map<number, string>()
    let next = 0
    const say = (to: NodeId, body: Body): number => {
      const msg_id = next++
      const line = JSON.stringify({ src: hostile, dest: to, body: { ...body, msg_id } })
      said.set(msg_id, line)
      network.send(hostile, to, line)
      return msg_id
    }
    const lives = ["life0", "life1", "life2"]
    let made = 0
    const forge = (count: number) => Array.from({ length: count }, () => forged + made++)
    /** What an honest node might have said, about what this one has made in its own name. */
    const valid = (to: NodeId): Body => {
      const life = random.pick(lives)
      const theirs = livesOf.get(to)
      const at = random.pick([0, 0, 1, 5, 1e9])
      const ops = forge(random.pick([0, 1, 3, 10]))
      const segment = random.pick<Record<string, unknown>>([
        {},
        { own: 1 + at, ops },
        { at, ...(ops.length > 0 ? { of: [[0, ops.length]], ops } : {}), names: [`${hostile}.${life}`] },
        { at, base: [[`${hostile}.${life}`, at]], ...(ops.length > 0 ? { of: [[0, ops.length]], ops } : {}) },
        { at, of: [-1, -2], names: [`${hostile}.${life}`, `${random.pick(honest)}.nobody`] }
      ])
      return {
        type: "gossip",
        life,
        ...segment,
        ...(random.chance(0.5) ? { ask: 1 + random.below(9) } : {}),
        ...(random.chance(0.3) ? { vector: { [`${hostile}.${life}`]: random.pick([0, 5, 1e9]) } } : {}),
        ...(random.chance(0.3) && theirs !== undefined ? { answer: [theirs, random.pick([0, 1, 1e9])] } : {}),
        ...(random.chance(0.3) ? { hub: random.pick([...ids, "n99"]) } : {}),
        ...(random.chance(0.3) && theirs !== undefined ? { have: [theirs, 0, 0] } : {}),
        ...(random.chance(0.2) ? { ping: random.below(5) } : {}),
        ...(random.chance(0.2) ? { pong: random.below(5), holds: random.pick([0, 1e9]) } : {}),
        ...(random.chance(0.2) ? { more: true } : {}),
        ...(random.chance(0.2) ? { young: true } : {})
      }
    }
    const attacks: ReadonlyArray<(to: NodeId) => void> = [
      (to) => void say(to, valid(to)),
      // broken
      (to) => {
        const body = valid(to)
        random.pick(breakages)(body, random)
        broken.add(say(to, body))
      },
      // claims to have what the receiver never made, and positions and epochs of its log that there are not
      (to) => {
        const theirs = livesOf.get(to)
        if (theirs === undefined) return
        const most = random.pick([1e6, 2 ** 53 - 1])
        const claim = random.pick<Record<string, unknown>>([
          { have: [theirs, 0, 0], got: most },
          { have: [theirs, 0, most] },
          { have: [theirs, most, 0] },
          { vector: { [`${to}.${String(theirs)}`]: most } },
          { knows: [[nodeCount, most]] }
        ])
        broken.add(say(to, { ...valid(to), ...claim }))
      },
      // claims to have what nobody made
      (to) => {
        const origin = random.pick([...lives.map((life) => `${hostile}.${life}`), `${random.pick(honest)}.nobody`])
        if (origin.startsWith(`${to}.`)) return
        say(to, { ...valid(to), vector: { [origin]: 2 ** 53 - 5 } })
      },
      // says that all is stable, and more
      (to) => {
        const body: Body = { ...valid(to), frontiers: [[nodeCount, 1e9]] }
        if (body["at"] !== 1e9) broken.add(say(to, body))
      },
      // asks, and asks
      (to) => {
        for (let i = 0; i < 30; i++) say(to, { type: "gossip", life: lives[0]!, ask: i + 1, vector: {} })
      },
      // offers snapshots that it never sends, and sends some that were not offered, or do not decode
      (to) => {
        const theirs = livesOf.get(to)
        if (theirs === undefined) return
        const chunk = { life: random.pick(lives), to: theirs, snapshot: random.below(3), chunk: random.below(3) }
        const head = { epoch: 0, end: 5, vector: [[`${hostile}.life0`, 5, 5]], stable: {} }
        say(to, { type: "gossip", life: chunk.life, offer: [theirs, chunk.snapshot] })
        say(to, { type: "gossip_chunk", ...chunk, head })
        say(to, { type: "gossip_fetch", ...chunk })
        const wrong = random.pick<Record<string, unknown>>([
          { state: [{ operations: ["x"] }] },
          { head: { ...head, vector: [["x"]] } },
          { head: { ...head, epoch: -1 } },
          { of: [0], ops: [null] },
          { last: 1 },
          { chunk: -1 }
        ])
        broken.add(say(to, { type: "gossip_chunk", ...chunk, ...wrong }))
      }
    ]
    const attack = (until: number): void => {
      if (time.now() > until) return
      random.pick(attacks)(random.pick(honest))
      time.after(random.below(60), () => attack(until))
    }
    const stop = publishAtRandom(cluster, honest, 20)
    attack(6000)
    // Seed by seed, more than goes into one message, or as much as costs little.
    const many = seed === 0 ? 5000 : 300
    for (const to of honest) say(to, { type: "gossip", life: "many", own: 1, ops: forge(many) })
    let pending = 0
    for (let i = 0; i < 60; i++) {
      cluster.pass(100)
      pending = Math.max(pending, time.pending())
    }
    stop()
    cluster.pass(500)

    // Silent now, as if dead. News still spreads, and with it what the peer has kept from spreading.
    network.join(hostile, () => {})
    for (const id of honest) cluster.publish(id)
    cluster.pass(20_000)

    assert.isEmpty(errors(cluster), which)
    assert.isAtMost(pending, 1000, which)
    assert.isAtMost(time.pending(), 100, which)
    for (const id of broken) {
      assert.isTrue(refusedOf.get(id), `${which}: message ${id} was not refused ${said.get(id)?.slice(0, 900)}`)
    }
    assert.isAbove(broken.size, 20, which)
    const all = cluster.survivors()
    assert.lengthOf(all, honest.length, which)
    assert.isAbove(cluster.published.size, 100, which)
    for (const { delivered, name } of all) {
      // each operation once, and nothing but what was published: Cluster keeps no other
      assert.sameMembers(delivered, [...cluster.published.keys()], `${which}: ${name}`)
    }
    const isOfOthers = ({ property, text }: Cluster.Violation): boolean => {
      if (property.startsWith("stable")) return false // it is not to be had when one lies
      return property !== "nothing invented" || !/was given 10\d{5}(?!\d)/.test(text)
    }
    assert.isEmpty(cluster.violations.filter(isOfOthers), which)
    assert.isUndefined(({} as { x?: unknown }).x, which)
  }

  for (const kind of ["star", "mesh"] as const) {
    it(`${kind}: does no harm to the others, be it the hub or not`, () => {
      for (let seed = 0; seed < 4; seed++) besiege(kind, seed, seed < 2)
    })

    it(`${kind}: what waits for what comes before is bounded`, () => {
      for (const seed of [0, 1, 2]) {
        const cluster = make(kind, { seed, nodeCount: 3, latency: { mean: 0, dist: "constant" } })
        cluster.pass(10_000)
        const [, to, from] = cluster.ids as [NodeId, NodeId, NodeId]
        cluster.node(2).kill()
        const say = (count: number): void => {
          const body = { type: "gossip", life: "puppet", own: count + 1, ops: [forged + count] }
          cluster.network.send(from, to, Envelope.encode({ src: from, dest: to, body }))
        }
        for (let count = 1000; count > 0; count--) say(count)
        cluster.pass(10)
        const heard: Array<Body> = []
        cluster.network.join(from, (line) => void heard.push(JSON.parse(line).body))
        say(0)
        cluster.pass(10_000)
        const reached = Math.max(...heard.map(({ vector = {} }) => Number(Object(vector)[`${from}.puppet`] ?? 0)))
        assert.strictEqual(reached, 100, `seed ${seed}`) // so many may wait, the one that came last included
        assert.isAtMost(cluster.time.pending(), 20, `seed ${seed}`)
        assert.isEmpty(errors(cluster), `seed ${seed}`)
      }
    })
  }
})
