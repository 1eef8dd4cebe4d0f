/**
 * What the pointer does to the diagram: it shows what is under it, selects that by a click, drags the range, and zooms
 * by the wheel.
 */
import type { Range, Thing } from "../../src/report/SpaceTime.ts"
import { place } from "./Frame.ts"
import { gutter, type Place, right } from "./Layout.ts"
import type { Picture } from "./Picture.ts"
import type { Viewport } from "./Viewport.ts"

export interface Pointed {
  readonly stage: HTMLElement
  /** The words beside the pointer. */
  readonly tip: HTMLElement
  readonly viewport: Viewport
  readonly picture: () => Picture | undefined
  readonly words: (thing: Thing) => string
  readonly select: (thing: Thing | undefined) => void
}

/** How near a pointer must be to a thing, in pixels. */
const reach = 7

/** How far a pointer must move, in pixels, before it drags. */
const slack = 4

const distance = (at: Place, x: number, y: number): number => {
  const [dx, dy] = [at.x2 - at.x1, at.y2 - at.y1]
  const along = Math.min(1, Math.max(0, ((x - at.x1) * dx + (y - at.y1) * dy) / (dx * dx + dy * dy || 1)))
  return Math.hypot(at.x1 + along * dx - x, at.y1 + along * dy - y)
}

const nearest = (places: ReadonlyArray<Place>, x: number, y: number): Thing | undefined => {
  let best: Thing | undefined
  let least = reach
  for (const at of places) {
    // a bar is thick, so it goes before the lines around it
    const far = distance(at, x, y) - (at.kind === "operation" ? 3 : 0)
    if (far >= least) continue
    least = far
    best = { kind: at.kind, index: at.index }
  }
  return best
}

/**
 * Lets the pointer drag the range. Answers whether the pointer is down, and whether it has dragged since it went down.
 */
const drags = ({ stage, tip, viewport }: Pointed) => {
  let grip: { readonly x: number; readonly range: Range } | undefined
  let wasDragged = false
  stage.addEventListener("pointerdown", (event) => {
    if (event.button === 0) grip = { x: event.clientX, range: viewport.range() }
    wasDragged = false
  })
  stage.addEventListener("pointermove", (event) => {
    if (grip === undefined) return
    const by = event.clientX - grip.x
    if (!wasDragged && Math.abs(by) < slack) return
    if (!wasDragged) stage.setPointerCapture(event.pointerId)
    wasDragged = true
    tip.hidden = true
    const { from, to } = grip.range
    const time = by / (stage.clientWidth - gutter - right) * (to - from)
    viewport.look({ from: from - time, to: to - time })
  })
  for (const end of ["pointerup", "pointercancel"] as const) {
    stage.addEventListener(end, () => {
      grip = undefined
    })
  }
  return { isDown: (): boolean => grip !== undefined, wasDragged: (): boolean => wasDragged }
}

export const pointers = (pointed: Pointed): void => {
  const { picture, select, stage, tip, viewport, words } = pointed
  const pointAt = ({ clientX, clientY }: MouseEvent): readonly [x: number, y: number] => {
    const { left, top } = stage.getBoundingClientRect()
    return [clientX - left, clientY - top]
  }
  const timeAt = (event: MouseEvent): number | undefined => picture()?.x.invert(pointAt(event)[0])
  const thingAt = (event: MouseEvent): Thing | undefined => nearest(picture()?.places ?? [], ...pointAt(event))

  stage.addEventListener("wheel", (event) => {
    const isSideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey
    if (!event.ctrlKey && !event.metaKey && !isSideways) return // then the page scrolls
    event.preventDefault()
    if (isSideways) viewport.pan((event.deltaX || event.deltaY) / stage.clientWidth)
    else viewport.zoom(Math.exp(Math.max(-0.5, Math.min(0.5, event.deltaY * 0.004))), timeAt(event))
  }, { passive: false })

  const { isDown, wasDragged } = drags(pointed)
  stage.addEventListener("pointermove", (event) => {
    if (isDown()) return
    const thing = thingAt(event)
    tip.hidden = thing === undefined
    stage.classList.toggle("over", thing !== undefined)
    if (thing === undefined) return
    tip.textContent = words(thing)
    place(tip, ...pointAt(event), stage.clientWidth)
  })
  stage.addEventListener("pointerleave", () => {
    tip.hidden = true
  })
  stage.addEventListener("click", (event) => {
    if (!wasDragged()) select(thingAt(event))
  })
  stage.addEventListener("dblclick", (event) => viewport.zoom(0.35, timeAt(event)))
}
