/**
 * The space-time diagram, and all that moves it: pointer, keys, an overview of the whole run, and what findings are about.
 */
import { type ReportData, role } from "../../src/report/ReportData.ts"
import * as SpaceTime from "../../src/report/SpaceTime.ts"
import { button, checkbox, drawn, el } from "./Dom.ts"
import * as Format from "./Format.ts"
import { place } from "./Frame.ts"
import * as Inspector from "./Inspector.ts"
import { diagramLegend } from "./Marks.ts"
import { overview } from "./Overview.ts"
import { gutter, lanesOf, type Picture, picture, right } from "./Picture.ts"
import * as Words from "./Words.ts"

export interface Diagram {
  /** Selects an operation and goes there. */
  readonly showOperation: (index: number) => void
  /** Highlights what a finding is about and goes there. */
  readonly showEvidence: (index: number) => void
}

/** The shortest range, in ms. */
const shortest = 0.01

/** How near a pointer must come, in pixels. */
const reach = 7

const distance = (at: Picture["places"][number], x: number, y: number): number => {
  const [dx, dy] = [at.x2 - at.x1, at.y2 - at.y1]
  const along = Math.min(1, Math.max(0, ((x - at.x1) * dx + (y - at.y1) * dy) / (dx * dx + dy * dy || 1)))
  return Math.hypot(at.x1 + along * dx - x, at.y1 + along * dy - y)
}

