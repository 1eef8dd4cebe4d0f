/**
 * lin-tso: 0, 1, 2, … to whoever asks.
 */
import type { Service, TimestampRequest } from "./Service.ts"

export const make = (): Service<TimestampRequest> => {
  let next = 0
  return { handle: () => ({ type: "ts_ok", ts: next++ }) }
}
