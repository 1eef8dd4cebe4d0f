/**
 * The node's one connection to the world: messages in, messages out.
 *
 * Both directions are plain functions and no effects, because every message passes through them. A step of a stream for
 * each message costs an echo node 4 % more time of the processor. A queue, and a fiber that takes from it, costs a
 * simulated node 35 % more, since its messages come one by one.
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
  /**
   * Hands every incoming message to `onMessage`, in order, and completes at the end of input. Runs once. Where input can
   * wait, no more is read until what `crowded` gives has succeeded, if it gives anything.
   */
  readonly receive: (
    onMessage: (message: Envelope.Envelope) => void,
    crowded?: () => Effect.Effect<void> | undefined
  ) => Effect.Effect<void>
  /** Sends a message: at once, in order, without waiting. */
  readonly send: (message: Envelope.Envelope) => void
  /** Completes when everything sent so far is out. */
  readonly flush: Effect.Effect<void>
}>()("gossip-girl/MessageIO") {
  /**
   * One JSON object a line, in on standard input and out on standard output. A line that is no message is skipped, with
   * a warning. All that the node sends on account of one chunk of input leaves in one write. While more characters
   * than {@link maxUnsent} wait to be written, no more input is read. A standard output that cannot be written to is a
   * defect: the node has nobody left to talk to.
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

      // When there is something to write, every fiber that is ready to run gets a turn first, so that its lines are
      // written in the same go.
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

      // A line ends at a newline alone: a carriage return is white space to JSON. `rest` is the unfinished last line,
      // which holds no newline: so no character is searched twice.
      let rest = ""
      const split = (text: string): ReadonlyArray<string> => {
        const end = text.lastIndexOf("\n")
        const lines = end === -1 ? [] : (rest + text.slice(0, end)).split("\n")
        rest = end === -1 ? rest + text : text.slice(end + 1)
        return lines
      }

      const receive: MessageIO["Service"]["receive"] = (onMessage, crowded = () => undefined) =>
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
            const warnings = Effect.forEach(complaints, (complaint) => Effect.logWarning(complaint), { discard: true })
            const written = length > maxUnsent ? Effect.andThen(warnings, flush) : warnings
            return Effect.andThen(written, () => crowded() ?? Effect.void)
          }),
          Effect.orDie,
          Effect.raceFirst(Fiber.join(writer)) // the writer ends only when it dies
        )

      return MessageIO.of({ receive, send, flush })
    })
  )
}

/** How many characters may wait to be written before reading stops. */
export const maxUnsent = 1 << 20
