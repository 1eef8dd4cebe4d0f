import { assert, describe, it } from "@effect/vitest"
import { Address, NodeId } from "../../../src/schema/Address.ts"
import * as Partition from "../../../src/simulator/faults/Partition.ts"
import * as Latency from "../../../src/simulator/network/Latency.ts"
import * as Network from "../../../src/simulator/network/Network.ts"
import * as VirtualTime from "../../../src/simulator/time/VirtualTime.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"

const seeds = Array.from({ length: 100 }, (_, seed) => seed)

const [n0, n1, n2] = ["n0", "n1", "n2"].map((id) => NodeId.make(id)) as [NodeId, NodeId, NodeId]
const service = Address.make("lin-kv")
const client = Address.make("c7")
const everybody = [n0, n1, n2, service, client]

interface Delivery {
  readonly dest: Address
  readonly line: string
  readonly at: number
}

/** Three nodes, a service and a client, and what each was delivered when. */
const world = (options: {
  readonly seed?: number
  readonly latency?: Latency.Latency
  readonly loss?: number
  readonly duplicates?: number
  readonly bandwidth?: number
} = {}) => {
  const random = SeededRandom.make(options.seed ?? 0)
  const time = VirtualTime.make()
  const network = Network.make({
    timeline: time,
    random: random.fork("faults"),
    latency: Latency.make(options.latency ?? { mean: 100, dist: "constant" }, random.fork("latency")),
    loss: options.loss ?? 0,
    duplicates: options.duplicates ?? 0,
    bandwidth: options.bandwidth ?? 0
  })
  const delivered: Array<Delivery> = []
  for (const dest of everybody) network.join(dest, (line) => delivered.push({ dest, line, at: time.now() }))

  /** Sends a line that says from whom to whom, unless it is told what to say. */
  const send = (src: Address, dest: Address, line = `${src} → ${dest}`): boolean => network.send(src, dest, line)
  const drain = (): void => assert.strictEqual(time.run(() => false), "deadlock")
  return { random, time, network, delivered, send, drain, lines: () => delivered.map(({ line }) => line) }
}

const pairs = everybody.flatMap((src) => everybody.map((dest) => [src, dest] as const))
const withClient = pairs.filter(([src, dest]) => src === client || dest === client)
const betweenServers = pairs.filter(([src, dest]) => src !== client && dest !== client)
const betweenNodes = betweenServers.filter(([src, dest]) => src !== service && dest !== service)

/** A grudge that cuts one node off from the rest, in both directions. */
const isolate = (node: NodeId): Partition.Grudge => {
  const rest = [n0, n1, n2].filter((other) => other !== node)
  return new Map([[node, new Set(rest)], ...rest.map((other) => [other, new Set([node])] as const)])
}

/** A grudge by which no node hears any other. */
const silence: Partition.Grudge = new Map([n0, n1, n2].map((node) => [node, new Set([n0, n1, n2])]))

/** How many standard errors a share is away from the expected one. */
const standardErrors = (count: number, total: number, expected: number): number =>
  Math.abs(count / total - expected) / Math.sqrt(expected * (1 - expected) / total)

