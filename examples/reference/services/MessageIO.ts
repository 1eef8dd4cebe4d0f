import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Envelope } from "gossip-girl/schema/Envelope"
import { maxUnsent, MessageIO } from "gossip-girl/services/MessageIO"

/** For a test: the node gets these messages, and what it sends is kept. */
export const layerOf = (incoming: ReadonlyArray<Envelope>, sent: Array<Envelope>) =>
  Layer.succeed(MessageIO, {
    receive: (onMessage) => Effect.sync(() => incoming.forEach(onMessage)),
    send: (message) => void sent.push(message),
    flush: Effect.void
  })

// A real node has MessageIO.layerStdio, which reads no more while so many characters wait to be written.
export const real = MessageIO.layerStdio
console.log(maxUnsent)
