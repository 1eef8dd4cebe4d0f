import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Sink from "effect/Sink"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { Echo } from "../../../src/programs/Echo.ts"
import { MessageIO } from "../../../src/services/node/MessageIO.ts"
import { Node } from "../../../src/services/node/Node.ts"
import { Timers } from "../../../src/services/node/Timers.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"
import { seeds as seedsOf } from "../../Seeds.ts"

const seeds = seedsOf(80)

type Random = SeededRandom.SeededRandom

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (line: Uint8Array): string => new TextDecoder("utf-8", { ignoreBOM: true }).decode(line)

// What a node that echoes must make of a line, said once more, and as plainly as possible.

interface Fields {
  readonly [field: string]: unknown
}

const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const own = (fields: Fields, name: string): unknown => Object.hasOwn(fields, name) ? fields[name] : undefined

/** Whether JavaScript can hold it as it is, and write it back. */
const isExact = (value: unknown): boolean => {
  let level = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > 550) return false // the limit is somewhere near, and nothing here comes near it
    if (level.some((it) => typeof it === "number" && (Math.abs(it) > 2 ** 53 - 1))) return false
    level = level.flatMap((it) => typeof it === "object" && it !== null ? Object.values(it) : [])
  }
  return true
}

const isNames = (value: unknown): boolean =>
  Array.isArray(value) && value.every((name) => typeof name === "string" && name !== "")

/** The answer to a line. Of an error only the code is known. */
const expected = (line: string): Fields | undefined => {
  let message: unknown
  try {
    message = JSON.parse(line)
  } catch {
    return undefined
  }
  if (!isObject(message)) return undefined
  const [src, dest, body] = ["src", "dest", "body"].map((name) => own(message, name))
  if (typeof src !== "string" || src === "" || typeof dest !== "string" || dest === "") return undefined
  if (!isObject(body) || Object.hasOwn(body, "in_reply_to")) return undefined
  const type = own(body, "type")
  const in_reply_to = own(body, "msg_id")
  if (!Number.isSafeInteger(in_reply_to)) return undefined
  const reply = (fields: Fields): Fields => ({ src: dest, dest: src, body: { in_reply_to, ...fields } })
  if (typeof type !== "string") return reply({ type: "error", code: 12 })
  if (type === "init") {
    const ids = own(body, "node_ids")
    return reply(isNames([own(body, "node_id")]) && isNames(ids) ? { type: "init_ok" } : { type: "error", code: 12 })
  }
  if (type !== "echo") return reply({ type: "error", code: 10 })
  const echo = own(body, "echo")
  if (!Object.hasOwn(body, "echo") || !isExact(echo)) return reply({ type: "error", code: 12 })
  return reply({ type: "echo_ok", echo })
}

// Lines that somebody might send.

const characters = ["a", '"', "\\", "\\u", "{", "}", "[", "]", ":", ",", " ", "\t", "\0", "é", "😀", "\u2028", "1", "-"]

const anyText = (random: Random): string =>
  Array.from({ length: random.below(20) }, () => random.pick(characters)).join("")

const names = [
  "src",
  "dest",
  "body",
  "type",
  "msg_id",
  "in_reply_to",
  "echo",
  "code",
  "text",
  "node_id",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "length",
  ""
]

/** The text of any JSON value; numbers that JavaScript cannot hold among them. */
const anyJson = (random: Random, depth = 3): string => {
  const deeper = (): string => anyJson(random, depth - 1)
  const list = (item: () => string): string =>
    Array.from({ length: random.below(4) }, item).join(random.pick([",", " , "]))
  switch (random.below(depth > 0 ? 5 : 3)) {
    case 0:
      return random.pick([
        "0",
        "-0",
        "1",
        "-1",
        "0.5",
        "1e3",
        "1E400",
        "-1e400",
        "9007199254740991",
        "9007199254740993",
        "-9007199254740993",
        "123456789012345678901234567890",
        "1.0",
        "1e-400"
      ])
    case 1:
      return random.pick(['""', '"n1"', '"\\ud800"', '"\\udc00x"', '"\\u0000"', JSON.stringify(anyText(random))])
    case 2:
      return random.pick(["null", "true", "false", "[]", "{}"])
    case 3:
      return `[${list(deeper)}]`
    default:
      return `{${list(() => `${JSON.stringify(random.pick(names))}:${deeper()}`)}}`
  }
}

const nested = (depth: number, open: string, close: string): string => open.repeat(depth) + "0" + close.repeat(depth)

