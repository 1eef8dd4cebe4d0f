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
  loss: { loss: 0.2, duplicates: 0.2, lossForever: true, faults: [], recovery: 30_000 },
  kills: { faults: ["kill"], interval: 1000, loss: 0.05, stability: true, duration: 8000, rate: 5 }
} satisfies Record<string, Partial<Scenario.Scenario>>
type Kind = keyof typeof kinds

const shapes: ReadonlyArray<Cluster.Shape> = ["star", "mesh"]

const maxSeeds = 60

/** So many are enough to see that it is not the patching that is wrong: Gossip.test.ts tries more. */
const fewSeeds = 4

const run = (seed: number, layer: Cluster.GossipLayer, kind: Kind): ReadonlyArray<Cluster.Violation> => {
  const drawn = Scenario.draw(seed, layer)
  return Scenario.run({ ...drawn, ...small(drawn), ...kinds[kind] }).cluster.violations
}

const assertRejects = async (promise: Promise<unknown>, message: RegExp): Promise<void> => {
  const outcome = await promise.then(() => "loaded", String)
  assert.match(outcome, message)
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

const { patch } = Mutants

const mutants: ReadonlyArray<Mutant> = [
  {
    name: "acknowledges what it only holds",
    shape: "mesh",
    kind: "calm",
    violates: "stable too early",
    also: ["convergence", "stable at last"],
    patch: patch(
      "Sending",
      "message.have = [life, incoming.epoch, incoming.position]",
      "message.have = [life, incoming.epoch, Incoming.heldTo(incoming)]"
    )
  },
  {
    name: "does not wait for what is to come from elsewhere",
    shape: "mesh",
    kind: "calm",
    violates: "causal order",
    also: ["convergence", "stable at last", "stable too early"],
    patch: patch("Incoming", "contents === undefined ? Math.max(0, Math.min(count, has - before)) : count", "count")
  },
  {
    name: "does not send again what may be lost",
    shape: "mesh",
    kind: "loss",
    violates: "convergence",
    patch: patch("Pace", "if (awaitingSince === undefined) return Infinity", "return Infinity")
  },
  {
    name: "is the same origin in its next life",
    shape: "mesh",
    kind: "faults",
    violates: "convergence",
    patch: {
      module: "services/gossip/Durable",
      find: "Math.floor(random.nextDoubleUnsafe() * 36 ** 6).toString(36)",
      replace: `"0"`
    }
  },
  ...shapes.map((shape): Mutant => ({
    name: `leaves one link out of what is stable, in a ${shape}`,
    shape,
    kind: "calm",
    violates: "stable too early",
    patch: patch(
      "Copies",
      "[...links.values()].flatMap(({ confirmed }) => confirmed ?? [])",
      "[log.end(), ...[...links.values()].slice(1).flatMap(({ confirmed }) => confirmed ?? [])]"
    )
  })),
  {
    name: "counts what is acknowledged before it has what was made earlier",
    shape: "star",
    kind: "loss",
    violates: "stable too early",
    patch: patch(
      "Copies",
      "Claims.takeReady(link.claims, isReady(state, link))",
      "Claims.takeReady(link.claims, () => true)"
    )
  },
  {
    name: "takes a position in its hub's log for one in its own",
    shape: "star",
    kind: "faults",
    violates: "stable too early",
    patch: patch(
      "Frontiers",
      "Trail.follow(trail, position, (origin, count) => raise(frontier, log, origin, count, entries))",
      `trail.position = position
      for (let i = log.first(); i < Math.min(position, log.end()); i++) {
        const { origin, sequence } = log.at(i)
        raise(frontier, log, origin, sequence, entries)
      }`
    )
  },
  {
    name: "takes again what of a segment it has",
    shape: "star",
    kind: "calm",
    violates: "nothing invented",
    also: [
      "crash",
      "convergence",
      "exactly once",
      "origin's order",
      "causal order",
      "stable at last",
      "stable too early"
    ],
    patch: patch("Incoming", "contents?.slice(Math.max(0, has - before))", "contents")
  },
  {
    name: "forgets what came too early",
    shape: "mesh",
    kind: "calm",
    violates: "stable at last",
    also: ["convergence"],
    patch: patch("Receiving", `return outcome === "waiting"`, "return false")
  },
  {
    name: "ignores who asks",
    shape: "mesh",
    kind: "faults",
    violates: "convergence",
    also: ["stable at last"],
    patch: patch(
      "Receiving",
      "if (message.ask !== undefined && Question.isNew(question, message.ask)) {",
      "if (false) {"
    )
  },
  {
    name: "takes a new life to have what the former one had",
    shape: "star",
    kind: "kills",
    violates: "causal order",
    also: ["convergence", "stable at last", "stable too early", "nothing forgotten", "causal order", "origin's order"],
    patch: patch("Link", "Outgoing.forget(link.outgoing)", "")
  },
  {
    name: "goes on in another epoch's log as if it were the same",
    shape: "star",
    kind: "kills",
    violates: "causal order",
    also: [
      "convergence",
      "stable at last",
      "stable too early",
      "nothing forgotten",
      "nothing invented",
      "exactly once",
      "origin's order",
      "crash"
    ],
    patch: patch(
      "Incoming",
      "segment.epoch === incoming.epoch && segment.at <= incoming.position",
      "segment.at <= incoming.position"
    )
  },
  {
    name: "forgets what is not stable",
    shape: "star",
    kind: "loss",
    violates: "convergence",
    also: ["stable at last"],
    patch: patch("Copies", "return sequence <= (vector.get(origin) ?? 0)", "return sequence > 0")
  },
  {
    name: "gives a snapshot that lacks some of the state",
    shape: "star",
    kind: "kills",
    violates: "nothing forgotten",
    also: ["convergence", "stable at last", "stable too early", "nothing forgotten", "causal order", "origin's order"],
    patch: patch(
      "SnapshotSender",
      "some.push(part)",
      "if (some.length !== 1) some.push(part)\n else some.push(some[0])"
    )
  },
  {
    name: "gives a snapshot without what is not stable, as if that were all",
    shape: "star",
    kind: "kills",
    violates: "stable at last",
    also: ["convergence", "stable at last", "stable too early", "nothing forgotten", "causal order", "origin's order"],
    patch: patch(
      "SnapshotSender",
      "yield { head }",
      "yield { head: { ...head, vector: head.vector.map(([o, c]) => [o, c, c]) } }\n unstable = []"
    )
  },
  {
    name: "installs a snapshot over what only this node has",
    shape: "star",
    kind: "kills",
    violates: "nothing forgotten",
    also: ["convergence", "stable at last", "stable too early", "nothing forgotten", "causal order", "origin's order"],
    patch: patch("Snapshots", "for (const { operation, origin } of beyond) deliver(state, origin, operation)", "")
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
    const make = (find: string) => Mutants.load([patch("Receiving", find, "")])
    return Promise.all([
      assertRejects(make("what nobody would write"), /found 0 times/),
      assertRejects(make("const "), /not once/)
    ])
  })
})
