/**
 * How long a message is under way, in whole milliseconds: Maelstrom's three distributions.
 *
 * As there, a draw is cut down to whole milliseconds and `uniform` excludes its upper end, so the mean of `uniform` and
 * of a long `exponential` is half a millisecond below the one asked for. Unlike there, a mean of 0 is no error with
 * `uniform` and `exponential`: it means no latency.
 */
import type { SeededRandom } from "../../workloads/SeededRandom.ts"

export const distributions = ["constant", "uniform", "exponential"] as const
export type Distribution = (typeof distributions)[number]

export interface Latency {
  /** In milliseconds, not negative. */
  readonly mean: number
  readonly dist: Distribution
}

/** Each call draws the latency of one message. */
export const make = ({ dist, mean }: Latency, random: SeededRandom): () => number => {
  switch (dist) {
    case "constant": {
      const latency = Math.trunc(mean)
      return () => latency
    }
    case "uniform":
      return () => random.below(2 * mean)
    case "exponential":
      return () => Math.trunc(mean * -Math.log1p(-random.nextDoubleUnsafe()))
  }
}
