/**
 * The verdict of the run, in words.
 */
import { button, el } from "../../page/Dom.ts"
import * as Format from "../../page/Format.ts"
import type { Recording } from "../Recording.ts"

const headline = ({ data, validity }: Recording): string =>
  validity === "valid"
    ? "Valid: nothing speaks against this run."
    : validity === "unknown"
    ? "Nobody can tell: there was nothing to judge by."
    : `Invalid: ${data.counted === 1 ? "this speaks" : "these speak"} against it.`

const figures = ({ messagesPerOperation, operations }: Recording): string =>
  `${operations.count} operations, ${operations.ok} of them ok; ${
    Format.count(Math.round(messagesPerOperation * 1000) / 1000)
  } messages between servers for each.`

/** Each finding, with a button that goes to the moment at which it shows. */
const findings = ({ data }: Recording, seek: (time: number) => void): HTMLElement =>
  el(
    "ol",
    { class: "findings" },
    ...data.findings.slice(0, 12).map((line, index) => {
      const at = data.evidence.find(({ finding }) => finding === index)?.operations.map((one) => data.operations[one]!)
      const time = at === undefined ? undefined : Math.min(...at.map(([start]) => start))
      return el(
        "li",
        {},
        line,
        " ",
        time === undefined ? undefined : button(`show ${Format.moment(time)}`, () => seek(time))
      )
    })
  )

export const show = (mount: HTMLElement, recording: Recording, seek: (time: number) => void): void => {
  mount.className = `verdict ${recording.validity}`
  mount.replaceChildren(
    el("p", { class: "headline", role: "status" }, headline(recording)),
    el("p", {}, figures(recording)),
    recording.data.findings.length === 0 ? "" : findings(recording, seek)
  )
}

export const fail = (mount: HTMLElement, why: string): void => {
  mount.className = "verdict failed"
  mount.replaceChildren(el("p", { class: "headline", role: "status" }, "There is no run."), el("pre", {}, why))
}

/** The moment at which the next finding after this moment shows, else that of the first one. */
export const nextFinding = ({ data }: Recording, time: number): number | undefined => {
  const times = data.evidence
    .map(({ operations }) => Math.min(...operations.map((one) => data.operations[one]![0])))
    .toSorted((a, b) => a - b)
  return times.find((one) => one > time) ?? times[0]
}
