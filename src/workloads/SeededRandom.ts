/**
 * The one source of chance in a simulation: a small generator with a seed.
 *
 * xoshiro128** (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021), its 128 bits of state
 * filled from the seed by splitmix32, as its authors advise. Streams for different purposes are forked by a label, so
 * that one more draw in one place does not shift every other.
 */
import type * as Random from "effect/Random"

export interface SeededRandom extends Random.Random {
  /** A whole number from 0 up to, not including, `n`. */
  readonly below: (n: number) => number
  /** True with the given probability. */
  readonly chance: (probability: number) => boolean
  readonly pick: <A>(items: ReadonlyArray<A>) => A
  readonly shuffle: <A>(items: ReadonlyArray<A>) => Array<A>
  /** A stream of its own, determined by this one's seed and the label alone. */
  readonly fork: (label: string) => SeededRandom
}

const hash = (seed: number, text: string): number => {
  // FNV-1a
  let h = 0x811c9dc5 ^ seed
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return h >>> 0
}

/** The finalizer of splitmix32: each bit of the input changes half of the bits of the output. */
const mix = (x: number): number => {
  const y = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  const z = Math.imul(y ^ (y >>> 13), 0xc2b2ae35)
  return (z ^ (z >>> 16)) >>> 0
}

const rotateLeft = (x: number, k: number): number => (x << k) | (x >>> (32 - k))

const golden = 0x9e3779b9

/** The generator whose state is these four words, not all of them 0. */
const fromState = (state: readonly [number, number, number, number]): SeededRandom => {
  let [a, b, c, d] = state

  const next32 = (): number => {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0
    const t = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= t
    d = rotateLeft(d, 11)
    return result
  }
  const nextDoubleUnsafe = (): number => ((next32() >>> 5) * 0x400_0000 + (next32() >>> 6)) / 0x20_0000_0000_0000
  const below = (n: number): number => Math.floor(nextDoubleUnsafe() * n)

  return {
    nextDoubleUnsafe,
    nextIntUnsafe: () =>
      Math.floor(nextDoubleUnsafe() * (Number.MAX_SAFE_INTEGER - Number.MIN_SAFE_INTEGER + 1))
      + Number.MIN_SAFE_INTEGER,
    below,
    chance: (probability) => probability > 0 && nextDoubleUnsafe() < probability,
    pick: <A>(items: ReadonlyArray<A>): A => {
      if (items.length === 0) throw new RangeError("cannot pick from nothing")
      return items[below(items.length)]!
    },
    shuffle: (items) => {
      const shuffled = [...items]
      for (let i = shuffled.length - 1; i > 0; i--) {
        const j = below(i + 1)
        const item = shuffled[i]!
        shuffled[i] = shuffled[j]!
        shuffled[j] = item
      }
      return shuffled
    },
    // Word by word, so that all 128 bits of the state tell forks apart.
    fork: (label) => {
      const word = (i: 0 | 1 | 2 | 3): number => mix(hash((state[i] + i * golden) | 0, label))
      return fromState([word(0), word(1), word(2), word(3)])
    }
  }
}

export const make = (seed: number): SeededRandom => {
  const low = (seed ^ Math.floor(seed / 0x1_0000_0000)) | 0
  const word = (i: number): number => mix((low + i * golden) | 0)
  return fromState([word(1), word(2), word(3), word(4)])
}
