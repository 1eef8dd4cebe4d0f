import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as RealTime from "../../../src/simulator/processes/RealTime.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"

/** Keeps this process busy for so many ms. */
const hold = ({ now }: RealTime.RealTime, millis: number): void => {
  for (const begin = now(); now() - begin < millis;);
}

describe("real time", () => {
  it.live("keeps the order of events that are late", () =>
    Effect.callback<void>((resume) => {
      const random = SeededRandom.make(1)
      const timeline = RealTime.make()
      const happened: Array<{ readonly earliest: number; readonly latest: number }> = []
      for (let i = 0; i < 300; i++) {
        const delay = 1 + 15 * random.nextDoubleUnsafe()
        const due = { earliest: timeline.now() + delay, latest: 0 }
        timeline.after(delay, () => {
          happened.push(due)
          if (happened.length % 20 === 0) hold(timeline, 2)
        })
        due.latest = timeline.now() + delay
      }
      const isKept = () => happened.every(({ latest }, i) => latest >= (happened[i - 1]?.earliest ?? 0))
      timeline.after(50, () => resume(Effect.sync(() => assert.isTrue(isKept() && happened.length === 300))))
    }))

  it.live("lets an event that another one adds wait, and forgets what was taken back", () =>
    Effect.callback<void>((resume) => {
      const timeline = RealTime.make()
      const happened: Array<string> = []
      timeline.after(0, () => {
        happened.push("first")
        timeline.after(0, () => {
          happened.push("added")
          timeline.stop()
          resume(Effect.sync(() => assert.deepStrictEqual(happened, ["first", "second", "added"])))
        })
      })
      timeline.after(0, () => happened.push("taken back"))()
      timeline.after(0, () => happened.push("second"))
    }))
})
