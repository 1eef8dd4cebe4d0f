/**
 * Numbers as people read them.
 */

export const count = (value: number): string => value.toLocaleString("en", { maximumFractionDigits: 2 })

/** A duration in ms. */
export const ms = (value: number): string =>
  `${value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 3 : value < 100 ? 1 : 0 })} ms`

/** A moment in s, with as many digits as it takes to see a step of so many ms. */
export const seconds = (time: number, step: number): string =>
  (time / 1000).toFixed(Math.min(6, Math.max(0, Math.ceil(-Math.log10(step / 1000) - 1e-9))))

/** A moment, exact to the microsecond. */
export const moment = (time: number): string =>
  `${Number((time / 1000).toFixed(6)).toLocaleString("en", { maximumFractionDigits: 6 })} s`

export const bytes = (size: number): string =>
  size < 10_000 ? `${count(size)} B` : size < 1e7 ? `${count(Math.round(size / 1000))} kB` : `${count(size / 1e6)} MB`
