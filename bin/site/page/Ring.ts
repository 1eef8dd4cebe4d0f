/**
 * One moment of a run as a picture: nodes in a ring, services in the middle, messages between them, cut links in red.
 */
import { el, svg } from "../../page/Dom.ts"
import type { Flying, NodeScene, Scene } from "../Scene.ts"

const size = 640
const middle = size / 2
const radius = 235

interface Point {
  readonly x: number
  readonly y: number
}

export interface Ring {
  readonly element: HTMLElement
  readonly draw: (scene: Scene, selected: ReadonlySet<string>) => void
}

const shorten = (text: string, length: number): string => text.length > length ? `${text.slice(0, length - 1)}…` : text

const placesOf = ({ nodes, services }: Scene): ReadonlyMap<string, Point> =>
  new Map([
    ...nodes.map(({ id }, i) => {
      const angle = 2 * Math.PI * i / nodes.length - Math.PI / 2
      return [id, { x: middle + radius * Math.cos(angle), y: middle + radius * Math.sin(angle) }] as const
    }),
    ...services.map((id, i) => [id, { x: middle, y: middle + 46 * (i - (services.length - 1) / 2) }] as const)
  ])

const classOf = ({ isKilled, isPaused, isSkewed }: NodeScene, isSelected: boolean): string =>
  [
    "node",
    isKilled ? "killed" : isPaused ? "paused" : "up",
    ...isSkewed ? ["skewed"] : [],
    ...isSelected ? ["chosen"] : []
  ].join(" ")

const stateOf = ({ isKilled, isPaused, isSkewed }: NodeScene): string =>
  [...isKilled ? ["killed"] : isPaused ? ["paused"] : [], ...isSkewed ? ["clock wrong"] : []].join(", ")

/** In a larger cluster than this only chosen nodes have room for words. */
const mostTold = 10

const nodeMark = (node: NodeScene, { x, y }: Point, isSelected: boolean, nodes: number): SVGGElement => {
  const isTold = isSelected || nodes <= mostTold
  const r = nodes <= mostTold ? 30 : 20
  const state = stateOf(node)
  const label = [node.id, state, node.asked[0] ?? "", node.said].filter((part) => part !== "").join(", ")
  return svg(
    "g",
    { class: classOf(node, isSelected), transform: `translate(${x} ${y})` },
    svg(
      "g",
      { role: "button", tabindex: 0, "aria-pressed": String(isSelected), "aria-label": label, "data-node": node.id },
      svg("circle", { r }),
      svg("text", { class: "name", "text-anchor": "middle", dy: state === "" ? "0.35em" : "0em" }, node.id)
    ),
    svg(
      "g",
      { "aria-hidden": "true" },
      svg("text", { class: "state", "text-anchor": "middle", dy: "1.2em" }, state),
      svg(
        "text",
        { class: "asked", "text-anchor": "middle", y: -r - 8 },
        shorten(isTold ? node.asked[0] ?? "" : "", 22)
      ),
      svg("text", { class: "said", "text-anchor": "middle", y: r + 18 }, shorten(isTold ? node.said : "", 22))
    )
  )
}

const messageMark = (message: Flying, places: ReadonlyMap<string, Point>): SVGGElement | undefined => {
  const [from, to] = [places.get(message.from), places.get(message.to)]
  if (from === undefined || to === undefined) return undefined
  const x = from.x + (to.x - from.x) * message.share
  const y = from.y + (to.y - from.y) * message.share
  return svg(
    "g",
    { class: message.isDropped ? "flying dropped" : "flying", "data-message": message.index },
    svg("line", { x1: from.x, y1: from.y, x2: x, y2: y }),
    message.isDropped
      ? svg("path", { d: `M${x - 6} ${y - 6}l12 12m0 -12l-12 12` })
      : svg("circle", { cx: x, cy: y, r: 7 }),
    svg("title", {}, `${message.type}, ${message.from} to ${message.to}`)
  )
}

const cutMark = (to: Point, from: Point): SVGElement =>
  svg("line", { class: "cut", x1: from.x, y1: from.y, x2: (from.x + to.x) / 2, y2: (from.y + to.y) / 2 })

export const make = (onNode: (id: string, adds: boolean) => void, onMessage: (index: number) => void): Ring => {
  const root = svg("svg", { viewBox: `0 0 ${size} ${size}`, class: "ring", role: "group", "aria-label": "The cluster" })
  const element = el("div", { class: "ring-frame" }, root)
  const choose = (target: EventTarget | null, adds: boolean): boolean => {
    const found = target instanceof Element ? target.closest("[data-node], [data-message]") : null
    const node = found?.getAttribute("data-node")
    const message = found?.getAttribute("data-message")
    if (typeof node === "string") onNode(node, adds)
    else if (typeof message === "string") onMessage(Number(message))
    return found !== null
  }
  root.addEventListener("click", (event) => void choose(event.target, event.shiftKey))
  root.addEventListener("keydown", (event) => {
    if ((event.key === "Enter" || event.key === " ") && choose(event.target, event.shiftKey)) event.preventDefault()
  })
  return {
    element,
    draw: (scene, selected) => {
      const focused = document.activeElement?.getAttribute("data-node")
      const places = placesOf(scene)
      root.replaceChildren(
        svg("circle", { class: "orbit", cx: middle, cy: middle, r: radius }),
        ...scene.cuts.flatMap(([to, from]) => {
          const [a, b] = [places.get(to), places.get(from)]
          return a === undefined || b === undefined ? [] : [cutMark(a, b)]
        }),
        ...scene.flying.flatMap((message) => messageMark(message, places) ?? []),
        ...scene.services.map((id) =>
          svg("text", { class: "service", "text-anchor": "middle", ...places.get(id) }, id)
        ),
        ...scene.nodes.map((node) => nodeMark(node, places.get(node.id)!, selected.has(node.id), scene.nodes.length))
      )
      if (typeof focused === "string") root.querySelector<SVGElement>(`[data-node="${focused}"]`)?.focus()
    }
  }
}
