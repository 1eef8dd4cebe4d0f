/**
 * The node's one connection to the world: messages in, messages out.
 *
 * Both directions are plain functions rather than effects, because they are what every message passes through: a node
 * that forks a handler a message cannot afford a queue and a stream step on top.
 */
import * as Arr from "effect/Array"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import * as Envelope from "../../schema/Envelope.ts"

export class MessageIO extends Context.Service<MessageIO, {
  /** Hands every incoming message to `onMessage`, in order, and completes at the end of input. Runs once. */
  readonly receive: (onMessage: (message: Envelope.Envelope) => void) => Effect.Effect<void>
  /** Sends a message: at once, in order, without waiting. */
  readonly send: (message: Envelope.Envelope) => void
  /** Completes when everything sent so far is out. */
  readonly flush: Effect.Effect<void>
}>()("gossip-girl/MessageIO") {
  /**
   * One JSON object a line, in on standard input and out on standard output. A line that is no message is logged and
   * skipped. What a chunk of input brings about leaves in one write; while more than {@link maxUnsent} characters wait
   * to be written, no more input is read. A standard output that cannot be written to is a defect: without it there is
   * nobody left to talk to.
   */
  static readonly layerStdio = Layer.effect(
    MessageIO,
    Effect.gen(function*() {
      const stdio = yield* Stdio.Stdio
      const unsent = Latch.makeUnsafe(false)
      const idle = Latch.makeUnsafe(true)
      let lines: Array<string> = []
      let length = 0

      const send = (message: Envelope.Envelope): void => {
        const line = Envelope.encode(message)
        lines.push(line)
        length += line.length
        if (lines.length === 1) {
          idle.closeUnsafe()
          unsent.openUnsafe()
        }
      }

      // Between the wake-up and the taking everything that is ready to run gets its turn: its lines go out as well.
      const takeAll = Effect.suspend(() => {
        if (lines.length === 0) idle.openUnsafe()
        return unsent.await.pipe(
          Effect.andThen(Effect.yieldNow),
          Effect.map(() => {
            const text = lines.join("\n") + "\n"
            lines = []
            length = 0
            unsent.closeUnsafe()
            return Arr.of(text)
          })
        )
      })
      const writer = yield* Stream.fromPull(Effect.succeed(takeAll)).pipe(
        Stream.run(stdio.stdout({ endOnDone: false })),
        Effect.orDie,
        Effect.forkScoped
      )
      const flush = Effect.raceFirst(idle.await, Fiber.join(writer))

      // Lines end at a newline alone: a carriage return is white space to JSON. An unfinished line is searched only once.
      let rest = ""
      const split = (text: string): ReadonlyArray<string> => {
        const end = text.lastIndexOf("\n")
        const lines = end === -1 ? [] : (rest + text.slice(0, end)).split("\n")
        rest = end === -1 ? rest + text : text.slice(end + 1)
        return lines
      }

      const receive = (onMessage: (message: Envelope.Envelope) => void) =>
        stdio.stdin.pipe(
          Stream.decodeText,
          Stream.concat(Stream.succeed("\n")), // the last line need not end
          Stream.runForEachArray((texts) => {
            const complaints: Array<string> = []
            for (const line of texts.flatMap(split)) {
              if (line === "" || line === "\r") continue
              const message = Envelope.decode(line)
              if (Result.isSuccess(message)) onMessage(message.success)
              else complaints.push(`skipped a line: ${message.failure}: ${line.slice(0, 200)}`)
            }
            const log = Effect.forEach(complaints, (complaint) => Effect.logWarning(complaint), { discard: true })
            return length > maxUnsent ? Effect.andThen(log, flush) : log
          }),
          Effect.orDie,
          Effect.raceFirst(Fiber.join(writer)) // which ends only by dying
        )

      return MessageIO.of({ receive, send, flush })
    })
  )
}

/** How many characters may wait to be written before reading stops. */
export const maxUnsent = 1 << 20
