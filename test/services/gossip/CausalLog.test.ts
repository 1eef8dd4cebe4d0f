import { assert, describe, it } from "@effect/vitest"
import * as Vector from "../../../src/schema/VersionVector.ts"
import * as CausalLog from "../../../src/services/gossip/CausalLog.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"
import { seeds as seedsOf } from "../../Seeds.ts"

const name = ({ origin, sequence }: Pick<CausalLog.Entry<unknown>, "origin" | "sequence">): string =>
  `${origin}#${sequence}`

/** The model of a vector: the names of all operations that it stands for. */
const operations = (vector: Vector.VersionVector): Set<string> =>
  new Set(
    [...vector].flatMap(([origin, count]) => Array.from({ length: count }, (_, i) => name({ origin, sequence: i + 1 })))
  )

const entries = <A>(log: CausalLog.CausalLog<A>): ReadonlyArray<CausalLog.Entry<A>> =>
  Array.from({ length: log.length() }, (_, i) => log.at(i)!)

interface Sent {
  readonly batch: CausalLog.Batch<string>
  /** What must be there already, and what it brings, in order. */
  readonly needs: ReadonlySet<string>
  readonly brings: ReadonlyArray<string>
}

/** What comes after some of a prefix of the log, that of which somebody with this vector is known to have it. */
const cut = (log: CausalLog.CausalLog<string>, end: number, known: Vector.VersionVector): Sent => {
  const has = operations(known)
  const prefix = entries(log).slice(0, end)
  const base = new Map<Vector.Origin, number>()
  for (const entry of prefix) if (has.has(name(entry))) base.set(entry.origin, entry.sequence)
  const rest = prefix.filter((entry) => !has.has(name(entry)))
  return {
    batch: { base, operations: rest.map(({ operation, origin }) => [origin, operation] as const) },
    needs: operations(base),
    brings: rest.map(name)
  }
}

/** A node, and what it has got, by a model that knows nothing of vectors. */
interface Peer {
  readonly origin: Vector.Origin
  readonly log: CausalLog.CausalLog<string>
  readonly got: Array<string>
}

/** Peers publish, send what they have beyond what somebody has had, and take anything that was ever sent, any time. */
const play = (seed: number) => {
  const random = SeededRandom.make(seed)
  const which = `seed ${seed}`
  const peers = Array.from({ length: 2 + random.below(4) }, (_, i): Peer => ({
    origin: Vector.Origin.make(`n${i}.0`),
    log: CausalLog.make(),
    got: []
  }))
  const causes = new Map<string, ReadonlyArray<string>>()
  const sent: Array<Sent> = []
  const pasts: Array<Vector.VersionVector> = [new Map()]
  const seen = { refused: 0, passedOver: 0, taken: 0 }

  const take = ({ got, log }: Peer, { batch, brings, needs }: Sent): void => {
    const had = new Set(got)
    const taken = CausalLog.take(log, batch)
    if (taken === undefined) {
      seen.refused++
      assert.isFalse([...needs].every((operation) => had.has(operation)), `${which}: refused for nothing`)
      return
    }
    assert.isTrue([...needs].every((operation) => had.has(operation)), `${which}: taken without its base`)
    assert.deepStrictEqual(taken.map(name), brings.filter((operation) => !had.has(operation)), which)
    seen.taken += taken.length
    seen.passedOver += brings.length - taken.length
    for (const entry of taken) {
      assert.strictEqual(entry.operation, `operation ${name(entry)}`, which)
      for (const cause of causes.get(name(entry))!) assert.include(got, cause, `${which}: a cause of ${name(entry)}`)
      got.push(name(entry))
    }
    assert.isTrue(Vector.covers(log.vector, CausalLog.reach(batch)), which)
  }

  for (let step = 0; step < 120; step++) {
    const peer = random.pick(peers)
    const { got, log, origin } = peer
    const chance = random.nextDoubleUnsafe()
    if (chance < 0.25) {
      const operation = name({ origin, sequence: causes.size === 0 ? 1 : (log.vector.get(origin) ?? 0) + 1 })
      const entry = log.append(origin, `operation ${operation}`)
      assert.strictEqual(name(entry), operation, which)
      causes.set(operation, [...got])
      got.push(operation)
    } else if (chance < 0.5) {
      const past = random.pick(pasts)
      sent.push(cut(log, random.chance(0.5) ? log.length() : random.below(log.length() + 1), past))
      pasts.push(new Map(log.vector), CausalLog.reach(sent.at(-1)!.batch))
    } else if (sent.length > 0) take(peer, random.pick(sent))
  }
  return { random, which, peers, causes, sent, seen, take }
}

const seeds = seedsOf(40)

describe("CausalLog", () => {
  it("takes batches in any order, any number of times, and has each operation once, after its causes", () => {
    const seen = { refused: 0, passedOver: 0, taken: 0 }
    for (const seed of seeds) {
      const world = play(seed)
      const { causes, peers, random, sent, take, which } = world
      // Each sends all that it has, on no base; so everybody can get everything at last.
      for (const { log } of peers) sent.push(cut(log, log.length(), new Map()))
      for (const peer of peers) for (const batch of random.shuffle([...sent, ...sent])) take(peer, batch)
      for (const { got, log } of peers) {
        assert.deepStrictEqual(entries(log).map(name), got, which)
        assert.deepStrictEqual([...operations(log.vector)].toSorted(), got.toSorted(), which)
        assert.deepStrictEqual(got.toSorted(), [...causes.keys()].toSorted(), which)
      }
      for (const kind of ["refused", "passedOver", "taken"] as const) seen[kind] += world.seen[kind]
    }
    for (const [kind, times] of Object.entries(seen)) assert.isAbove(times, 2 * seeds.length, kind)
  })

  it("finds the first operation that somebody lacks", () => {
    for (const seed of seeds) {
      const { peers, random, which } = play(seed)
      for (const { log } of peers) {
        for (let i = 0; i < 10; i++) {
          const vector = new Map(
            peers.filter(() => random.chance(0.8)).map(({ origin }) =>
              [origin, random.below(2 + (log.vector.get(origin) ?? 0))] as const
            )
          )
          const has = operations(vector)
          const first = entries(log).findIndex((entry) => !has.has(name(entry)))
          assert.strictEqual(log.firstLacked(vector), first === -1 ? log.length() : first, which)
        }
        assert.strictEqual(log.firstLacked(log.vector), log.length(), which)
      }
    }
  })

  it("knows where each origin's operations are", () => {
    for (const seed of seeds) {
      const { peers, which } = play(seed)
      for (const { log } of peers) {
        for (const { origin } of peers) {
          const expected = entries(log).flatMap((entry, position) => entry.origin === origin ? [position] : [])
          assert.deepStrictEqual(log.positions(origin), expected, which)
          assert.deepStrictEqual(expected.map((position) => log.at(position)!.sequence), expected.map((_, i) => i + 1))
        }
        assert.isUndefined(log.at(log.length()), which)
      }
    }
  })

  it("reaches what its base and its operations are together, and leaves the base as it is", () => {
    for (const seed of seeds) {
      const { sent, which } = play(seed)
      for (const { batch, brings, needs } of sent) {
        const reached = operations(CausalLog.reach(batch))
        assert.deepStrictEqual([...reached].toSorted(), [...needs, ...brings].toSorted(), which)
        assert.deepStrictEqual(operations(batch.base), needs, which)
      }
    }
  })
})
