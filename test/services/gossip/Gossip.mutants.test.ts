import { assert, describe, it } from "@effect/vitest"
import * as Cluster from "./Cluster.ts"
import * as Mutants from "./Mutants.ts"
import * as Scenario from "./Scenario.ts"

/** So small that even a mutant that goes wild is soon done. */
const small = ({ duration, latency, nodeCount, rate }: Scenario.Scenario): Partial<Scenario.Scenario> => ({
  nodeCount: 2 + nodeCount % 4,
  latency: { ...latency, mean: Math.max(20, latency.mean) },
  rate: Math.min(10, rate),
  duration: Math.min(5000, duration),
  bursts: 0
})

/** What a scenario is about, as in Gossip.test.ts. */
const kinds = {
  faults: {},
  calm: { loss: 0, duplicates: 0, faults: [], slowStart: 0, stability: true, recovery: 5000 },
  loss: { loss: 0.2, duplicates: 0.2, lossForever: true, faults: [], recovery: 30_000 }
} satisfies Record<string, Partial<Scenario.Scenario>>
type Kind = keyof typeof kinds

const shapes: ReadonlyArray<Cluster.Shape> = ["star", "mesh"]

const maxSeeds = 60

/** So many are enough to see that it is not the patching that is wrong: Gossip.test.ts tries more. */
const fewSeeds = 10

const run = (seed: number, layer: Cluster.GossipLayer, kind: Kind): ReadonlyArray<Cluster.Violation> => {
  const drawn = Scenario.draw(seed, layer)
  return Scenario.run({ ...drawn, ...small(drawn), ...kinds[kind] }).cluster.violations
}

interface Mutant {
  readonly name: string
  readonly shape: Cluster.Shape
  readonly kind: Kind
  /** What must be found. */
  readonly violates: Cluster.Property
  /** What else may be found on the way there, as it follows from the same mistake; nothing beside. */
  readonly also?: ReadonlyArray<Cluster.Property>
  readonly patch: Mutants.Patch
}

