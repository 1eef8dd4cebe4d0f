/** What a node has made since it last said anything goes out as one operation; nothing is lost by that, or counts twice. */
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import { NodeId } from "../../../src/schema/Address.ts"
import { Life } from "../../../src/schema/ReplicaProtocol.ts"
import * as Replica from "../../../src/services/gossip/replica/Replica.ts"
import * as Settings from "../../../src/services/gossip/Settings.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"
import { seeds } from "../../Seeds.ts"
import { gossipModules } from "../../wrong/GossipModules.ts"
import * as Patched from "../../wrong/Patched.ts"
import * as Sum from "./Sum.ts"

const settings = Effect.runSync(Settings.star.parse(ConfigProvider.fromEnv({ env: {} })))
const members = ["n0", "n1", "n2"].map((id) => NodeId.make(id))

type Make = typeof Replica.make<number, number>

/** Counters on a network that is slow, and loses something; time passes only here. */
const makeWorld = (seed: number, shape: "star" | "mesh", make: Make) => {
  const random = SeededRandom.make(seed)
  const agenda: Array<readonly [at: number, act: () => void]> = []
  let now = 0
  let isLossy = true
  let messages = 0
  const at = (time: number, act: () => void): void => void agenda.push([time, act])

  const start = (self: NodeId, life: number) => {
    const sum = Sum.make()
    let isOver = false
    let wakeAt = Infinity
    const replica = make({
      shape,
      settings,
      self,
      members,
      life: Life.make(String(life)),
      random: random.nextDoubleUnsafe,
      sizeOf: (n) => String(n).length + 1,
      sizeOfState: () => 10,
      snapshot: sum.snapshot,
      restore: sum.restore,
      merge: (earlier, later) => earlier + later < 50 ? earlier + later : undefined,
      copies: []
    })
    const step = (input: Replica.Input<number, number>): void => {
      if (isOver) return
      const output = replica.step(input, now)
      assert.isFalse(output.isRefused)
      for (const event of output.events) {
        if (event._tag === "Delivered") sum.add(event.entry.operation)
        if (event._tag === "Restored") event.install()
      }
      for (const { _tag, message, to } of output.sends) {
        messages++
        if (isLossy && random.chance(0.1)) continue
        const input = { _tag, from: self, message } as Replica.Input<number, number> // the tag says what the message is
        at(now + random.below(100), () => nodes.get(to)!.step(input))
      }
      wakeAt = output.wakeAt
      if (wakeAt < Infinity) at(Math.max(now, wakeAt), () => now >= wakeAt ? step({ _tag: "Wake" }) : undefined)
    }
    return { step, sum: sum.value, kept: replica.kept, end: () => (isOver = true) }
  }

  const nodes = new Map(members.map((id, i) => [id, start(id, i)] as const))
  for (const node of nodes.values()) node.step({ _tag: "Start" })
  return {
    random,
    nodes,
    messages: () => messages,
    publish: (id: NodeId, operation: number) => nodes.get(id)!.step({ _tag: "Publish", operation }),
    /** Its memory is gone. */
    restart: (id: NodeId) => {
      nodes.get(id)!.end()
      nodes.set(id, start(id, now))
      nodes.get(id)!.step({ _tag: "Start" })
    },
    calmDown: () => {
      isLossy = false
    },
    pass: (millis: number) => {
      const end = now + millis
      for (;;) {
        let next = 0
        for (let i = 1; i < agenda.length; i++) if (agenda[i]![0] < agenda[next]![0]) next = i
        if (agenda.length === 0 || agenda[next]![0] > end) break
        const [[time, act]] = agenda.splice(next, 1) as [typeof agenda[number]]
        now = Math.max(now, time)
        act()
      }
      now = end
    }
  }
}

/** The sums at the end, and what was added; with a node that starts again, what was added by others. */
const run = (seed: number, shape: "star" | "mesh", isKilling: boolean, make: Make = Replica.make) => {
  const world = makeWorld(seed, shape, make)
  let added = 0
  for (let i = 0; i < 200; i++) {
    const id = members[world.random.below(isKilling ? 2 : 3)]!
    const operation = 1 + world.random.below(3)
    added += operation
    world.publish(id, operation)
    if (world.random.chance(0.2)) world.pass(world.random.below(200))
    if (isKilling && world.random.chance(0.01)) world.restart(members[2]!)
  }
  world.calmDown()
  world.pass(20_000)
  return {
    added,
    sums: [...world.nodes.values()].map(({ sum }) => sum()),
    kept: [...world.nodes.values()].map(({ kept }) => kept())
  }
}

describe("operations that are merged", () => {
  for (const shape of ["star", "mesh"] as const) {
    it(`count once each, in a ${shape}`, () => {
      for (const seed of seeds(20)) {
        const { added, sums } = run(seed, shape, seed % 2 === 0)
        assert.deepStrictEqual(sums, [added, added, added], `seed ${seed}`)
      }
    })
  }

  it("are one message, and one operation, however many there are", () => {
    const world = makeWorld(0, "star", Replica.make)
    world.calmDown()
    world.pass(5000)
    const before = world.messages()
    for (let i = 0; i < 40; i++) world.publish(members[1]!, 1)
    world.pass(5000)
    assert.deepStrictEqual([...world.nodes.values()].map(({ sum }) => sum()), [40, 40, 40])
    assert.isAtMost(world.messages() - before, 12)
  })

  const mutants = {
    "adds to what it has told": ["Sending", "  state.untold = undefined\n"],
    "adds to what is in a snapshot that it gives": [
      "Snapshots",
      "  if (fetch.to !== life) return\n  state.untold = undefined"
    ],
    "adds its own to what it got": ["State", "|| untold !== log.end() - 1 "]
  } as const
  for (const [name, [module, find]] of Object.entries(mutants)) {
    it(`is found if a replica ${name}`, async () => {
      const patch = {
        module: `services/gossip/replica/${module}`,
        find,
        replace: find.includes("fetch") ? "  if (fetch.to !== life) return" : ""
      } as const
      const modules = await Patched.load(gossipModules, [patch])
      const { make } = modules[gossipModules.indexOf("services/gossip/replica/Replica")] as unknown as typeof Replica // that is the module
      const isWrong = (seed: number): boolean => {
        const { added, sums } = run(seed, "star", seed % 2 === 0, make)
        return sums.some((sum) => sum !== added)
      }
      assert.isTrue(Array.from({ length: 40 }, (_, seed) => seed).some(isWrong))
    })
  }
})
