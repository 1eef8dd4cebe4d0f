import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { NodeId } from "../../../src/schema/Address.ts"
import { Echo, EchoProtocol } from "../../../src/schema/EchoProtocol.ts"
import type { Json } from "../../../src/schema/Json.ts"
import { Node } from "../../../src/services/node/Node.ts"
import * as Nemesis from "../../../src/simulator/faults/Nemesis.ts"
import * as Partition from "../../../src/simulator/faults/Partition.ts"
import type { Network } from "../../../src/simulator/network/Network.ts"
import type * as Member from "../../../src/simulator/nodes/Member.ts"
import type { SimulatedNode } from "../../../src/simulator/nodes/SimulatedNode.ts"
import * as Simulation from "../../../src/simulator/Simulation.ts"
import * as VirtualTime from "../../../src/simulator/time/VirtualTime.ts"
import { EchoWorkload } from "../../../src/workloads/echo/EchoWorkload.ts"
import * as Verdict from "../../../src/workloads/finding/Verdict.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"
import * as Workload from "../../../src/workloads/Workload.ts"
import { seeds as seedsOf } from "../../Seeds.ts"

const seeds = seedsOf(30)

const interval = 1000

interface Deed {
  readonly f: string
  readonly value: Json
  readonly at: number
}

/** A nemesis and what it did: what it says that it did, and what befell the network and the nodes. */
const world = (
  options: {
    readonly faults: ReadonlyArray<Nemesis.Fault>
    readonly seed?: number
    readonly count?: number
    readonly isWanted?: (fault: number) => boolean
  }
) => {
  const { count = 5, faults, isWanted = () => true, seed = 0 } = options
  const time = VirtualTime.make()
  const deeds: Array<Deed> = []
  const cut = new Set<string>()
  /** The state of each node now. */
  const state = new Map<
    NodeId,
    { alive: boolean; paused: boolean; wiped: boolean; clock: readonly [number, boolean]; disk: Member.DiskCondition }
  >()

  const network: Pick<Network, "cut" | "heal"> = {
    cut: (grudge) => {
      for (const [dest, sources] of grudge) for (const src of sources) cut.add(`${src} → ${dest}`)
    },
    heal: () => cut.clear()
  }
  const ids = Array.from({ length: count }, (_, i) => NodeId.make(`n${i}`))
  const of = (id: NodeId) => state.get(id)!
  const nodes = ids.map((id): SimulatedNode => {
    state.set(id, { alive: true, paused: false, wiped: false, clock: [0, false], disk: "well" })
    return {
      id,
      findings: [],
      remarks: [],
      said: {},
      log: [],
      start: () => () => false,
      kill: () => {
        assert.isTrue(of(id).alive)
        of(id).alive = false
      },
      wipe: () => {
        assert.isFalse(of(id).alive)
        of(id).wiped = true
      },
      damage: () => false,
      setDisk: (condition) => {
        of(id).disk = condition
      },
      pause: () => {
        of(id).paused = true
      },
      resume: () => {
        of(id).paused = false
      },
      setClock: (offset, frozen) => {
        of(id).clock = [offset, frozen]
      }
    }
  })
  const nemesis = Nemesis.make({
    faults,
    interval,
    isWanted,
    random: SeededRandom.make(seed).fork("nemesis"),
    timeline: time,
    network: network as Network, // it uses nothing else of it
    nodes,
    boot: ({ id }) => {
      assert.isFalse(of(id).alive)
      of(id).alive = true
    },
    record: (f, value) => {
      const deed = { f, value, at: time.now() }
      deeds.push(deed)
      look(deed)
    }
  })

  let look = (_deed: Deed): void => {}

  /** Starts the nemesis and works for so many ms, looking at the world after every deed. */
  const run = (duration: number, onDeed: typeof look = look): void => {
    look = onDeed
    nemesis.start(Infinity)
    work(duration)
  }
  const work = (duration: number): void => {
    const end = time.now() + duration
    let over = false
    time.after(duration, () => {
      over = true
    })
    assert.strictEqual(time.run(() => over), "done")
    assert.strictEqual(time.now(), end)
  }

  const named = (is: (node: { alive: boolean; paused: boolean; clock: readonly [number, boolean] }) => boolean) =>
    ids.filter((id) => is(of(id)))
  return {
    nemesis,
    deeds,
    run,
    work,
    ids,
    cut,
    of,
    dead: () => named(({ alive }) => !alive),
    paused: () => named(({ paused }) => paused),
    wrong: () => named(({ clock }) => clock[0] !== 0 || clock[1])
  }
}

