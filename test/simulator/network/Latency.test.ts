import { assert, describe, it } from "@effect/vitest"
import * as Latency from "../../../src/simulator/network/Latency.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"

const seeds = Array.from({ length: 50 }, (_, seed) => seed)

const draws = (latency: Latency.Latency, seed: number, count: number): ReadonlyArray<number> =>
  Array.from({ length: count }, Latency.make(latency, SeededRandom.make(seed)))

/** How many standard errors the share of draws inside is away from the expected one. */
const standardErrors = (sample: ReadonlyArray<number>, inside: (ms: number) => boolean, expected: number): number => {
  const share = sample.filter(inside).length / sample.length
  return Math.abs(share - expected) / Math.sqrt(expected * (1 - expected) / sample.length)
}

describe("Latency", () => {
  it("is a whole number of milliseconds, cut down", () => {
    for (const seed of seeds) {
      assert.deepStrictEqual(draws({ mean: 100.9, dist: "constant" }, seed, 3), [100, 100, 100], `seed ${seed}`)
      for (const dist of Latency.distributions) {
        for (const ms of draws({ mean: 7.3, dist }, seed, 100)) {
          assert.isTrue(Number.isInteger(ms) && ms >= 0, `${dist} ${ms}, seed ${seed}`)
        }
      }
    }
  })

  it("uniform: each whole number below twice the mean, equally often", () => {
    for (const seed of seeds) {
      const sample = draws({ mean: 5, dist: "uniform" }, seed, 5_000)
      assert.deepStrictEqual(
        [...new Set(sample)].toSorted((a, b) => a - b),
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        `seed ${seed}`
      )
      for (let ms = 0; ms < 10; ms++) {
        assert.isBelow(standardErrors(sample, (drawn) => drawn === ms, 0.1), 5, `${ms} ms, seed ${seed}`)
      }
    }
  })

  it("exponential: e^−x of the draws are at least x means long", () => {
    for (const seed of seeds) {
      const sample = draws({ mean: 100, dist: "exponential" }, seed, 5_000)
      for (const x of [0.01, 0.5, 1, 2, 4]) {
        assert.isBelow(standardErrors(sample, (ms) => ms >= 100 * x, Math.exp(-x)), 5, `${x} means, seed ${seed}`)
      }
    }
  })

  it("a mean of 0 is no latency", () => {
    for (const dist of Latency.distributions) {
      assert.deepStrictEqual(draws({ mean: 0, dist }, 1, 3), [0, 0, 0], dist)
    }
  })

  it("follows from the seed", () => {
    for (const dist of ["uniform", "exponential"] as const) {
      assert.deepStrictEqual(draws({ mean: 100, dist }, 1, 20), draws({ mean: 100, dist }, 1, 20))
      assert.notDeepEqual(draws({ mean: 100, dist }, 1, 20), draws({ mean: 100, dist }, 2, 20))
    }
  })
})
