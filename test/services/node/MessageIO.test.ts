import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as PlatformError from "effect/PlatformError"
import * as Queue from "effect/Queue"
import * as Result from "effect/Result"
import * as Sink from "effect/Sink"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import { Address } from "../../../src/schema/Address.ts"
import * as Envelope from "../../../src/schema/Envelope.ts"
import type { Json } from "../../../src/schema/Json.ts"
import { maxUnsent, MessageIO } from "../../../src/services/node/MessageIO.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"
import { seeds as seedsOf } from "../../Seeds.ts"

const seeds = seedsOf(40)

const message = (echo: Json): Envelope.Envelope => ({
  src: Address.make("c1"),
  dest: Address.make("n1"),
  body: { type: "echo", echo }
})
const line = (echo: Json): string => Envelope.encode(message(echo))
const echoOf = ({ body }: Envelope.Envelope): unknown => body["echo"]

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Each of these is one read of standard input. */
const chunked = (chunks: Iterable<Uint8Array>) => Stream.rechunk(Stream.fromIterable(chunks), 1)

/** A standard output that takes everything, and notes each write. */
const noting = (writes: Array<string>) =>
  Sink.forEach((text: string | Uint8Array) => Effect.sync(() => void writes.push(String(text))))

const logging = (log: Array<string>) => Logger.layer([Logger.make(({ message }) => void log.push(String(message)))])

const brokenPipe = PlatformError.systemError({ _tag: "Unknown", module: "Stdio", method: "stdout" })

const provide = <A, E>(effect: Effect.Effect<A, E, MessageIO>, stdio: Partial<Stdio.Stdio>) =>
  Effect.provide(effect, Layer.provide(MessageIO.layerStdio, Stdio.layerTest(stdio)))

/** What is received from these chunks, and what is logged about them. */
const received = Effect.fnUntraced(function*(chunks: ReadonlyArray<Uint8Array>) {
  const messages: Array<Envelope.Envelope> = []
  const log: Array<string> = []
  yield* Effect.flatMap(MessageIO, (io) => io.receive((message) => messages.push(message))).pipe(
    (receiving) => provide(receiving, { stdin: chunked(chunks) }),
    Effect.provide(logging(log))
  )
  return { messages, log }
})

/** Answers every message with itself, to the end of input. */
const mirror = Effect.gen(function*() {
  const io = yield* MessageIO
  yield* io.receive(io.send)
  yield* io.flush
})

/** Gives everybody a turn, until nobody can do anything without help from outside. */
const settle = Effect.repeat(Effect.yieldNow, { times: 200 })

/** What the engine looks through, in characters, while it searches strings. */
const searched = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<number, E, R> =>
  Effect.suspend(() => {
    let characters = 0
    const methods = ["indexOf", "lastIndexOf", "includes", "split", "search", "match", "replace"] as const
    const originals = methods.map((name) => [name, String.prototype[name]] as const)
    for (const [name, original] of originals) {
      Object.assign(String.prototype, {
        [name](this: string, ...args: ReadonlyArray<unknown>) {
          characters += this.length
          return Reflect.apply(original, this, args)
        }
      })
    }
    const restore = Effect.sync(() => void Object.assign(String.prototype, Object.fromEntries(originals)))
    return Effect.map(Effect.ensuring(effect, restore), () => characters)
  })

const badLines = [
  "nonsense",
  "{",
  "null",
  "17",
  "[]",
  '"text"',
  "{}",
  '{"src":"c1","dest":"n1"}',
  '{"src":"c1","dest":"n1","body":null}',
  '{"src":"c1","dest":"n1","body":[]}',
  '{"src":"c1","dest":"n1","body":"echo"}',
  '{"src":1,"dest":"n1","body":{}}',
  '{"src":"","dest":"n1","body":{}}',
  '{"dest":"n1","body":{}}',
  '{"src":"c1","body":{}}',
  line(1) + line(2),
  " ",
  "\0"
]