const huge = (random: Random): string =>
  random.pick([
    () => JSON.stringify("x".repeat(200_000)),
    () => nested(400, "[", "]"),
    () => nested(10_000, "[", "]"),
    () => nested(3_000, '{"a":', "}"),
    () => `[${"0,".repeat(20_000)}0]`,
    () => `{${Array.from({ length: 2_000 }, (_, i) => `"${i}":${i}`).join(",")}}`,
    () => "1".repeat(10_000)
  ])()

const anyType = (random: Random): string =>
  random.pick([
    () =>
      JSON.stringify(
        random.pick(["echo", "init", "echo_ok", "error", "", "__proto__", "constructor", "Echo", "\0", "é"])
      ),
    () => '"echo"',
    () => anyJson(random, 1)
  ])()

const anyId = (random: Random): string =>
  random.pick([
    () =>
      random.pick(["0", "-1", "1.5", '"1"', "null", "true", "[]", "9007199254740991", "9007199254740992", "1e2", "-0"]),
    () => String(random.below(1000)),
    () => anyJson(random, 1)
  ])()

/** An object of these fields, some of them missing, twice, or replaced. */
const damaged = (random: Random, fields: ReadonlyArray<readonly [name: string, value: string]>): string => {
  const parts = fields.flatMap(([name, value]) => {
    const part = `${JSON.stringify(name)}:${value}`
    const other = `${JSON.stringify(random.pick(names))}:${anyJson(random, 2)}`
    return random.pick([[part], [part], [part], [part], [part], [], [other], [part, other], [other, part], [
      part,
      part
    ]])
  })
  return `{${random.chance(0.3) ? random.shuffle(parts).join(",") : parts.join(",")}}`
}

const anyBody = (random: Random): string =>
  damaged(random, [
    ["type", anyType(random)],
    ...(random.chance(0.8) ? [["msg_id", anyId(random)] as const] : []),
    ...(random.chance(0.2) ? [["in_reply_to", anyId(random)] as const] : []),
    ...(random.chance(0.6) ? [["echo", random.chance(0.1) ? huge(random) : anyJson(random)] as const] : []),
    ...(random.chance(0.1)
      ? [["node_id", '"n1"'] as const, ["node_ids", random.pick(['["n1"]', "[]", '"n1"'])] as const]
      : [])
  ])

const addressed = (random: Random, body: string): string =>
  `{"src":${random.pick(['"c1"', '"n2"', '"lin-kv"'])},"dest":"n1","body":${body}}`

/** Damages a line: bytes are lost, doubled, or replaced, so that it may be no JSON, and not even text. */
const corrupted = (random: Random, line: Uint8Array): Uint8Array => {
  const at = random.below(line.length)
  const rest = random.pick([
    () => line.slice(at + 1),
    () => line.slice(at),
    () =>
      Uint8Array.from([
        random.pick([0, 0x7f, 0x80, 0xc3, 0xe2, 0xed, 0xf0, 0xff, 0x22, 0x7d]),
        ...line.slice(at, at + 500)
      ]),
    () => new Uint8Array()
  ])()
  return Buffer.concat([line.subarray(0, at), rest])
}

const anyLine = (random: Random): Uint8Array =>
  random.pick([
    () => bytes(addressed(random, anyBody(random))),
    () => bytes(addressed(random, anyBody(random))),
    () => bytes(addressed(random, `{"type":"echo","msg_id":${random.below(100)},"echo":${anyJson(random)}}`)),
    () => bytes(addressed(random, anyJson(random))),
    () => bytes(damaged(random, [["src", '"c1"'], ["dest", '"n1"'], ["body", anyBody(random)]])),
    () =>
      bytes(damaged(random, [["src", anyJson(random, 1)], ["dest", anyJson(random, 1)], ["body", anyJson(random)]])),
    () => bytes(anyJson(random)),
    () => bytes(random.chance(0.1) ? huge(random) : anyText(random)),
    () => corrupted(random, bytes(addressed(random, anyBody(random)))),
    () => Uint8Array.from({ length: random.below(50) }, () => random.below(256))
  ])().map((byte) => byte === 10 || byte === 13 ? 32 : byte) // one line stays one line

const init = bytes('{"src":"c0","dest":"n1","body":{"type":"init","msg_id":1,"node_id":"n1","node_ids":["n1"]}}')

/** The lines of one run: after `init` any garbage, and good messages among it. */
const makeLines = (seed: number): ReadonlyArray<Uint8Array> => {
  const random = SeededRandom.make(seed)
  return [
    init,
    ...Array.from({ length: 40 }, (_, i) =>
      random.chance(0.3)
        ? bytes(addressed(random, `{"type":"echo","msg_id":${1000 + i},"echo":"good ${i}"}`))
        : anyLine(random))
  ]
}