describe("Network", () => {
  describe("latency", () => {
    it("is that of messages between nodes and services, and none of messages from or to a client", () => {
      const { delivered, drain, send } = world()
      for (const [src, dest] of pairs) send(src, dest)
      drain()
      assert.lengthOf(delivered, pairs.length)
      const at = new Map(delivered.map(({ at, line }) => [line, at]))
      for (const [src, dest] of betweenServers) assert.strictEqual(at.get(`${src} → ${dest}`), 100, `${src} → ${dest}`)
      for (const [src, dest] of withClient) assert.strictEqual(at.get(`${src} → ${dest}`), 0, `${src} → ${dest}`)
    })

    it("delivers nothing within the sending, not even to a client", () => {
      for (const [src, dest] of pairs) {
        const { delivered, drain, send } = world({ latency: { mean: 0, dist: "constant" } })
        send(src, dest)
        assert.isEmpty(delivered)
        drain()
        assert.lengthOf(delivered, 1)
      }
    })

    it("is drawn for each message: between servers they overtake each other", () => {
      for (const dist of ["uniform", "exponential"] as const) {
        for (const seed of seeds) {
          const { delivered, drain, lines, send } = world({ seed, latency: { mean: 100, dist } })
          for (let i = 0; i < 20; i++) send(n0, n1, String(i))
          drain()
          const sent = Array.from({ length: 20 }, (_, i) => String(i))
          assert.sameMembers(lines(), sent, `${dist}, seed ${seed}`)
          assert.notDeepEqual(lines(), sent, `${dist}, seed ${seed}`)
          assert.isAbove(new Set(delivered.map(({ at }) => at)).size, 10, `${dist}, seed ${seed}`)
        }
      }
    })

    it("of a constant length, and with a client, keeps the order in which messages were sent", () => {
      for (const [src, dest] of [[n0, n1], [client, n0], [n0, client]] as const) {
        const { drain, lines, send } = world()
        for (let i = 0; i < 20; i++) send(src, dest, String(i))
        drain()
        assert.deepStrictEqual(lines(), Array.from({ length: 20 }, (_, i) => String(i)))
      }
    })
  })

  describe("bandwidth", () => {
    it("makes what is sent on one link between servers wait, each way for itself, and nothing of a client's", () => {
      const { delivered, drain, send, time } = world({ bandwidth: 2 })
      const line = "9 bytes, "
      for (const dest of [n1, n1, n2, service, client]) send(n0, dest, line)
      send(n1, n0, line)
      time.after(4, () => send(n0, n1, line))
      time.after(50, () => send(n0, n1, line))
      drain()
      assert.deepStrictEqual(delivered.map(({ at, dest }) => [dest, at]), [
        [client, 0],
        [n1, 105],
        [n2, 105],
        [service, 105],
        [n0, 105],
        [n1, 110],
        [n1, 115],
        [n1, 155]
      ])
    })
  })

  describe("partition", () => {
    it("loses what is under way when it begins", () => {
      const { drain, lines, network, send, time } = world()
      send(n0, n1)
      time.after(50, () => network.cut(isolate(n0)))
      drain()
      assert.isEmpty(lines())
    })

    it("delivers what was sent during it and arrives after it has healed", () => {
      const { delivered, drain, network, send, time } = world()
      network.cut(isolate(n0))
      time.after(50, () => send(n0, n1))
      time.after(149, network.heal)
      drain()
      assert.deepStrictEqual(delivered, [{ dest: n1, line: "n0 → n1", at: 150 }])
    })

    it("does not resurrect what was dropped when it heals", () => {
      const { drain, lines, network, send, time } = world()
      network.cut(isolate(n0))
      send(n0, n1)
      time.after(101, network.heal)
      drain()
      assert.isEmpty(lines())
    })

    it("is decided at delivery, whatever happened while the message was under way", () => {
      for (const seed of seeds) {
        const { delivered, drain, network, random, send, time } = world({
          seed,
          latency: { mean: 50, dist: "uniform" }
        })
        const switches = Array.from({ length: 20 }, () => random.below(1000) + 0.5).toSorted((a, b) => a - b)
        switches.forEach((at, i) => time.after(at, () => i % 2 === 0 ? network.cut(isolate(n1)) : network.heal()))
        const isCut = (at: number): boolean => switches.filter((other) => other < at).length % 2 === 1
        for (let i = 0; i < 200; i++) time.after(random.below(1000), () => send(n0, n1))
        drain()
        for (const { at } of delivered) assert.isFalse(isCut(at), `delivered at ${at}, seed ${seed}`)

        const intact = world({ seed, latency: { mean: 50, dist: "uniform" } })
        for (let i = 0; i < 20; i++) intact.random.below(1000)
        for (let i = 0; i < 200; i++) intact.time.after(intact.random.below(1000), () => intact.send(n0, n1))
        intact.drain()
        assert.deepStrictEqual(delivered, intact.delivered.filter(({ at }) => !isCut(at)), `seed ${seed}`)
      }
    })

    it("cuts the directions that it is told to, and no other", () => {
      const { drain, lines, network, send } = world()
      network.cut(new Map([[n0, new Set([n1])]]))
      for (const [src, dest] of betweenNodes) send(src, dest)
      drain()
      assert.sameMembers(lines(), betweenNodes.map(([src, dest]) => `${src} → ${dest}`).filter((l) => l !== "n1 → n0"))
    })

    it("adds to what is cut already, and healing mends all", () => {
      const { drain, lines, network, send } = world()
      network.cut(new Map([[n0, new Set([n1])]]))
      network.cut(new Map([[n0, new Set([n2])]]))
      for (const src of [n1, n2]) send(src, n0)
      drain()
      assert.isEmpty(lines())
      network.heal()
      for (const src of [n1, n2]) send(src, n0)
      drain()
      assert.sameMembers(lines(), ["n1 → n0", "n2 → n0"])
    })

    it("never cuts a client or a service off, of whatever kind it is", () => {
      const grudges = Partition.kinds.flatMap((kind) =>
        seeds.map((seed) => Partition.make(kind, [n0, n1, n2], SeededRandom.make(seed)))
      )
      for (const grudge of [silence, ...grudges]) {
        const { drain, lines, network, send } = world()
        network.cut(grudge)
        for (const [src, dest] of pairs) send(src, dest)
        drain()
        for (const [src, dest] of pairs) {
          const heard = grudge.get(NodeId.make(dest))?.has(NodeId.make(src)) !== true
          assert.strictEqual(lines().includes(`${src} → ${dest}`), heard, `${src} → ${dest}`)
          if (!betweenNodes.some(([a, b]) => a === src && b === dest)) assert.isTrue(heard, `${src} → ${dest}`)
        }
      }
    })
  })

  describe("loss and duplicates", () => {
    const total = 2_000

    /** How often each of `total` messages arrived. */
    const arrivals = (src: Address, dest: Address, faults: { seed: number; loss: number; duplicates: number }) => {
      const { drain, lines, send } = world({ ...faults, latency: { mean: 100, dist: "exponential" } })
      for (let i = 0; i < total; i++) send(src, dest, String(i))
      drain()
      const times = new Map<string, number>()
      for (const line of lines()) times.set(line, (times.get(line) ?? 0) + 1)
      return Array.from({ length: total }, (_, i) => times.get(String(i)) ?? 0)
    }
    const count = (arrivals: ReadonlyArray<number>, times: number) => arrivals.filter((n) => n === times).length

    it("befall messages between servers, each in the stated proportion", () => {
      const loss = 0.1
      const duplicates = 0.2
      for (const [src, dest] of betweenServers) {
        for (const seed of seeds.slice(0, 5)) {
          const of = `${src} → ${dest}, seed ${seed}`
          const arrived = arrivals(src, dest, { seed, loss, duplicates })
          assert.isBelow(standardErrors(count(arrived, 0), total, loss), 5, of)
          assert.isBelow(standardErrors(count(arrived, 2), total - count(arrived, 0), duplicates), 5, of)
          assert.strictEqual(count(arrived, 0) + count(arrived, 1) + count(arrived, 2), total, of)
        }
      }
    })

    it("never befall a message from or to a client", () => {
      for (const [src, dest] of withClient) {
        assert.strictEqual(count(arrivals(src, dest, { seed: 0, loss: 0.5, duplicates: 0.5 }), 1), total)
      }
    })

    it("do not happen unless they are asked for, and always when the probability is 1", () => {
      assert.strictEqual(count(arrivals(n0, n1, { seed: 0, loss: 0, duplicates: 0 }), 1), total)
      assert.strictEqual(count(arrivals(n0, n1, { seed: 0, loss: 1, duplicates: 0 }), 0), total)
      assert.strictEqual(count(arrivals(n0, n1, { seed: 0, loss: 0, duplicates: 1 }), 2), total)
    })

    it("a duplicate is under way for a time of its own", () => {
      for (const seed of seeds) {
        const { delivered, drain, send } = world({ seed, duplicates: 1, latency: { mean: 1000, dist: "exponential" } })
        for (let i = 0; i < 20; i++) send(n0, n1)
        drain()
        assert.lengthOf(delivered, 40)
        assert.isAbove(new Set(delivered.map(({ at }) => at)).size, 30, `seed ${seed}`)
      }
    })
  })

  describe("statistics", () => {
    it("count what has a client at one end apart from the rest", () => {
      const { drain, network, send } = world()
      for (const [src, dest] of pairs) send(src, dest, "line")
      const sent = network.statistics()
      assert.deepStrictEqual(sent.clients, { sent: withClient.length, received: 0, bytes: 5 * withClient.length })
      drain()
      const { all, clients, servers } = network.statistics()
      assert.deepStrictEqual(clients, { sent: 9, received: 9, bytes: 45 })
      assert.deepStrictEqual(servers, { sent: 16, received: 16, bytes: 80 })
      assert.deepStrictEqual(all, { sent: 25, received: 25, bytes: 125 })
      assert.deepStrictEqual(sent.clients.received, 0, "what was read before does not change")
    })

    it("bytes are those of the lines in UTF-8, with their ends", () => {
      const bytes = (line: string): number => {
        const { network, send } = world()
        send(n0, n1, line)
        return network.statistics().servers.bytes
      }
      for (const line of ["", "a", "é", "߿ࠀ", "€", "￿", "😀", "👩‍👩‍👧", "퟿", "\u0000\u007f\u0080"]) {
        assert.strictEqual(bytes(line), new TextEncoder().encode(line).length + 1, JSON.stringify(line))
      }
      for (const seed of seeds) {
        const random = SeededRandom.make(seed)
        const point = () => random.pick([0x80, 0x800, 0xd800, 0x1_0000, 0x11_0000].map((end) => random.below(end)))
        const isCharacter = (code: number) => code < 0xd800 || code > 0xdfff
        const line = String.fromCodePoint(...Array.from({ length: 100 }, point).filter(isCharacter))
        assert.strictEqual(bytes(line), new TextEncoder().encode(line).length + 1, `seed ${seed}`)
      }
    })

    it("what is lost was sent but not received; what arrives twice was sent once and received twice", () => {
      for (const seed of seeds) {
        const { delivered, drain, network, send } = world({ seed, loss: 0.3, duplicates: 0.3 })
        for (let i = 0; i < 50; i++) send(n0, n1, "line")
        drain()
        const { all } = network.statistics()
        assert.deepStrictEqual(all, { sent: 50, received: delivered.length, bytes: 250 }, `seed ${seed}`)
      }
      const { drain, network, send } = world()
      network.cut(silence)
      send(n0, n1, "line")
      drain()
      assert.deepStrictEqual(network.statistics().all, { sent: 1, received: 0, bytes: 5 })
    })
  })

  describe("an address", () => {
    it("that nobody has is refused, and counts for nothing", () => {
      const { delivered, drain, network, send } = world()
      assert.isTrue(send(n0, n1))
      assert.isFalse(send(n0, Address.make("n9")))
      assert.isFalse(send(n0, Address.make("c9")))
      drain()
      assert.lengthOf(delivered, 1)
      assert.strictEqual(network.statistics().all.sent, 1)
    })

    it("that is left is refused from then on, and loses what is under way to it", () => {
      const { delivered, drain, network, send, time } = world()
      for (const dest of [n1, client]) {
        assert.isTrue(send(n0, dest))
        network.leave(dest)
        assert.isFalse(send(n0, dest))
      }
      drain()
      assert.isEmpty(delivered)
      assert.strictEqual(network.statistics().all.received, 0)

      network.join(n1, (line) => delivered.push({ dest: n1, line, at: time.now() }))
      assert.isTrue(send(n0, n1))
      drain()
      assert.lengthOf(delivered, 1, "who comes back is heard again")
    })
  })
})