const mutants: ReadonlyArray<Mutant> = [
  {
    name: "acknowledges what it only holds",
    shape: "star",
    kind: "calm",
    violates: "stable too early",
    also: ["convergence", "stable at last"],
    patch: {
      module: "Gossip",
      find: "return { base: log.vector, operations: [], isAll: true }",
      replace: `return (() => {
        const base = new Map(log.vector)
        for (const { held } of links.values()) for (const batch of held) Vector.raise(base, CausalLog.reach(batch))
        return { base, operations: [], isAll: true }
      })()`
    }
  },
  {
    name: "applies a batch without its base",
    shape: "mesh",
    kind: "calm",
    violates: "causal order",
    also: ["convergence", "stable at last", "stable too early"],
    patch: {
      module: "CausalLog",
      find: "if (!Vector.covers(log.vector, base)) return undefined",
      replace: ""
    }
  },
  {
    name: "does not send again what may be lost",
    shape: "mesh",
    kind: "loss",
    violates: "convergence",
    patch: {
      module: "Gossip",
      find: "if (pace.expiry(link) <= now()) fallBack(link)",
      replace: "if (pace.expiry(link) <= now()) link.awaitingSince = undefined"
    }
  },
  {
    name: "is the same origin in its next life",
    shape: "mesh",
    kind: "faults",
    violates: "convergence",
    patch: {
      module: "Gossip",
      find: "${Math.floor(random.nextDoubleUnsafe() * 36 ** 6).toString(36)}",
      replace: "0"
    }
  },
  ...shapes.map((shape): Mutant => ({
    name: `leaves one link out of the meet, in a ${shape}`,
    shape,
    kind: "calm",
    violates: "stable too early",
    patch: {
      module: "Gossip",
      find: "const vectors = [log.vector, ...[...links.values()].map(({ confirmed }) => confirmed)]",
      replace:
        "const vectors = [log.vector, log.vector, ...[...links.values()].slice(1).map(({ confirmed }) => confirmed)]"
    }
  })),
  {
    name: "counts what is acknowledged before it has what was made earlier",
    shape: "star",
    kind: "loss",
    violates: "stable too early",
    patch: {
      module: "Gossip",
      find: "[...links.values()].map(({ confirmed }) => confirmed)",
      replace: "[...links.values()].map(({ acknowledged }) => acknowledged)"
    }
  },
  {
    name: "takes for stable what it has not got itself",
    shape: "star",
    kind: "faults",
    violates: "stable too early",
    patch: {
      module: "Gossip",
      find: "link.held.push({ ...batch, has, frontiers: message.frontiers })",
      replace: `const told = message.frontiers ?? []
      frontiers.hear(new Map(), told, new Map(told.flatMap(([, vector]) => Object.entries(vector))))
      link.held.push({ ...batch, has, frontiers: message.frontiers })`
    }
  },
  {
    name: "delivers duplicates",
    shape: "mesh",
    kind: "loss",
    violates: "exactly once",
    also: ["origin's order"],
    patch: {
      module: "CausalLog",
      find: "taken.push(log.append(origin, operation))",
      replace: "taken.push(log.append(origin, operation))\n else taken.push({ origin, sequence, operation })"
    }
  },
  {
    name: "takes duplicates for new operations",
    shape: "mesh",
    kind: "loss",
    violates: "nothing invented",
    also: ["exactly once", "origin's order", "causal order", "convergence"],
    patch: {
      module: "CausalLog",
      find: "if (sequence === (log.vector.get(origin) ?? 0) + 1) taken",
      replace: "taken"
    }
  },
  {
    name: "forgets held batches, and gets them again too late",
    shape: "mesh",
    kind: "calm",
    violates: "convergence",
    also: ["stable at last"],
    patch: { module: "Gossip", find: "return taken === undefined\n", replace: "return false\n" }
  },
  {
    name: "ignores who asks",
    shape: "mesh",
    kind: "loss",
    violates: "convergence",
    patch: { module: "Gossip", find: "if (message.ask === true) {", replace: "if (false) {" }
  },
  {
    name: "answers who asks from where it was, not from what is acknowledged",
    shape: "mesh",
    kind: "loss",
    violates: "convergence",
    patch: {
      module: "Gossip",
      find: "link.asked = true\n        Link.rewind(link, log)",
      replace: "link.asked = true"
    }
  },
  {
    name: "takes a new life to have what the former one had",
    shape: "star",
    kind: "faults",
    violates: "convergence",
    patch: { module: "Link", find: "link.acknowledged = new Map()\n  rewind(link, log)", replace: "" }
  },
  {
    name: "has a batch need what it brings",
    shape: "mesh",
    kind: "calm",
    violates: "convergence",
    also: ["stable at last"],
    patch: { module: "CausalLog", find: "entries.forEach(without)\n", replace: "" }
  }
]

describe("Gossip that is wrong", { timeout: 600_000 }, () => {
  it("is right if nothing is replaced", async () => {
    const layers = await Mutants.load([])
    for (const shape of shapes) {
      assert.notStrictEqual(layers[shape], Cluster.layers[shape])
      for (const kind of Object.keys(kinds) as Array<Kind>) {
        for (let seed = 0; seed < fewSeeds; seed++) {
          assert.isEmpty(run(seed, layers[shape], kind), `${shape}, ${kind}, seed ${seed}`)
        }
      }
    }
  })

  for (const { also = [], kind, name, patch, shape, violates } of mutants) {
    it(`${name}: ${violates} (${shape}, ${kind})`, async () => {
      const layers = await Mutants.load([patch])
      const found = new Set<Cluster.Property>()
      for (let seed = 0; seed < maxSeeds && !found.has(violates); seed++) {
        for (const { property } of run(seed, layers[shape], kind)) found.add(property)
      }
      assert.include([...found], violates)
      assert.isEmpty([...found].filter((property) => property !== violates && !also.includes(property)))
    })
  }

  it("has a patch that fits exactly once, or none is made", () => {
    const patch = (find: string): Mutants.Patch => ({ module: "Gossip", find, replace: "" })
    assert.throws(() => Mutants.patched("Gossip", [patch("what nobody would write")]), /found 0 times/)
    assert.throws(() => Mutants.patched("Gossip", [patch("const ")]), /not once/)
  })
})
