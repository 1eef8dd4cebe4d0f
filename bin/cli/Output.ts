/**
 * The terminal, or whatever stands in its place: a pipe, a file, nobody.
 */
import * as Effect from "effect/Effect"

const { stderr, stdout } = process

// A reader may go away at any time, as `head` does. That is no failure; each write learns of its own.
stdout.on("error", () => {})
stderr.on("error", () => {})

/** See no-color.org. */
export const colour = Boolean(stdout.isTTY) && !process.env["NO_COLOR"]

const write = (stream: NodeJS.WriteStream, text: string): Effect.Effect<void> =>
  Effect.callback((resume) => {
    stream.write(text, (error) => {
      const gone = error instanceof Error && "code" in error && error.code === "EPIPE"
      resume(error instanceof Error && !gone ? Effect.die(error) : Effect.void)
    })
  })

/** Writes to standard output, and waits until it is written. */
export const out = (text: string): Effect.Effect<void> => write(stdout, text)

/** Writes to standard error, and waits until it is written. */
export const err = (text: string): Effect.Effect<void> => write(stderr, text)

/** Shows a line in the place of the one shown before; only a terminal can. */
export const progress = (line: string): Effect.Effect<void> =>
  stderr.isTTY ? err(`\r${line.slice(0, (stderr.columns || 80) - 1)}\u001b[K`) : Effect.void

/** Takes away what {@link progress} shows. */
export const endProgress: Effect.Effect<void> = progress("")
