/**
 * lin-tso: 0, 1, 2, … to whoever asks.
 */
import * as Service from "./Service.ts"

export const make = (): Service.Service => {
  let next = 0

  return {
    handle: (_client, request) => request.type === "ts" ? { type: "ts_ok", ts: next++ } : Service.notSupported(request)
  }
}
