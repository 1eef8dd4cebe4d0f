/**
 * The space-time diagram, and all that moves it: the pointer, keys, an overview of the whole run, and findings, which
 * lead to their operations.
 */
import { type ReportData, role } from "../../src/report/ReportData.ts"
import * as SpaceTime from "../../src/report/SpaceTime.ts"
import * as Choice from "./Choice.ts"
import { checkbox, drawn, el } from "./Dom.ts"
import * as Format from "./Format.ts"
import * as Inspector from "./Inspector.ts"
import { lanesOf } from "./Layout.ts"
import { diagramLegend } from "./Marks.ts"
import { overview } from "./Overview.ts"
import { type Picture, picture } from "./Picture.ts"
import { pointers } from "./Pointers.ts"
import { toolbar, zoomStep } from "./Toolbar.ts"
import { type Viewport, viewport } from "./Viewport.ts"
import * as Words from "./Words.ts"

export interface Diagram {
  /** Selects an operation and goes there. */
  readonly showOperation: (index: number) => void
  /** Highlights what a finding is about and goes there. */
  readonly showEvidence: (index: number) => void
}

const partsOf = (nodeCount: number) => ({
  stage: el("div", {
    class: "stage",
    tabindex: 0,
    role: "application",
    "aria-roledescription": "space-time diagram",
    "aria-label": `Space-time diagram of ${nodeCount} ${nodeCount === 1 ? "node" : "nodes"}`,
    "aria-describedby": "diagram-keys"
  }),
  tip: el("div", { class: "tip", "aria-hidden": "true", hidden: true }),
  status: el("p", { class: "status", role: "status" }),
  /** The details of the selection. */
  details: el("div", { class: "inspector" }),
  /** The operations that the highlighted finding is about. */
  highlights: el("div", { class: "highlights" }),
  /** Says that there are too many messages to draw each. */
  crowded: el("p", { class: "note", hidden: true }),
  legend: el("div"),
  hint: el(
    "p",
    { class: "hint", id: "diagram-keys" },
    "Drag to move, Ctrl + wheel to zoom, click for details. Keys: ← → move, + − zoom, 0 whole run, n p operations, m M messages, e findings, ? all keys."
  )
})

type Parts = ReturnType<typeof partsOf>

/** Acts with the next frame, once, however often it is called until then. */
const atNextFrame = (act: () => void): () => void => {
  let isDue = false
  return () => {
    if (isDue) return
    isDue = true
    requestAnimationFrame(() => {
      isDue = false
      act()
    })
  }
}

const actsOf = (data: ReportData, choice: Choice.Choice, parts: Parts, view: Viewport, redraw: () => void) => {
  const bringOut = (withInfluence: boolean): void => {
    const { selected } = choice
    choice.withInfluence = withInfluence
    choice.influenced = withInfluence && selected !== undefined ? SpaceTime.influence(data, selected) : undefined
    redraw()
  }

  const select = (thing: SpaceTime.Thing | undefined): void => {
    choice.selected = thing
    bringOut(choice.withInfluence)
    parts.details.replaceChildren(...Inspector.details(data, thing, select))
    parts.status.textContent = thing === undefined ? "" : Words.of(data, thing)
    if (thing === undefined) return
    const { from, to } = SpaceTime.timeOf(data, thing)
    const range = view.range()
    if (from < range.from || to > range.to) {
      view.lookAround((from + to) / 2, Math.max(view.length(), (to - from) * 1.5))
    }
  }

  const highlight = (index: number | undefined): void => {
    choice.highlighted = index
    for (const element of document.querySelectorAll("[data-evidence]")) {
      element.setAttribute("aria-pressed", String(element.getAttribute("data-evidence") === String(index)))
    }
    redraw()
    if (index === undefined) return parts.highlights.replaceChildren()
    parts.highlights.replaceChildren(...Inspector.evidence(data, index, select, () => highlight(undefined)))
    const { from, to } = Choice.evidenceRange(data, index)
    view.lookAround((from + to) / 2, Math.max(10, (to - from) * 1.24))
  }

  const chooseLane = (by: number): void => {
    const { names } = lanesOf(data, choice)
    const next = (choice.lane ?? -1) + by
    choice.lane = next < 0 ? undefined : Math.min(names.length - 1, next)
    parts.status.textContent = choice.lane === undefined ? "all lines" : names[choice.lane]!
    redraw()
  }

  return { bringOut, select, highlight, chooseLane }
}

type Acts = ReturnType<typeof actsOf>

