/**
 * What nodes on NATS send each other, for a bench that by itself only sees what nodes and its clients say.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as NatsBucket from "../../src/nats/NatsBucket.ts"
import * as NatsLines from "../../src/nats/NatsLines.ts"
import { type Address, isClient } from "../../src/schema/Address.ts"
import * as Envelope from "../../src/schema/Envelope.ts"
import * as NatsNode from "./NatsNode.ts"

/** Called with each line that one node has sent to another. */
export type OnLine = (src: Address, dest: Address, line: string) => void

/**
 * Listens to what comes for these nodes, until the scope ends. First waits until the servers are ready, since a run of
 * nodes has to begin with all servers in order. The effect `untilWhole` completes when the servers take what they are to
 * keep, and each has all that was kept.
 */
export const listen = Effect.fnUntraced(function*(
  url: string,
  cluster: string,
  isFor: (dest: Address) => boolean,
  onLine: OnLine
) {
  const bus = yield* Layer.build(NatsNode.busAt(url, cluster))
  yield* Effect.provideContext(NatsBucket.open, bus)
  const whole = Effect.provideContext(Effect.andThen(NatsBucket.open, NatsBucket.whole), bus)
  const lines = yield* Effect.provideContext(NatsLines.make, bus)
  yield* Effect.acquireRelease(
    Effect.sync(() =>
      lines.overhear((line) => {
        const message = Envelope.decode(line)
        if (Result.isFailure(message)) return
        const { dest, src } = message.success
        if (!isClient(src) && !isClient(dest) && isFor(dest)) onLine(src, dest, line)
      })
    ),
    (stop) => Effect.sync(stop)
  )
  return { untilWhole: Effect.ignore(Effect.retry(whole, Schedule.spaced("100 millis"))) }
})
