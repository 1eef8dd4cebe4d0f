/**
 * What happened in a run, in words.
 */
import * as ExactNumbers from "../workloads/history/ExactNumbers.ts"
import type { History } from "../workloads/history/History.ts"
import * as Operations from "../workloads/history/Operations.ts"
import * as Failures from "./sentences/Failures.ts"

/** What happened in a run, a line for each thing, as one would tell it. */
export const tell = (history: History): string => {
  const operations = Operations.fold(history)
  const value = (json: unknown): string => json === null ? "" : ` ${ExactNumbers.text(json)}`
  const at = (time: number): string => `${(time / 1000).toFixed(3).padStart(9)} s`
  return history.flatMap((event) => {
    if (event.process === "nemesis") return [`${at(event.time)}  ${event.f}${value(event.value)}\n`]
    if (event.type !== "invoke") return []
    const end = operations.of(event)?.completion
    const outcome = end === undefined
      ? "it never ended"
      : `${end.type}${
        end.type === "ok" ? value(end.value) : `: ${end.error === undefined ? "" : Failures.plain(end.error)}`
      }, after ${Math.round((end.time - event.time) * 1000) / 1000} ms`
    return [
      `${at(event.time)}  process ${event.process} asks ${event.node ?? "?"} to ${event.f}${
        value(event.value)
      }: ${outcome}\n`
    ]
  }).join("")
}
