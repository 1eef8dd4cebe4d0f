import { assert } from "@effect/vitest"
import type { History } from "../../src/workloads/history/History.ts"
import type * as Told from "../Told.ts"

/** What a checker says when nothing happened that it could have judged. */
const isOfNothing = (finding: string): boolean => finding.endsWith("there is nothing to judge by")

/** Each finding leads to operations in the history, and to each of those whose time it tells. */
export const leadsToOperations = (
  { evidence, findings }: Pick<Told.Results["workload"], "evidence" | "findings">,
  history: History
): void =>
  findings.forEach((text, index) => {
    if (isOfNothing(text)) return
    const of = evidence.filter(({ finding }) => finding === index)
    const events = of.flatMap(({ events }) => events.map((at) => history[at]))
    for (const event of events) assert.isTrue(event !== undefined && event.process !== "nemesis", text)
    for (const { about, events } of of) assert.isTrue(about !== "" && events.length > 0, text)
    assert.isNotEmpty(of, text)
    const times = new Set(events.map((event) => event!.time))
    for (const [said, time] of text.matchAll(/ (?:at|since) ([\d.]+) ms/g)) {
      assert.isTrue(times.has(Number(time)), `${said} in: ${text}`)
    }
  })
