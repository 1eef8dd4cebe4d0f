/**
 * Brings a report to life: draws what its data holds.
 */
import type { ReportData } from "../../src/report/ReportData.ts"
import * as Charts from "./Charts.ts"
import { diagram } from "./Diagram.ts"
import { el } from "./Dom.ts"
import { messages } from "./Messages.ts"

const keys: ReadonlyArray<readonly [keys: string, what: string]> = [
  ["Tab", "to the next thing that can be used; the diagram is one, the ends of the range above it are others"],
  ["← →", "in the diagram: earlier and later, with Shift by half a screen; at an end of the range: move that end"],
  ["+ −", "zoom in and out"],
  ["0", "the whole run"],
  ["Home End", "to its beginning and its end"],
  ["↑ ↓", "choose a line: then n, p, m and M stay with it"],
  ["n p", "next operation, and the one before"],
  ["m M", "next message, and the one before"],
  ["e", "next thing that a finding is about"],
  ["f F", "next operation of it, and the one before"],
  ["i", "show only what the selection could have influenced, or been influenced by"],
  ["Esc", "select and highlight nothing, all lines"],
  ["?", "this help"]
]

const help = (): HTMLDialogElement =>
  el(
    "dialog",
    { "aria-labelledby": "keys-title" },
    el("h2", { id: "keys-title" }, "Keys"),
    el(
      "dl",
      { class: "keys" },
      ...keys.map(([key, what]) =>
        el("div", {}, el("dt", {}, ...key.split(" ").map((one) => el("kbd", {}, one))), el("dd", {}, what))
      )
    ),
    el(
      "p",
      {},
      "With a pointer: drag the diagram to move it, Ctrl + wheel to zoom, click for details, double click to zoom in. Drag in the strip above it to choose a range. Choose a point of the latencies to see that operation."
    ),
    el("form", { method: "dialog" }, el("button", { autofocus: true }, "Close"))
  )

const run = (data: ReportData): void => {
  const mount = (id: string): HTMLElement | undefined => {
    const element = document.querySelector<HTMLElement>(`#${id} .mount`) ?? undefined
    element?.replaceChildren()
    return element
  }
  const stage = mount("diagram")
  const spaceTime = stage && diagram(data, stage)
  const latency = mount("latency")
  if (latency) Charts.latencies(data, latency, (operation) => spaceTime?.showOperation(operation))
  const spread = mount("spread")
  if (spread) Charts.spread(data, spread)
  const quantiles = mount("quantiles")
  if (quantiles) Charts.quantiles(data, quantiles)
  const rate = mount("rate")
  if (rate) Charts.rate(data, rate)
  const sent = mount("messages")
  if (sent) messages(data, sent)

  for (const button of document.querySelectorAll("[data-evidence]")) {
    button.setAttribute("aria-pressed", "false")
    button.addEventListener("click", () => spaceTime?.showEvidence(Number(button.getAttribute("data-evidence"))))
  }

  const dialog = help()
  document.body.append(dialog)
  document.querySelector(".help")?.addEventListener("click", () => dialog.showModal())
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target instanceof HTMLInputElement && event.target.type === "number"
    if (event.key !== "?" || isTyping || dialog.open) return
    event.preventDefault()
    dialog.showModal()
  })
}

// src/report/Html.ts wrote it, with the type as which it is read here.
run(JSON.parse(document.querySelector("#data")?.textContent ?? "") as ReportData)
