/**
 * Whether a run by real processes went at the rate that was asked for, and whether the bench was in its way: clients wait
 * for each answer, so slow nodes or a busy bench make fewer operations, and a busy bench makes latencies of its own.
 */
import type * as Run from "../simulator/Run.ts"

/** Of fewer operations than these nothing is told: chance makes them more or fewer. */
const fewest = 200

/** How much of the operations asked for a run may lack, and how much of the time a bench may be busy. */
const tolerated = 0.1
const busy = 0.8

const perSecond = (count: number, ms: number): string => (count * 1000 / ms).toFixed(0)

/** @param busyFraction the share of the time for which the bench was busy while clients worked, if it is known */
export const lines = (
  { history, options: { concurrency, rate, timeLimit } }: Pick<Run.Run, "history" | "options">,
  busyFraction = 0
): ReadonlyArray<string> => {
  const duration = Math.min(timeLimit, history.at(-1)?.time ?? 0)
  const asked = rate * duration / 1000
  const begun = history.filter(({ time, type }) => type === "invoke" && time < duration).length
  // the intervals of evenly drawn times leave a third of the variance of a Poisson process
  const isSlow = asked >= fewest && begun < (1 - tolerated) * asked && asked - begun > 5 * Math.sqrt(asked / 3)
  return [
    ...isSlow
      ? [
        `clients began ${
          perSecond(begun, duration)
        } operations a second instead of ${rate}: each waits for its answer, and `
        + `there are ${concurrency} of them (--concurrency)`
      ]
      : [],
    ...busyFraction > busy
      ? [`the bench was busy for ${(busyFraction * 100).toFixed(0)} % of the time: latencies are partly its own`]
      : []
  ]
}