export const diagram = (data: ReportData, mount: HTMLElement): Diagram => {
  const { addresses, duration, evidence, messages, nodes, operations } = data
  const beginning = Math.min(0, messages[0]?.[3] ?? 0)
  const paint = picture(data)

  let range = SpaceTime.firstRange(data)
  let selected: SpaceTime.Thing | undefined
  let highlighted: number | undefined
  let lane: number | undefined
  let withInfluence = false
  const shown = { withClients: false, withServices: true }
  let painted: Picture | undefined

  const stage = el("div", {
    class: "stage",
    tabindex: 0,
    role: "application",
    "aria-roledescription": "space-time diagram",
    "aria-label": `Space-time diagram of ${nodes.length} ${nodes.length === 1 ? "node" : "nodes"}`,
    "aria-describedby": "diagram-keys"
  })
  const tip = el("div", { class: "tip", "aria-hidden": "true", hidden: true })
  const status = el("p", { class: "status", role: "status" })
  const details = el("div", { class: "inspector" })
  const highlights = el("div", { class: "highlights" })
  const crowded = el("p", { class: "note", hidden: true })
  const legend = el("div")
  const from = el("input", { type: "number", step: "any", inputmode: "decimal", "aria-label": "from, in seconds" })
  const to = el("input", { type: "number", step: "any", inputmode: "decimal", "aria-label": "to, in seconds" })

  let influenced: SpaceTime.Influence | undefined
  const redraw = drawn(stage, (width) => {
    const accused = highlighted === undefined ? [] : evidence[highlighted]!.operations
    const before = painted?.element
    painted = paint({ range, ...shown, lane, selected, accused, influenced }, width)
    before?.remove()
    stage.prepend(painted.element)
    crowded.hidden = !painted.isCrowded
    crowded.textContent =
      `${
        Format.count(painted.messages)
      } messages are in this range, too many to draw each: the bars show how many were `
      + "sent (above a line) and received (below it). Zoom in to see them."
    strip.move(range)
    const decimals = Math.min(6, Math.max(1, Math.ceil(-Math.log10((range.to - range.from) / 1000)) + 2))
    from.value = (range.from / 1000).toFixed(decimals)
    to.value = (range.to / 1000).toFixed(decimals)
  })
  let isDue = false
  /** Draws with the next frame, however often it is asked to until then. */
  const soon = (): void => {
    if (isDue) return
    isDue = true
    requestAnimationFrame(() => {
      isDue = false
      redraw()
    })
  }

  // Where to look

  const look = (wanted: SpaceTime.Range): void => {
    const length = Math.min(duration - beginning, Math.max(shortest, wanted.to - wanted.from))
    const start = Math.min(duration - length, Math.max(beginning, wanted.from))
    range = { from: start, to: start + length }
    soon()
  }
  const lookAround = (middle: number, length: number): void =>
    look({ from: middle - length / 2, to: middle + length / 2 })
  const length = (): number => range.to - range.from
  const pan = (share: number): void => look({ from: range.from + share * length(), to: range.to + share * length() })
  /** Makes the range so many times as long, around a moment. */
  const zoom = (factor: number, around = (range.from + range.to) / 2): void => {
    const wanted = Math.max(shortest, length() * factor)
    const share = (around - range.from) / length()
    look({ from: around - share * wanted, to: around + (1 - share) * wanted })
  }
  const wholeRun = (): void => look({ from: beginning, to: duration })

  // What is selected, and what is highlighted

  const updateInfluence = (): void => {
    influenced = withInfluence && selected !== undefined ? SpaceTime.influence(data, selected) : undefined
    soon()
  }

  const select = (thing: SpaceTime.Thing | undefined): void => {
    selected = thing
    updateInfluence()
    details.replaceChildren(...Inspector.details(data, thing, select))
    status.textContent = thing === undefined ? "" : Words.of(data, thing)
    if (thing === undefined) return
    const { from, to } = SpaceTime.timeOf(data, thing)
    if (from < range.from || to > range.to) lookAround((from + to) / 2, Math.max(length(), (to - from) * 1.5))
  }

  const highlight = (index: number | undefined): void => {
    highlighted = index
    for (const element of document.querySelectorAll("[data-evidence]")) {
      element.setAttribute("aria-pressed", String(element.getAttribute("data-evidence") === String(index)))
    }
    soon()
    if (index === undefined) return highlights.replaceChildren()
    highlights.replaceChildren(...Inspector.evidence(data, index, select, () => highlight(undefined)))
    const times = evidence[index]!.operations.map((index) => SpaceTime.timeOf(data, { kind: "operation", index }))
    const start = Math.min(...times.map(({ from }) => from))
    const end = Math.max(...times.map(({ to }) => to))
    lookAround((start + end) / 2, Math.max(10, (end - start) * 1.24))
  }

  const chooseLane = (by: number): void => {
    const { names } = lanesOf(data, shown)
    const next = (lane ?? -1) + by
    lane = next < 0 ? undefined : Math.min(names.length - 1, next)
    status.textContent = lane === undefined ? "all lines" : names[lane]!
    soon()
  }

  /** Whether it is on the line that is chosen, or on any that is shown. */
  const isOnLane = ({ index, kind }: SpaceTime.Thing): boolean => {
    const { laneOf } = lanesOf(data, shown)
    const ends = kind === "operation" ? [operations[index]![2]] : messages[index]!.slice(0, 2) as [number, number]
    const lanes = ends.map((address) => laneOf[address]!)
    return lanes.every((one) => one >= 0) && (lane === undefined || lanes.includes(lane))
  }

  /** The next one in time, or the one before: from what is selected on, else from the beginning of the range. */
  const step = (kind: SpaceTime.Thing["kind"], direction: 1 | -1): void => {
    const all = kind === "operation" ? operations : messages
    const startOf = (index: number): number => SpaceTime.timeOf(data, { kind, index }).from
    let index: number
    if (selected?.kind === kind) {
      index = selected.index + direction
    } else {
      const now = selected === undefined ? range.from : SpaceTime.timeOf(data, selected).from
      const next = all.findIndex((_, index) => startOf(index) >= now)
      index = (next < 0 ? all.length : next) - (direction < 0 ? 1 : 0)
    }
    while (index >= 0 && index < all.length && !isOnLane({ kind, index })) index += direction
    if (index >= 0 && index < all.length) select({ kind, index })
  }

  /** The next one of those that are highlighted. */
  const stepHighlighted = (direction: 1 | -1): void => {
    if (highlighted === undefined) return
    const { operations } = evidence[highlighted]!
    const at = selected?.kind === "operation" ? operations.indexOf(selected.index) : -1
    const index = operations[at < 0 ? 0 : at + direction]
    if (index !== undefined) select({ kind: "operation", index })
  }

  // Keys

  const keys: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => pan(-0.1),
    ArrowRight: () => pan(0.1),
    "Shift+ArrowLeft": () => pan(-0.5),
    "Shift+ArrowRight": () => pan(0.5),
    ArrowUp: () => chooseLane(-1),
    ArrowDown: () => chooseLane(1),
    Home: () => look({ from: beginning, to: beginning + length() }),
    End: () => look({ from: duration - length(), to: duration }),
    "+": () => zoom(0.6),
    "=": () => zoom(0.6),
    "-": () => zoom(1 / 0.6),
    "0": wholeRun,
    n: () => step("operation", 1),
    p: () => step("operation", -1),
    m: () => step("message", 1),
    M: () => step("message", -1),
    e: () => evidence.length > 0 ? highlight(((highlighted ?? -1) + 1) % evidence.length) : undefined,
    f: () => stepHighlighted(1),
    F: () => stepHighlighted(-1),
    i: () => influence.querySelector("input")?.click(),
    Escape: () => {
      lane = undefined
      highlight(undefined)
      select(undefined)
    }
  }

  stage.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const act = keys[event.shiftKey && event.key.startsWith("Arrow") ? `Shift+${event.key}` : event.key]
    if (act === undefined) return
    event.preventDefault()
    act()
  })

  // Pointers

  const pointAt = ({ clientX, clientY }: MouseEvent): readonly [x: number, y: number] => {
    const { left, top } = stage.getBoundingClientRect()
    return [clientX - left, clientY - top]
  }
  const timeAt = (event: MouseEvent): number | undefined => painted?.x.invert(pointAt(event)[0])

  const thingAt = (event: MouseEvent): SpaceTime.Thing | undefined => {
    const [x, y] = pointAt(event)
    let best: SpaceTime.Thing | undefined
    let least = reach
    for (const at of painted?.places ?? []) {
      // a bar is thick: it wins over the lines around it
      const far = distance(at, x, y) - (at.kind === "operation" ? 3 : 0)
      if (far >= least) continue
      least = far
      best = { kind: at.kind, index: at.index }
    }
    return best
  }

  stage.addEventListener("wheel", (event) => {
    const isSideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey
    if (!event.ctrlKey && !event.metaKey && !isSideways) return // the page scrolls
    event.preventDefault()
    if (isSideways) pan((event.deltaX || event.deltaY) / stage.clientWidth)
    else zoom(Math.exp(Math.max(-0.5, Math.min(0.5, event.deltaY * 0.004))), timeAt(event))
  }, { passive: false })

  let grip: { readonly x: number; readonly range: SpaceTime.Range } | undefined
  let wasDragged = false
  stage.addEventListener("pointerdown", (event) => {
    if (event.button === 0) grip = { x: event.clientX, range }
    wasDragged = false
  })
  const drag = (event: PointerEvent, grip: { readonly x: number; readonly range: SpaceTime.Range }): void => {
    const by = event.clientX - grip.x
    if (!wasDragged && Math.abs(by) < 4) return
    if (!wasDragged) stage.setPointerCapture(event.pointerId)
    wasDragged = true
    tip.hidden = true
    const time = by / (stage.clientWidth - gutter - right) * (grip.range.to - grip.range.from)
    look({ from: grip.range.from - time, to: grip.range.to - time })
  }
  stage.addEventListener("pointermove", (event) => {
    if (grip !== undefined) return drag(event, grip)
    const thing = thingAt(event)
    tip.hidden = thing === undefined
    stage.classList.toggle("over", thing !== undefined)
    if (thing === undefined) return
    tip.textContent = Words.of(data, thing)
    place(tip, ...pointAt(event), stage.clientWidth)
  })
  for (const end of ["pointerup", "pointercancel"] as const) {
    stage.addEventListener(end, () => {
      grip = undefined
    })
  }
  stage.addEventListener("pointerleave", () => {
    tip.hidden = true
  })
  stage.addEventListener("click", (event) => {
    if (!wasDragged) select(thingAt(event))
  })
  stage.addEventListener("dblclick", (event) => zoom(0.35, timeAt(event)))

  const typed = (): void => {
    const wanted = { from: Number(from.value) * 1000, to: Number(to.value) * 1000 }
    if (wanted.to > wanted.from) look(wanted)
  }
  from.addEventListener("change", typed)
  to.addEventListener("change", typed)

  // All together

  const showLegend = (): void => legend.replaceChildren(diagramLegend(data, shown.withClients, shown.withServices))
  showLegend()
  const show = (what: "client" | "service", key: keyof typeof shown): HTMLElement | undefined =>
    addresses.some((address) => role(address) === what)
      ? checkbox(`${what}s`, shown[key], (checked) => {
        shown[key] = checked
        lane = undefined
        showLegend()
        soon()
      })
      : undefined
  const influence = checkbox("influence of the selection", withInfluence, (checked) => {
    withInfluence = checked
    updateInfluence()
  })
  const strip = overview(data, beginning, look)
  stage.append(tip)
  mount.append(
    el(
      "div",
      { class: "toolbar", role: "group", "aria-label": "Range of the diagram" },
      button("−", () => zoom(1 / 0.6), { "aria-label": "Zoom out", title: "Zoom out (−)" }),
      button("+", () => zoom(0.6), { "aria-label": "Zoom in", title: "Zoom in (+)" }),
      button("◀", () => pan(-0.3), { "aria-label": "Earlier", title: "Earlier (←)" }),
      button("▶", () => pan(0.3), { "aria-label": "Later", title: "Later (→)" }),
      button("Whole run", wholeRun, { title: "Whole run (0)" }),
      el("span", { class: "range" }, from, " to ", to, " s"),
      el("span", { class: "checks" }, show("client", "withClients"), show("service", "withServices"), influence)
    ),
    legend,
    strip.element,
    stage,
    crowded,
    el(
      "p",
      { class: "hint", id: "diagram-keys" },
      "Drag to move, Ctrl + wheel to zoom, click for details. Keys: ← → move, + − zoom, 0 whole run, n p operations, m M messages, e findings, ? all keys."
    ),
    status,
    el("div", { class: "panels" }, highlights, details)
  )
  if (messages.length === 0) {
    const why = data.hasJournal
      ? "No message was sent."
      : "This run kept no journal of its messages: only its operations are drawn."
    mount.append(el("p", { class: "none" }, why))
  }

  const goThere = (): void => {
    stage.focus({ preventScroll: true })
    mount.parentElement?.scrollIntoView({ block: "start" })
  }
  return {
    showOperation: (index) => {
      const { from, to } = SpaceTime.timeOf(data, { kind: "operation", index })
      lookAround((from + to) / 2, Math.min(length(), Math.max(1000, (to - from) * 3)))
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