const runs = seeds.map(makeLines)

const joined = (lines: ReadonlyArray<Uint8Array>): Uint8Array =>
  Buffer.concat(lines.flatMap((line) => [line, Uint8Array.of(10)]))

/** What went out, in the form of {@link expected}. What is no envelope with a closed body is a failure. */
const replies = (output: string, of: string): ReadonlyArray<Fields> => {
  const written = output.split("\n")
  assert.strictEqual(written.pop(), "", `${of}: the last line is whole`)
  return written.map((line) => {
    const message = JSON.parse(line) as { readonly [field: string]: Fields }
    assert.sameMembers(Object.keys(message), ["src", "dest", "body"], `${of}: ${line.slice(0, 200)}`)
    const body = message["body"]!
    if (body["type"] !== "error") return message
    const { text, ...rest } = body
    assert.isString(text, `${of}: ${line}`)
    assert.isAtMost(String(text).length, 1000, of)
    return { ...message, body: rest }
  })
}

const compare = (output: string, input: ReadonlyArray<Uint8Array>, of: string): void => {
  const actual = replies(output, of)
  let at = 0
  for (const line of input) {
    const answer = expected(text(line))
    if (answer === undefined) continue
    const asText = JSON.parse(JSON.stringify(answer)) // -0 is written as 0
    assert.deepStrictEqual(actual[at++], asText, `${of}: the answer to ${text(line).slice(0, 500)}`)
  }
  assert.deepStrictEqual(actual.slice(at), [], `${of}: and nothing else`)
}

/** Runs the program as it is, from the bytes that it reads to the text that it writes. */
const run = Effect.fnUntraced(function*(chunks: Iterable<Uint8Array>) {
  let output = ""
  const stdio = Stdio.layerTest({
    stdin: Stream.rechunk(Stream.fromIterable(chunks), 1),
    stdout: () => Sink.forEach((text) => Effect.sync(() => void (output += String(text))))
  })
  yield* Echo.pipe(
    Effect.provide(
      Layer.fresh(Node.layer).pipe(
        Layer.provide(Timers.layer),
        Layer.provide(MessageIO.layerStdio),
        Layer.provide(stdio),
        Layer.provide(Logger.layer([]))
      )
    )
  )
  return output
})

const pieces = (random: Random, all: Uint8Array): ReadonlyArray<Uint8Array> => {
  const chunks: Array<Uint8Array> = []
  for (let at = 0; at < all.length;) {
    const length = 1 + random.below(random.pick([20, 1000, 100_000]))
    chunks.push(all.subarray(at, at + length))
    at += length
  }
  return chunks
}

describe("Garbage", () => {
  it("is of every kind", () => {
    const answers = runs.flat().map((line) => expected(text(line)))
    const kinds = answers.map((answer) => {
      const body = answer?.["body"] as Fields | undefined
      return body === undefined ? "none" : `${body["type"]} ${body["code"] ?? ""}`
    })
    const count = (kind: string): number => kinds.filter((it) => it === kind).length
    for (const kind of ["none", "error 10", "error 12", "echo_ok ", "init_ok "]) {
      assert.isAbove(count(kind), 0.4 * seeds.length, kind)
    }
  })

  it.effect("good messages among it are answered, once and in order; it is refused if it wants an answer, else ignored", () =>
    Effect.gen(function*() {
      for (const [i, seed] of seeds.entries()) {
        const input = runs[i]!
        const random = SeededRandom.make(seed).fork("pieces")
        compare(yield* run(pieces(random, joined(input))), input, `seed ${seed}`)
      }
    }))

  it.effect("before init it is no worse", () =>
    Effect.gen(function*() {
      for (const [i, seed] of seeds.slice(0, 40).entries()) {
        const [init, ...garbage] = runs[i]!
        // What is held until init comes is answered in order, after it. Another init would be the first one.
        const isInit = (line: Uint8Array): boolean => text(line).includes('"init"')
        const input = garbage.filter((line) => !isInit(line))
        compare(yield* run([joined([...input, init!])]), [init!, ...input], `seed ${seed}`)
      }
    }))

  it("the built node answers the same", () => {
    assert.isTrue(existsSync("dist/echo.js"), "dist/echo.js is missing: npm run build")
    const input = [init, ...runs.flatMap(([, ...garbage]) => garbage)]
    const { status, stdout } = spawnSync(process.execPath, ["dist/echo.js"], {
      input: joined(input),
      maxBuffer: 2 ** 30
    })
    assert.strictEqual(status, 0)
    compare(stdout.toString(), input, "all seeds")
  })
})
