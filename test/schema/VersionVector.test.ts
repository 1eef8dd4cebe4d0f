import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as Vector from "../../src/schema/VersionVector.ts"
import * as SeededRandom from "../../src/workloads/SeededRandom.ts"

const origins = ["n0.a", "n0.b", "n1.a", "n2.a"].map((origin) => Vector.Origin.make(origin))

const draw = (random: SeededRandom.SeededRandom): Map<Vector.Origin, number> =>
  new Map(random.shuffle(origins).filter(() => random.chance(0.7)).map((origin) => [origin, random.below(4)] as const))

/** The model: the set of operations that a vector stands for. */
const operations = (vector: Vector.VersionVector): Set<string> =>
  new Set([...vector].flatMap(([origin, count]) => Array.from({ length: count }, (_, i) => `${origin}#${i + 1}`)))

const isSubset = <A>(a: ReadonlySet<A>, b: ReadonlySet<A>): boolean => [...a].every((element) => b.has(element))

const trials = <A>(test: (random: SeededRandom.SeededRandom, which: string) => A): void => {
  for (let seed = 0; seed < 2000; seed++) test(SeededRandom.make(seed), `seed ${seed}`)
}

describe("VersionVector", () => {
  it("covers what is a subset of it", () => {
    const answers = new Set<boolean>()
    trials((random, which) => {
      const [a, b] = [draw(random), draw(random)]
      const expected = isSubset(operations(b), operations(a))
      assert.strictEqual(Vector.covers(a, b), expected, which)
      answers.add(expected)
    })
    assert.strictEqual(answers.size, 2, "both come up")
  })

  it("is raised to the union, and says whether that is more", () => {
    const answers = new Set<boolean>()
    trials((random, which) => {
      const [a, b] = [draw(random), draw(random)]
      const [before, other] = [operations(a), operations(b)]
      const raised = Vector.raise(a, b)
      assert.deepStrictEqual(operations(a), new Set([...operations(a)].filter((o) => before.has(o) || other.has(o))))
      assert.isTrue(isSubset(before, operations(a)) && isSubset(other, operations(a)), which)
      assert.deepStrictEqual(operations(b), other, which)
      assert.strictEqual(raised, !isSubset(other, before), which)
      assert.isFalse(Vector.raise(a, b), `${which}: a second time changes nothing`)
      answers.add(raised)
    })
    assert.strictEqual(answers.size, 2, "both come up")
  })

  it("meets in the intersection, without zeros, and changes nothing", () => {
    trials((random, which) => {
      const vectors = Array.from({ length: 1 + random.below(4) }, () => draw(random))
      const copies = vectors.map((vector) => new Map(vector))
      const met = Vector.meet(vectors)
      const sets = vectors.map(operations)
      const expected = [...sets[0]!].filter((operation) => sets.every((set) => set.has(operation)))
      assert.deepStrictEqual([...operations(met)].toSorted(), expected.toSorted(), which)
      assert.isTrue([...met.values()].every((count) => count > 0), which)
      assert.deepStrictEqual(vectors, copies, which)
      assert.deepStrictEqual(
        operations(Vector.meet(random.shuffle(vectors))),
        operations(met),
        `${which}: in any order`
      )
    })
    assert.strictEqual(Vector.meet([]).size, 0)
  })

  it("travels as an object", () => {
    const decode = Schema.decodeUnknownSync(Vector.Encoded)
    trials((random, which) => {
      const vector = draw(random)
      const text = JSON.stringify(Vector.encode(vector))
      assert.deepStrictEqual(Vector.decode(decode(JSON.parse(text))), vector, which)
    })
    for (const wrong of [{ "n0.a": -1 }, { "n0.a": 0.5 }, { "n0.a": "1" }, null]) {
      assert.throws(() => decode(wrong))
    }
    assert.deepStrictEqual(decode({ "": 1 }), {}, "the empty string is no origin")
  })
})
