/**
 * Lines of text to and from addresses, over core NATS.
 *
 * A server takes no more than its `max_payload` bytes in one message. So a longer line travels in parts, each with a
 * header that says which part of how many it is. If one part is lost, the line is lost. At most {@link maxPending}
 * lines wait for their other parts; beyond that the oldest line is given up, so that memory is bounded.
 */
import { headers } from "@nats-io/transport-node"
import type { Msg } from "@nats-io/transport-node"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Address } from "../schema/Address.ts"
import { NatsBus } from "./NatsBus.ts"
import * as SubjectLength from "./SubjectLength.ts"

/** How many lines may be incomplete at a time. */
export const maxPending = 256

/** Room for the headers of a part. */
const headerBytes = 256

const header = "Gossip-Part"

/** Puts the parts of a line together. */
export const assembler = () => {
  const pending = new Map<string, { readonly parts: Array<Uint8Array | undefined>; missing: number }>()
  return (data: Uint8Array, part: string): Uint8Array | undefined => {
    const [, line, at, of] = /^(\S{1,64}) (\d{1,6})\/(\d{1,6})$/.exec(part) ?? []
    if (line === undefined) return undefined
    const [index, count] = [Number(at), Number(of)]
    if (index >= count) return undefined
    let found = pending.get(line)
    if (found === undefined) {
      pending.set(line, found = { parts: Array.from({ length: count }), missing: count })
      for (const oldest of pending.keys()) {
        if (pending.size <= maxPending) break
        pending.delete(oldest)
      }
    }
    if (found.parts.length !== count || found.parts[index] !== undefined) return undefined
    found.parts[index] = data
    if (--found.missing > 0) return undefined
    pending.delete(line)
    const whole = new Uint8Array(found.parts.reduce((size, part) => size + part!.length, 0))
    let offset = 0
    for (const part of found.parts) {
      whole.set(part!, offset)
      offset += part!.length
    }
    return whole
  }
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export interface NatsLines {
  /**
   * Sends a line at once. A line to an address that is too long is dropped. While no server is reached the line is dropped; when one is reached again, the log says how
   * many were. If nobody listens at this address, the server says so at the subject `absence`, if one is given.
   */
  readonly send: (to: Address, line: string, absence?: string) => void
  /** Takes the lines that are sent to an address, until the returned function is called. */
  readonly take: (address: Address, onLine: (line: string) => void) => () => void
  /** Hears the lines that are sent to any address of the cluster, until the returned function is called. */
  readonly overhear: (onLine: (line: string) => void) => () => void
}

export const make: Effect.Effect<NatsLines, never, NatsBus> = Effect.gen(function*() {
  const { cluster, connection, isConnected, maxPayload, subject } = yield* NatsBus
  const log = Effect.runForkWith(yield* Effect.context())
  let sentLong = 0
  let dropped = 0
  const born = (yield* Clock.currentTimeMillis).toString(36)

  const publishLong = (to: string, bytes: Uint8Array, size: number): void => {
    const line = `${born}-${connection.info?.client_id ?? 0}-${sentLong++}`
    const count = Math.ceil(bytes.length / size)
    for (let at = 0; at < count; at++) {
      const part = headers()
      part.set(header, `${line} ${at}/${count}`)
      connection.publish(to, bytes.subarray(at * size, (at + 1) * size), { headers: part })
    }
  }

  const takeFrom = (subject: string, onLine: (line: string) => void) => {
    const assemble = assembler()
    const subscription = connection.subscribe(subject, {
      callback: (error: Error | null, message: Msg) => {
        if (error !== null) return void log(Effect.logWarning(`NATS: ${error.message}`))
        const part = message.headers?.get(header) ?? ""
        const bytes = part === "" ? message.data : assemble(message.data, part)
        if (bytes !== undefined) onLine(decoder.decode(bytes))
      }
    })
    return () => subscription.unsubscribe()
  }

  return {
    send: (to, line, absence) => {
      const at = subject(to)
      if (at.length > SubjectLength.longest) {
        return void log(
          Effect.logWarning(`NATS: dropped a message, to an address that is too long: ${at.slice(0, 50)}…`)
        )
      }
      if (!isConnected()) return void dropped++
      if (dropped > 0) {
        log(Effect.logWarning(`NATS: ${dropped} messages were dropped while there was no server`))
        dropped = 0
      }
      const bytes = encoder.encode(line)
      const limit = maxPayload() - headerBytes
      if (bytes.length <= limit) connection.publish(at, bytes, absence === undefined ? {} : { reply: absence })
      else publishLong(at, bytes, limit)
    },
    take: (address, onLine) => takeFrom(subject(address), onLine),
    overhear: (onLine) => takeFrom(`${cluster}.*`, onLine)
  }
})