const describeGrudge = (grudge: Partition.Grudge): ReadonlyArray<string> =>
  [...grudge].flatMap(([dest, sources]) => [...sources].map((src) => `${src} → ${dest}`))

describe("Nemesis", () => {
  it("begins each fault at once, then ends and begins it in turn", () => {
    for (const fault of Nemesis.faults) {
      for (const seed of seeds) {
        const { deeds, nemesis, work } = world({ faults: [fault], seed })
        nemesis.start(Infinity)
        assert.deepStrictEqual(deeds.map(({ at, f }) => [f, at]), [[`start-${fault}`, 0]], `seed ${seed}`)
        work(20 * interval)
        deeds.forEach(({ f }, i) => assert.strictEqual(f, `${i % 2 === 0 ? "start" : "stop"}-${fault}`, `seed ${seed}`))
      }
    }
  })

  it("waits between its deeds for times drawn evenly from 0 to twice the mean", () => {
    for (const fault of Nemesis.faults) {
      const pauses = seeds.slice(0, 10).flatMap((seed) => {
        const { deeds, run } = world({ faults: [fault], seed })
        run(200 * interval)
        return deeds.slice(1).map(({ at }, i) => at - deeds[i]!.at)
      })
      assert.isAbove(pauses.length, 1500)
      assert.isBelow(Math.max(...pauses), 2 * interval)
      for (let quarter = 0; quarter < 4; quarter++) {
        const share = pauses.filter((pause) => Math.floor(pause / (interval / 2)) === quarter).length / pauses.length
        assert.isBelow(Math.abs(share - 0.25), 0.055, `${fault}, quarter ${quarter}`) // 5 deviations
      }
    }
  })

  it("each fault goes its own way: whether others happen too changes nothing", () => {
    for (const seed of seeds) {
      const deedsOf = (faults: ReadonlyArray<Nemesis.Fault>) => {
        const { deeds, run } = world({ faults, seed })
        run(10 * interval)
        return deeds
      }
      const together = deedsOf(Nemesis.faults)
      for (const fault of Nemesis.faults) {
        assert.deepStrictEqual(together.filter(({ f }) => f.endsWith(`-${fault}`)), deedsOf([fault]), `seed ${seed}`)
      }
    }
  })

  it("a fault that is not wanted is drawn but does not come to pass, and changes nothing about the others", () => {
    for (const seed of seeds) {
      const deedsOf = (isWanted: (fault: number) => boolean) => {
        const { deeds, nemesis, run } = world({ faults: Nemesis.faults, seed, isWanted })
        run(10 * interval)
        return { deeds, drawn: nemesis.drawn() }
      }
      const all = deedsOf(() => true)
      const starts = all.deeds.filter(({ f }) => f.startsWith("start-"))
      assert.strictEqual(all.drawn, starts.length, `seed ${seed}`)
      const wanted = starts.filter((_, i) => i % 3 === 1)
      const some = deedsOf((fault) => fault % 3 === 1)
      assert.deepStrictEqual(some.deeds.filter(({ f }) => f.startsWith("start-")), wanted, `seed ${seed}`)
      assert.strictEqual(some.drawn, all.drawn, `seed ${seed}`)
      assert.deepStrictEqual(deedsOf(() => false), { deeds: [], drawn: all.drawn }, `seed ${seed}`)
    }
  })

  it("without faults does nothing", () => {
    const { deeds, nemesis, run } = world({ faults: [] })
    run(10 * interval)
    nemesis.stop()
    assert.isEmpty(deeds)
  })

  it("partition and one-way: cut the network as they say, in each of the ways, and heal it", () => {
    const seen = new Set<string>()
    for (const seed of seeds) {
      for (const fault of ["partition", "one-way"] as const) {
        const { cut, ids, run } = world({ faults: [fault], seed })
        run(20 * interval, ({ f, value }) => {
          if (f === `stop-${fault}`) return assert.strictEqual(cut.size, 0, `seed ${seed}`)
          const { drops, kind } = value as { kind: Partition.Kind; drops: Record<string, ReadonlyArray<string>> }
          seen.add(`${fault} ${kind}`)
          const told = Object.entries(drops).flatMap(([dest, sources]) => sources.map((src) => `${src} → ${dest}`))
          assert.sameMembers([...cut], told, `seed ${seed}`)
          assert.isNotEmpty(told, `seed ${seed}`)
          // No two kinds cut five nodes in the same number of directions, and not all of them, but for one-way.
          const size = describeGrudge(Partition.make(kind, ids, SeededRandom.make(0))).length
          if (kind !== "one-way") assert.strictEqual(cut.size, size, `seed ${seed}`)
          assert.isBelow(cut.size, 20, `seed ${seed}`)
        })
      }
    }
    assert.sameMembers([...seen], [...Partition.maelstromKinds.map((kind) => `partition ${kind}`), "one-way one-way"])
  })

  it("partition and one-way: the end of one is not the end of the other", () => {
    let overlaps = 0
    for (const seed of seeds) {
      const { cut, run } = world({ faults: ["partition", "one-way"], seed })
      const on = new Map<string, Json>()
      run(20 * interval, ({ f, value }) => {
        if (f.startsWith("stop-")) on.delete(f.slice(5))
        else on.set(f.slice(6), value)
        if (f.startsWith("stop-") && on.size > 0) overlaps++
        const told = [...on.values()].flatMap((value) =>
          Object.entries((value as { drops: Record<string, ReadonlyArray<string>> }).drops)
            .flatMap(([dest, sources]) => sources.map((src) => `${src} → ${dest}`))
        )
        assert.sameMembers([...cut], [...new Set(told)], `seed ${seed}, after ${f}`)
      })
    }
    assert.isAbove(overlaps, 100)
  })

  for (const fault of ["kill", "pause"] as const) {
    it(`${fault}: strikes one node or several, but fewer than half, and mends the same ones`, () => {
      for (
        const [count, numbers] of [[1, [1]], [2, [1]], [3, [1]], [5, [1, 2]], [25, [
          1,
          2,
          3,
          4,
          5,
          6,
          7,
          8,
          9,
          10,
          11,
          12
        ]]] as const
      ) {
        const seen = new Set<number>()
        const victims = new Set<NodeId>()
        for (const seed of seeds) {
          const { dead, deeds, paused, run } = world({ faults: [fault], seed, count })
          const stricken = fault === "kill" ? dead : paused
          run(20 * interval, ({ f, value }) => {
            if (f === `start-${fault}`) {
              assert.sameMembers([...stricken()], value as Array<NodeId>, `seed ${seed}`)
              seen.add(stricken().length)
              stricken().forEach((id) => victims.add(id))
            } else {
              assert.isEmpty(stricken(), `seed ${seed}`)
            }
          })
          deeds.forEach(({ f, value }, i) => {
            if (f === `stop-${fault}`) assert.deepStrictEqual(value, deeds[i - 1]?.value, `seed ${seed}`)
          })
        }
        assert.sameMembers([...seen], [...numbers], `of ${count}`)
        assert.strictEqual(victims.size, count, "sooner or later it hits everyone")
      }
    })
  }

  it("clock: every clock jumps by up to a minute either way, one in four stands still, then all are right again", () => {
    const offsets: Array<number> = []
    let frozen = 0
    for (const seed of seeds) {
      const { ids, of, run, wrong } = world({ faults: ["clock"], seed })
      run(20 * interval, ({ f, value }) => {
        if (f === "stop-clock") return assert.isEmpty(wrong(), `seed ${seed}`)
        for (const id of ids) {
          const clock = of(id).clock
          assert.deepStrictEqual((value as Record<string, Json>)[id], { offset: clock[0], frozen: clock[1] })
          offsets.push(clock[0])
          if (clock[1]) frozen++
        }
      })
    }
    assert.isBelow(Math.max(...offsets.map(Math.abs)), 60_001)
    assert.isBelow(Math.abs(frozen / offsets.length - 0.25), 0.035) // 5 deviations
    for (let sixth = 0; sixth < 6; sixth++) {
      const share = offsets.filter((offset) => Math.floor((offset + 60_000) / 20_000) === sixth).length / offsets.length
      assert.isBelow(Math.abs(share - 1 / 6), 0.03, `sixth ${sixth}`) // 5 deviations
    }
  })

  it("stop: mends everything at once, and nothing happens any more", () => {
    for (const seed of seeds) {
      const { cut, dead, deeds, nemesis, paused, run, work, wrong } = world({ faults: Nemesis.faults, seed })
      run(SeededRandom.make(seed).below(10 * interval))
      const before = deeds.length
      nemesis.stop()
      const mended = () => [cut.size, dead().length, paused().length, wrong().length]
      assert.deepStrictEqual(mended(), [0, 0, 0, 0], `seed ${seed}`)
      assert.deepStrictEqual(deeds.slice(before).map(({ f }) => f), Nemesis.faults.map((f) => `stop-${f}`))
      work(10 * interval)
      assert.deepStrictEqual(mended(), [0, 0, 0, 0], `seed ${seed}`)
      assert.lengthOf(deeds, before + Nemesis.faults.length, `seed ${seed}`)
    }
  })

  describe("before the final operations", () => {
    const read = Workload.invocation({
      f: "read",
      value: null,
      rpc: Echo,
      request: { echo: "at last" },
      readOnly: true,
      result: (reply) => reply.echo
    })
    const withFinalReads: Workload.Workload = {
      ...EchoWorkload,
      final: () => [read, read],
      check: () => Verdict.make([])
    }
    /** Needs another node for every answer, so that it notices a partition. */
    const askAround = Effect.flatMap(Node, (node) => {
      const neighbour = node.ids[(node.ids.indexOf(node.id) + 1) % node.ids.length]!
      return node.serve(EchoProtocol, {
        echo: ({ echo }, from) => from.startsWith("c") ? node.ask(neighbour, Echo, { echo }) : Effect.succeed({ echo })
      })
    })

    it("everything is mended, 10 s pass, and then every client finds a cluster at peace", () => {
      let disturbed = 0
      for (const seed of seeds) {
        const { history, nodes, results } = Simulation.run({
          ...Simulation.defaults,
          seed,
          workload: withFinalReads,
          program: askAround,
          concurrency: 7,
          timeLimit: 10_000,
          nemesis: Nemesis.faults,
          nemesisInterval: 2000
        })
        const final = history.filter(({ f }) => f === "read")
        const main = history.filter(({ f }) => f !== "read")
        const stops = main.filter(({ process }) => process === "nemesis").slice(-Nemesis.faults.length)
        assert.deepStrictEqual(stops.map(({ f }) => f), Nemesis.faults.map((fault) => `stop-${fault}`), `seed ${seed}`)

        const clients = main.filter(({ process }) => process !== "nemesis")
        const end = Math.max(10_000, clients.at(-1)!.time)
        for (const { time } of stops) assert.closeTo(time, end, 0.001, `seed ${seed}`)
        assert.closeTo(final[0]!.time, end + 10_000, 0.001, `seed ${seed}`)
        assert.lengthOf(final.filter(({ type }) => type === "invoke"), 2 * 7, `seed ${seed}`)
        assert.lengthOf(final.filter(({ type }) => type === "ok"), 2 * 7, `seed ${seed}`)
        assert.isEmpty(nodes.flatMap(({ findings }) => findings), `seed ${seed}`)
        assert.isEmpty(results().findings, `seed ${seed}`)
        if (clients.some(({ type }) => type === "info" || type === "fail")) disturbed++
      }
      assert.isAbove(disturbed, seeds.length / 2, "before, it was not at peace")
    })
  })
})