describe("MessageIO", () => {
  describe("input", () => {
    const values = ["plain", "é€😀", "\u0000\u2028", "", '\\"\n', "ende 😀"]
    const text = values.map((value) => line(value) + "\n").join("")

    it.effect("is the same wherever it is cut into two reads, inside a character too", () =>
      Effect.gen(function*() {
        const all = bytes(text)
        for (let at = 0; at <= all.length; at++) {
          const { log, messages } = yield* received([all.slice(0, at), all.slice(at)])
          assert.deepStrictEqual(messages.map(echoOf), values, `cut at byte ${at}`)
          assert.deepStrictEqual(log, [], `cut at byte ${at}`)
        }
      }))

    it.effect("is the same whether it comes at once, byte by byte, or in random pieces", () =>
      Effect.gen(function*() {
        const all = bytes(text)
        const everyByte = Array.from(all, (byte) => Uint8Array.of(byte))
        assert.deepStrictEqual((yield* received([all])).messages.map(echoOf), values)
        assert.deepStrictEqual((yield* received(everyByte)).messages.map(echoOf), values)
        for (const seed of seeds) {
          const random = SeededRandom.make(seed)
          const pieces: Array<Uint8Array> = []
          for (let at = 0; at < all.length;) {
            const length = random.below(random.pick([2, 10, 100]))
            pieces.push(all.slice(at, at + length))
            at += length
          }
          assert.deepStrictEqual((yield* received(pieces)).messages.map(echoOf), values, `seed ${seed}`)
        }
      }))

    it.effect("may have Windows line ends, wherever they are cut", () =>
      Effect.gen(function*() {
        const all = bytes(text.replaceAll(/\n/g, "\r\n"))
        for (let at = 0; at <= all.length; at++) {
          const { log, messages } = yield* received([all.slice(0, at), all.slice(at)])
          assert.deepStrictEqual(messages.map(echoOf), values, `cut at byte ${at}`)
          assert.deepStrictEqual(log, [], `cut at byte ${at}`)
        }
      }))

    it.effect("end at a newline alone: a carriage return elsewhere is white space", () =>
      Effect.gen(function*() {
        const { log, messages } = yield* received([bytes(`${line(1).replace(",", ",\r")}\n${line(2)}\r\n`)])
        assert.deepStrictEqual(messages.map(echoOf), [1, 2])
        assert.deepStrictEqual(log, [])
      }))

    it.effect("may have blank lines, and need not end with a newline", () =>
      Effect.gen(function*() {
        for (const blank of ["\n", "\n\n\n", "\r\n\r\n"]) {
          const { log, messages } = yield* received([bytes(`${blank}${line(1)}\n${blank}${line(2)}`)])
          assert.deepStrictEqual(messages.map(echoOf), [1, 2])
          assert.deepStrictEqual(log, [])
        }
      }))

    it.effect("may be empty, or end inside a character", () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* received([]), { messages: [], log: [] })
        assert.deepStrictEqual(yield* received([new Uint8Array()]), { messages: [], log: [] })
        const { log, messages } = yield* received([bytes(line("é") + "\n"), Uint8Array.of(0xf0, 0x9f)])
        assert.deepStrictEqual(messages.map(echoOf), ["é"])
        assert.lengthOf(log, 1)
      }))

    it.effect("keeps what is unknown in an envelope out of nobody's way", () =>
      Effect.gen(function*() {
        const { messages } = yield* received([bytes(JSON.stringify({ id: 7, ...message("x"), extra: { y: 1 } }))])
        assert.deepStrictEqual(messages.map(({ body, dest, src }) => ({ src, dest, body })), [message("x")])
      }))

    it.effect("a line that is no message is logged, briefly, and skipped; the next one is received", () =>
      Effect.gen(function*() {
        for (const bad of [...badLines, "x".repeat(1_000_000), `${"[".repeat(1_000_000)}${"]".repeat(1_000_000)}`]) {
          const shown = bad.slice(0, 60)
          const { log, messages } = yield* received([bytes(`${line(1)}\n${bad}\n${line(2)}\n`)])
          assert.deepStrictEqual(messages.map(echoOf), [1, 2], shown)
          assert.lengthOf(log, 1, shown)
          assert.include(log[0], bad.slice(0, 200))
          assert.isBelow(log[0]!.length, 1000)
        }
      }))

    it.effect("a line of 10 MB is received, at a cost that grows no faster than the line", () =>
      Effect.gen(function*() {
        const costs: Array<number> = []
        for (const length of [1_250_000, 10_000_000]) {
          const all = bytes(`${line("x".repeat(length))}\n${line("next")}\n`)
          const chunks = Array.from(
            { length: Math.ceil(all.length / 4096) },
            (_, i) => all.subarray(i * 4096, (i + 1) * 4096)
          )
          costs.push(
            yield* searched(Effect.map(received(chunks), ({ messages }) => {
              assert.lengthOf(messages[0]?.body["echo"] as string, length)
              assert.deepStrictEqual(messages.slice(1).map(echoOf), ["next"])
            }))
          )
        }
        const [small = 0, large = 0] = costs
        assert.isAbove(small, 1_250_000, "the cost is measured at all")
        assert.isBelow(large, 10 * small)
      }))

    it.effect("that cannot be read is a defect", () =>
      Effect.gen(function*() {
        const stdin = Stream.concat(chunked([bytes(line(1) + "\n")]), Stream.fail(brokenPipe))
        const exit = yield* Effect.exit(provide(mirror, { stdin }))
        assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
      }))
  })

  describe("output", () => {
    it.effect("is one line a message, in the order in which they were sent", () =>
      Effect.gen(function*() {
        for (const seed of seeds) {
          const random = SeededRandom.make(seed)
          const values = Array.from({ length: 50 }, () =>
            random.pick([1, "é\n\r\u2028😀", null, { a: [random.below(9)] }]))
          const lines = values.map(line)
          const chunks: Array<Uint8Array> = []
          for (let at = 0; at < lines.length;) {
            const count = random.below(8)
            chunks.push(bytes(
              lines.slice(at, at + count).map((line) =>
                `${line}\n`
              ).join("")
            ))
            at += count
          }
          const writes: Array<string> = []
          yield* provide(mirror, { stdin: chunked(chunks), stdout: () => noting(writes) })
          assert.strictEqual(writes.join(""), lines.map((line) => `${line}\n`).join(""), `seed ${seed}`)
          for (const write of writes) assert.isTrue(write.endsWith("}\n"), `seed ${seed}: only whole lines are written`)
        }
      }))

    it.effect("what a read brings about leaves in one write, even by way of other fibers", () =>
      Effect.gen(function*() {
        const reads = yield* Queue.unbounded<Uint8Array, Cause.Done>()
        const writes = yield* Queue.unbounded<string>()
        const answering = Effect.gen(function*() {
          const io = yield* MessageIO
          const run = Effect.runForkWith(yield* Effect.context())
          yield* io.receive((message) => {
            io.send(message)
            const latch = Latch.makeUnsafe(false)
            run(Effect.andThen(latch.await, Effect.sync(() => io.send(message))))
            latch.openUnsafe()
          })
          yield* io.flush
        })
        const fiber = yield* Effect.forkChild(provide(answering, {
          stdin: Stream.fromQueue(reads),
          stdout: () => Sink.forEach((text) => Queue.offer(writes, String(text)))
        }))
        for (let i = 1; i <= 20; i++) {
          const lines = Array.from({ length: i }, (_, j) => `${line([i, j])}\n`)
          yield* Queue.offer(reads, bytes(lines.join("")))
          const written = (yield* Queue.take(writes)).split("\n")
          assert.deepStrictEqual(written.toSorted(), `${lines.join("")}${lines.join("")}`.split("\n").toSorted())
        }
        yield* Queue.end(reads)
        yield* Fiber.join(fiber)
        assert.strictEqual(yield* Queue.size(writes), 0)
      }))

    it.effect("when it is not taken, reading stops, and goes on when it is", () =>
      Effect.gen(function*() {
        for (const size of [1_000, 100_000, 700_000, 3_000_000]) {
          const gate = Latch.makeUnsafe(false)
          const values = Array.from({ length: Math.ceil(8 * maxUnsent / size) }, (_, i) => `${i} `.padEnd(size, "x"))
          let read = 0
          const stdin = Stream.tap(chunked(values.map((value) => bytes(`${line(value)}\n`))), () =>
            Effect.sync(() => read++))
          const writes: Array<string> = []
          const stdout = () =>
            Sink.mapInputEffect(noting(writes), (text: string | Uint8Array) =>
              Effect.as(gate.await, text))
          const fiber = yield* Effect.forkChild(provide(mirror, { stdin, stdout }))
          yield* Effect.repeat(settle, { times: 20 })

          assert.deepStrictEqual(writes, [])
          // What waits, what the writer holds in its hands, and a read in each hand of the stream.
          assert.isAtMost(read * size, 2 * maxUnsent + 4 * size, `${size} characters a read`)
          assert.isAtLeast(read * size, Math.min(maxUnsent, values.length * size), `${size} characters a read`)

          yield* gate.open
          yield* Fiber.join(fiber)
          assert.strictEqual(writes.join(""), values.map((value) => `${line(value)}\n`).join(""))
        }
      }))

    it.effect("while the receiver is crowded, reading stops, and goes on when it is not", () =>
      Effect.gen(function*() {
        const gate = Latch.makeUnsafe(false)
        let received = 0
        const receiving = Effect.flatMap(
          MessageIO,
          (io) => io.receive(() => received++, () => received < 10 ? undefined : gate.await)
        )
        const lines = Array.from({ length: 100 }, (_, i) => bytes(`${line(i)}\n`))
        const fiber = yield* Effect.forkChild(provide(receiving, { stdin: chunked(lines) }))
        yield* settle
        assert.strictEqual(received, 10)
        yield* gate.open
        yield* Fiber.join(fiber)
        assert.strictEqual(received, 100)
      }))

    it.effect("is flushed when all that was sent before is taken, at once when there is nothing", () =>
      Effect.gen(function*() {
        const gate = Latch.makeUnsafe(false)
        const writes: Array<string> = []
        const stdout = () =>
          Sink.mapInputEffect(noting(writes), (text: string | Uint8Array) => Effect.as(gate.await, text))
        yield* provide(
          Effect.gen(function*() {
            const io = yield* MessageIO
            yield* io.flush
            for (const [before, during] of [[1, 2], [3, 4]] as const) {
              yield* gate.close
              io.send(message(before))
              const flushing = yield* Effect.forkChild(io.flush)
              yield* settle
              io.send(message(during))
              yield* settle
              assert.isUndefined(flushing.pollUnsafe(), "flushed, but not taken")
              yield* gate.open
              yield* Fiber.join(flushing)
              assert.include(writes.join(""), line(before))
              yield* io.flush
              assert.include(writes.join(""), line(during))
            }
          }),
          { stdout }
        )
      }))

    it.effect("that cannot be written to is a defect, even while no input comes", () =>
      Effect.gen(function*() {
        const silent = Stream.concat(chunked([bytes(`${line(1)}\n`)]), Stream.never)
        const fiber = yield* Effect.forkChild(provide(mirror, { stdin: silent, stdout: () => Sink.fail(brokenPipe) }))
        yield* settle
        const ended = fiber.pollUnsafe()
        assert.isTrue(ended !== undefined && Exit.isFailure(ended) && Cause.hasDies(ended.cause))

        const stdin = chunked([bytes(`${line(1)}\n`)])
        const exit = yield* Effect.exit(provide(mirror, { stdin, stdout: () => Sink.fail(brokenPipe) }))
        assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))

        const endless = Stream.forever(chunked([bytes(`${line("x".repeat(1000))}\n`)]))
        const stopped = yield* Effect.exit(provide(mirror, { stdin: endless, stdout: () => Sink.fail(brokenPipe) }))
        assert.isTrue(Exit.isFailure(stopped) && Cause.hasDies(stopped.cause))
      }))
  })

  it("a message survives being written and read", () => {
    for (
      const value of [0, -0.5, "", "é€😀\u2028\n\r\0", [], {}, [{ a: [null, true] }], JSON.parse('{"__proto__":1}')]
    ) {
      const text = line(value)
      assert.isFalse(/[\n\r]/.test(text))
      const decoded = Envelope.decode(text)
      assert.deepStrictEqual(decoded, Result.succeed(message(value)))
    }
  })
})
