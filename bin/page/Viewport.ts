/**
 * Which part of the run the diagram shows. It moves and grows and shrinks, and stays within the run.
 */
import type { Range } from "../../src/report/SpaceTime.ts"

export interface Viewport {
  readonly range: () => Range
  /** How long the range is, in ms. */
  readonly length: () => number
  readonly look: (wanted: Range) => void
  readonly lookAround: (middle: number, length: number) => void
  /** Moves by so many times the range's length. */
  readonly pan: (share: number) => void
  /** Makes the range so many times as long, around a moment or around its middle. */
  readonly zoom: (factor: number, around?: number) => void
  readonly beginning: () => void
  readonly end: () => void
  readonly wholeRun: () => void
}

/** The shortest range, in ms. */
const shortest = 0.01

/** A viewport that shows `first` at first, and calls `changed` after each change. */
export const viewport = (run: Range, first: Range, changed: () => void): Viewport => {
  let range = first
  const length = (): number => range.to - range.from
  const look = (wanted: Range): void => {
    const length = Math.min(run.to - run.from, Math.max(shortest, wanted.to - wanted.from))
    const start = Math.min(run.to - length, Math.max(run.from, wanted.from))
    range = { from: start, to: start + length }
    changed()
  }
  return {
    range: () => range,
    length,
    look,
    lookAround: (middle, length) => look({ from: middle - length / 2, to: middle + length / 2 }),
    pan: (share) => look({ from: range.from + share * length(), to: range.to + share * length() }),
    zoom: (factor, around = (range.from + range.to) / 2) => {
      const wanted = Math.max(shortest, length() * factor)
      const share = (around - range.from) / length()
      look({ from: around - share * wanted, to: around + (1 - share) * wanted })
    },
    beginning: () => look({ from: run.from, to: run.from + length() }),
    end: () => look({ from: run.to - length(), to: run.to }),
    wholeRun: () => look(run)
  }
}