/** What each key does. */
const keysOf = (
  data: ReportData,
  choice: Choice.Choice,
  view: Viewport,
  { chooseLane, highlight, select }: Acts
): Readonly<Record<string, () => void>> => {
  const { pan, zoom } = view
  const selectIfThereIs = (thing: SpaceTime.Thing | undefined): void => {
    if (thing !== undefined) select(thing)
  }
  const step = (kind: SpaceTime.Thing["kind"], direction: 1 | -1) => (): void =>
    selectIfThereIs(Choice.next(data, choice, view.range(), kind, direction))
  const stepHighlighted = (direction: 1 | -1) => (): void =>
    selectIfThereIs(Choice.nextHighlighted(data, choice, direction))
  const nextFinding = (): void => {
    if (data.evidence.length > 0) highlight(((choice.highlighted ?? -1) + 1) % data.evidence.length)
  }
  return {
    ArrowLeft: () => pan(-0.1),
    ArrowRight: () => pan(0.1),
    "Shift+ArrowLeft": () => pan(-0.5),
    "Shift+ArrowRight": () => pan(0.5),
    ArrowUp: () => chooseLane(-1),
    ArrowDown: () => chooseLane(1),
    Home: view.beginning,
    End: view.end,
    "+": () => zoom(zoomStep),
    "=": () => zoom(zoomStep),
    "-": () => zoom(1 / zoomStep),
    "0": view.wholeRun,
    n: step("operation", 1),
    p: step("operation", -1),
    m: step("message", 1),
    M: step("message", -1),
    e: nextFinding,
    f: stepHighlighted(1),
    F: stepHighlighted(-1),
    Escape: () => {
      choice.lane = undefined
      highlight(undefined)
      select(undefined)
    }
  }
}

const listen = (stage: HTMLElement, keys: Readonly<Record<string, () => void>>): void =>
  stage.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const act = keys[event.shiftKey && event.key.startsWith("Arrow") ? `Shift+${event.key}` : event.key]
    if (act === undefined) return
    event.preventDefault()
    act()
  })

/** Checkboxes for lines that need not be shown, where there are such lines. */
const laneChecks = (data: ReportData, choice: Choice.Choice, { legend }: Parts, redraw: () => void) => {
  const showLegend = (): void => legend.replaceChildren(diagramLegend(data, choice.withClients, choice.withServices))
  const check = (what: "client" | "service", key: "withClients" | "withServices"): HTMLElement | undefined =>
    data.addresses.some((address) => role(address) === what)
      ? checkbox(`${what}s`, choice[key], (checked) => {
        choice[key] = checked
        choice.lane = undefined
        showLegend()
        redraw()
      })
      : undefined
  showLegend()
  return [check("client", "withClients"), check("service", "withServices")]
}

const crowdedText = ({ messages }: Picture): string =>
  `${Format.count(messages)} messages are in this range, too many to draw each: the bars show how many were `
  + "sent (above a line) and received (below it). Zoom in to see them."

const noMessageText = ({ hasJournal }: ReportData): string =>
  hasJournal
    ? "No message was sent."
    : "This run kept no journal of its messages: only its operations are drawn."

export const diagram = (data: ReportData, mount: HTMLElement): Diagram => {
  const choice = Choice.nothing()
  const parts = partsOf(data.nodes.length)
  const { crowded, details, highlights, hint, legend, stage, status, tip } = parts
  const run = { from: Math.min(0, data.messages[0]?.[3] ?? 0), to: data.duration }
  const soon = atNextFrame(() => redraw())
  const view = viewport(run, SpaceTime.firstRange(data), soon)
  const acts = actsOf(data, choice, parts, view, soon)
  const { highlight, select } = acts

  const influence = checkbox("influence of the selection", choice.withInfluence, acts.bringOut)
  const bar = toolbar(view, ...laneChecks(data, choice, parts, soon), influence)
  const strip = overview(data, run, view.look)
  const paint = picture(data)
  let painted: Picture | undefined
  const redraw = drawn(stage, (width) => {
    const accused = choice.highlighted === undefined ? [] : data.evidence[choice.highlighted]!.operations
    const before = painted?.element
    painted = paint({ ...choice, range: view.range(), accused }, width)
    before?.remove()
    stage.prepend(painted.element)
    crowded.hidden = !painted.isCrowded
    crowded.textContent = crowdedText(painted)
    strip.move(view.range())
    bar.show(view.range())
  })

  listen(stage, { ...keysOf(data, choice, view, acts), i: () => influence.querySelector("input")?.click() })
  pointers({ stage, tip, viewport: view, picture: () => painted, words: (thing) => Words.of(data, thing), select })

  stage.append(tip)
  const panels = el("div", { class: "panels" }, highlights, details)
  mount.append(bar.element, legend, strip.element, stage, crowded, hint, status, panels)
  if (data.messages.length === 0) mount.append(el("p", { class: "none" }, noMessageText(data)))

  const goThere = (): void => {
    stage.focus({ preventScroll: true })
    mount.parentElement?.scrollIntoView({ block: "start" })
  }
  return {
    showOperation: (index) => {
      const { from, to } = SpaceTime.timeOf(data, { kind: "operation", index })
      view.lookAround((from + to) / 2, Math.min(view.length(), Math.max(1000, (to - from) * 3)))
      select({ kind: "operation", index })
      goThere()
    },
    showEvidence: (index) => {
      select(undefined)
      highlight(index)
      goThere()
    }
  }
}
