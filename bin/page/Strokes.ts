/**
 * Paths by class name, so that thousands of marks are a handful of elements.
 */
import { svg } from "./Dom.ts"

export interface Strokes {
  readonly add: (className: string, d: string) => void
  readonly elements: () => ReadonlyArray<SVGPathElement>
}

export const strokes = (): Strokes => {
  const paths = new Map<string, Array<string>>()
  return {
    add: (className, d) => {
      const parts = paths.get(className) ?? []
      paths.set(className, parts)
      parts.push(d)
    },
    elements: () =>
      [...paths].map(([className, parts]) =>
        svg("path", { class: className, "data-count": parts.length, d: parts.join("") })
      )
  }
}

/** The class of a thing: brought out or not, if some are. */
export const emphasis = (among: ReadonlySet<number> | undefined, index: number): string =>
  among === undefined ? "" : among.has(index) ? " in" : " out"
