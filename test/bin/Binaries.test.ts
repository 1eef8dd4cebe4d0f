/**
 * The built nodes as real processes: what only they can show. Time is real here, but nothing sleeps: every wait is for
 * an event, and a test that waits in vain runs into its timeout.
 */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import { once } from "node:events"
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join, resolve } from "node:path"
import { crc32 } from "node:zlib"
import * as SeededRandom from "../../src/workloads/SeededRandom.ts"

const echo = resolve("dist/echo.js")
const uniqueIds = resolve("dist/unique-ids.js")

interface Fields {
  readonly [field: string]: unknown
}

interface Message {
  readonly src: string
  readonly dest: string
  readonly body: Fields
}

/** What has been started and may still run. */
const started = new Set<ChildProcessWithoutNullStreams>()

/** Starts the file itself, as Maelstrom does: it must be executable. */
const start = (file: string, options: { readonly cwd?: string; readonly env?: Record<string, string> } = {}) => {
  const child = spawn(file, [], { cwd: options.cwd, env: { ...process.env, ...options.env } })
  started.add(child)
  const lines: Array<string> = []
  let rest = ""
  let errors = ""
  const waiting: Array<() => void> = []
  const wake = (): void => waiting.splice(0).forEach((resume) => resume())
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    const [first, ...others] = chunk.split("\n")
    rest += first
    for (const other of others) {
      lines.push(rest)
      rest = other
    }
    wake()
  })
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    errors += chunk
    wake()
  })
  child.stdin.on("error", wake) // it may have ended before it has read everything
  const closed = once(child, "close").then(([code]) => {
    started.delete(child)
    wake()
    return { code: code as number | null, lines, rest, errors }
  })

  return {
    child,
    /** Waits until `condition` holds. */
    until: async (condition: () => boolean): Promise<void> => {
      while (!condition()) {
        const ended = child.exitCode ?? child.signalCode
        assert.isNull(ended, `the process has ended: ${errors}`)
        await new Promise<void>((resume) => waiting.push(resume))
      }
    },
    lines,
    errors: () => errors,
    write: (text: string): boolean => child.stdin.write(text),
    send: (body: Fields, src = "c1"): boolean => child.stdin.write(JSON.stringify({ src, dest: "n1", body }) + "\n"),
    /** Ends its input, and tells what came of it. */
    end: (text = "") => {
      child.stdin.end(text)
      return closed
    },
    closed
  }
}

const text = (...bodies: ReadonlyArray<Fields>): string =>
  bodies.map((body) => JSON.stringify({ src: "c1", dest: "n1", body }) + "\n").join("")

const init = { type: "init", msg_id: 1, node_id: "n1", node_ids: ["n1", "n2", "n3"] }
const initOk = { type: "init_ok", in_reply_to: 1 }

const bodies = (lines: ReadonlyArray<string>): ReadonlyArray<Fields> =>
  lines.map((line) => (JSON.parse(line) as Message).body)

/** Runs `code` in the process before the program, as a library would that the program has loaded. */
const preloaded = (code: string) => ({ NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(code)}` })

/** Code that runs whenever a line is read. */
const atEachLine = (code: string): string =>
  `const parse = JSON.parse; let n = 0; JSON.parse = (...args) => { n++; ${code}; return parse(...args) }`

describe("Binaries", () => {
  let elsewhere = ""

  beforeAll(() => {
    for (const file of [echo, uniqueIds]) assert.isTrue(existsSync(file), `${file} is missing: npm run build`)
    elsewhere = mkdtempSync(join(tmpdir(), "gossip girl é-"))
  })

  afterAll(() => {
    for (const child of started) child.kill("SIGKILL")
    if (elsewhere !== "") rmSync(elsewhere, { recursive: true })
  })

  it("are executable files that find their own interpreter", () => {
    for (const file of [echo, uniqueIds]) {
      assert.strictEqual(statSync(file).mode & 0o111, 0o111, file)
      assert.isTrue(readFileSync(file, "utf8").startsWith("#!/usr/bin/env node\n"), file)
    }
  })

  it("answer init, then requests, as they come", async () => {
    const node = start(echo)
    node.send(init)
    await node.until(() => node.lines.length === 1)
    assert.deepStrictEqual(JSON.parse(node.lines[0]!), { src: "n1", dest: "c1", body: initOk })
    for (let i = 0; i < 10; i++) {
      node.send({ type: "echo", msg_id: i, echo: ["é😀", i] }, `c${i}`)
      await node.until(() => node.lines.length === i + 2)
      const body = { type: "echo_ok", in_reply_to: i, echo: ["é😀", i] }
      assert.deepStrictEqual(JSON.parse(node.lines[i + 1]!), { src: "n1", dest: `c${i}`, body })
    }
    const { code, errors, rest } = await node.end()
    assert.deepStrictEqual([code, errors, rest], [0, "", ""])
  })

  it("end with the input, with everything answered and exit code 0", async () => {
    const requests = Array.from({ length: 5000 }, (_, msg_id) => ({ type: "echo", msg_id, echo: "x".repeat(200) }))
    const { code, errors, lines, rest } = await start(echo).end(text(init, ...requests))
    assert.deepStrictEqual([code, errors, rest], [0, "", ""])
    assert.deepStrictEqual(bodies(lines).map(({ in_reply_to }) => in_reply_to), [1, ...requests.map((r) => r.msg_id)])
  })

  it("answer a last line that has no newline", async () => {
    const { code, lines } = await start(echo).end(text(init, { type: "echo", msg_id: 2, echo: 1 }).trimEnd())
    assert.strictEqual(code, 0)
    assert.lengthOf(lines, 2)
  })

  it("without input, or without init, say nothing and exit with 0", async () => {
    for (const file of [echo, uniqueIds]) {
      for (const input of ["", "\n", text({ type: "echo", msg_id: 2, echo: 1 })]) {
        const { code, errors, lines, rest } = await start(file).end(input)
        assert.deepStrictEqual([code, lines.length, rest, errors], [0, 0, "", ""], file)
      }
    }
  })

  it("run from any directory, and alone anywhere else", async () => {
    const copies = [echo, uniqueIds].map((file, i) => {
      const copy = join(elsewhere, i === 0 ? "echo.js" : "any name")
      copyFileSync(file, copy)
      chmodSync(copy, 0o755)
      return copy
    })
    const outcomes = await Promise.all([
      start(echo, { cwd: "/" }).end(text(init)),
      start(uniqueIds, { cwd: elsewhere }).end(text(init)),
      ...copies.map((copy) => start(copy, { cwd: "/" }).end(text(init)))
    ])
    for (const { code, errors, lines } of outcomes) {
      assert.deepStrictEqual([code, errors], [0, ""])
      assert.deepStrictEqual(bodies(lines), [initOk])
    }
  })

  describe("beside which a code cache lies", () => {
    const dist = dirname(echo)
    const cacheOf = (program: string): string =>
      readdirSync(dist).find((file) => file.startsWith(`${program}-`) && file.endsWith(".cache"))!
    const cache = readFileSync(join(dist, cacheOf("echo")))
    /** Has the process say, at its end, whether V8 was given a cache, and has taken it. */
    const telling = preloaded(`
      import vm from "node:vm"
      vm.Script = class extends vm.Script {
        constructor(source, options) {
          super(source, options)
          const use = options.cachedData === undefined ? "none" : this.cachedDataRejected ? "refused" : "taken"
          process.on("exit", () => console.error(use))
        }
      }`)
    let copies = 0
    /** What a copy of the program does beside a copy of its cache. */
    const outcome = async (cache: Uint8Array) => {
      const folder = join(elsewhere, `cache ${copies++}`)
      mkdirSync(folder)
      for (const file of ["echo.js", "package.json"]) copyFileSync(join(dist, file), join(folder, file))
      writeFileSync(join(folder, cacheOf("echo")), cache)
      const { code, errors, lines } = await start(join(folder, "echo.js"), { env: telling }).end(text(init))
      return { code, errors, bodies: bodies(lines) }
    }
    const ended = (use: string) => ({ code: 0, errors: `${use}\n`, bodies: [initOk] })

    it("take it if it is theirs", async () => {
      assert.deepStrictEqual(await outcome(cache), ended("taken"))
    })

    it("leave it unused if it is damaged, cut short, or another's", async () => {
      const random = SeededRandom.make(0)
      /** A bit flipped in each of these bytes. */
      const flipped = (places: ReadonlyArray<number>): Uint8Array => {
        const copy = Uint8Array.from(cache)
        for (const place of places) copy[place]! ^= 1 << place % 8
        return copy
      }
      const anywhere = (count: number): ReadonlyArray<number> =>
        Array.from({ length: count }, (_, i) => Math.floor(i * cache.length / count) + random.below(100))
      const head = (bytes: Uint8Array): Uint8Array => Uint8Array.from([...cache.subarray(0, 4), ...bytes.subarray(4)])
      const others = readFileSync(join(dist, cacheOf("unique-ids")))
      const damaged: ReadonlyArray<Uint8Array> = [
        ...[0, 4, 12, ...anywhere(5)].map((place) => flipped([place])),
        ...Array.from({ length: 2 }, () => flipped(anywhere(64))),
        ...[0, 3, 4, 100, cache.length - 1].map((length) => cache.subarray(0, length)),
        Uint8Array.from([...cache, 0]),
        others,
        head(others)
      ]
      const outcomes = await Promise.all(damaged.map(outcome))
      assert.deepStrictEqual(outcomes, damaged.map(() => ended("none")))
    })

    it("leave it unused if another version of Node or another program made it", async () => {
      const sealed = (by: string): Uint8Array => {
        const bytes = Uint8Array.from(cache)
        new DataView(bytes.buffer).setUint32(0, crc32(bytes.subarray(4), crc32(by)), true)
        return bytes
      }
      const [name, { arch, version }] = [cacheOf("echo"), process]
      assert.deepStrictEqual(await outcome(sealed(name + version + arch)), ended("taken"))
      assert.deepStrictEqual(await outcome(sealed(name + "v99.0.0" + arch)), ended("none"))
      assert.deepStrictEqual(await outcome(sealed(cacheOf("unique-ids") + version + arch)), ended("none"))
    })
  })

  it("skip garbage, of 10 MB too, and say so on standard error", async () => {
    const node = start(echo)
    node.send(init)
    const garbage = ["nonsense", "{", "[]", "\0\0", "x".repeat(10_000_000), `${"[".repeat(1_000_000)}`, '{"src":1}']
    garbage.forEach((line, i) => {
      node.write(`${line}\n`)
      node.send({ type: "echo", msg_id: i, echo: i })
    })
    const large = "y".repeat(10_000_000)
    node.send({ type: "echo", msg_id: 100, echo: large })
    const { code, errors, lines, rest } = await node.end()
    const replies = bodies(lines)
    assert.deepStrictEqual([code, rest], [0, ""])
    assert.deepStrictEqual(replies.map(({ in_reply_to }) => in_reply_to), [1, 0, 1, 2, 3, 4, 5, 6, 100])
    assert.isTrue(replies.at(-1)?.["echo"] === large)
    assert.lengthOf(errors.match(/skipped a line/g) ?? [], garbage.length)
    assert.isBelow(errors.length, 10_000)
  })

  it("have nothing but messages on standard output, whatever method of console a library calls", async () => {
    const noise = atEachLine(
      `for (const f of ["log", "info", "debug", "warn", "error", "table", "count"]) console[f]("noise")
       console.dir({ noise: 1 }); console.dirxml("noise"); console.group("noise"); console.time(); console.timeEnd()`
    )
    const { code, errors, lines } = await start(echo, { env: preloaded(noise) }).end(text(init))
    assert.strictEqual(code, 0)
    assert.deepStrictEqual(bodies(lines), [initOk])
    assert.include(errors, "noise")
  })

  it("that die of a defect say so on standard error, and exit with another code than 0", async () => {
    const defects = ['setImmediate(() => { throw new Error("escaped") })', 'Promise.reject(new Error("escaped"))']
    for (const defect of defects) {
      const node = start(echo, { env: preloaded(atEachLine(`if (n === 2) ${defect}`)) })
      node.send(init)
      await node.until(() => node.lines.length === 1)
      node.send({ type: "echo", msg_id: 2, echo: 1 })
      const { code, errors, lines, rest } = await node.closed
      assert.isTrue(code !== 0 && code !== null, defect)
      assert.include(errors, "escaped")
      assert.strictEqual(rest, "")
      for (const { type } of bodies(lines)) assert.include(["init_ok", "echo_ok"], type)
    }
  })

  it("whose output nobody reads any more end by themselves, though their input goes on", async () => {
    const node = start(echo)
    node.send(init)
    await node.until(() => node.lines.length === 1)
    node.child.stdout.destroy()
    await once(node.child.stdout, "close")
    for (let i = 0; i < 3; i++) node.send({ type: "echo", msg_id: i, echo: i })
    const [code] = await once(node.child, "exit")
    assert.isTrue(code !== 0 && code !== null, `exit code ${code}`)
  })

  describe("unique-ids", () => {
    const generators = ["flake", "random", "central"] as const
    for (const generator of generators) {
      it(`${generator}: a thousand ids of three processes, all different`, async () => {
        const ids = ["n1", "n2", "n3"]
        let timestamps = 0
        const nodes = ids.map((id) => {
          const node = start(uniqueIds, { env: { ID_GENERATOR: generator } })
          node.write(JSON.stringify({ src: "c0", dest: id, body: { ...init, node_id: id, node_ids: ids } }) + "\n")
          return node
        })
        const drawn = await Promise.all(nodes.map(async (node) => {
          const obtained: Array<unknown> = []
          let read = 0
          const ready = () => node.lines.length > read
          await node.until(ready)
          assert.strictEqual(bodies(node.lines)[read++]?.["type"], "init_ok")
          let requests = 0
          const request = () => node.send({ type: "generate", msg_id: requests++ })
          for (let i = 0; i < 334; i++) request()
          while (obtained.length < 334) {
            await node.until(ready)
            const { body, dest } = JSON.parse(node.lines[read++]!) as Message
            if (dest === "lin-tso") {
              assert.strictEqual(body["type"], "ts")
              node.send({ type: "ts_ok", in_reply_to: body["msg_id"], ts: timestamps++ }, "lin-tso")
            } else if (body["type"] === "error") {
              assert.deepStrictEqual([generator, body["code"]], ["central", 11])
              request() // on a busy machine, the timestamp has come too late
            } else {
              assert.sameMembers(Object.keys(body), ["type", "in_reply_to", "id"])
              assert.strictEqual(body["type"], "generate_ok")
              obtained.push(body["id"])
            }
          }
          const { code, errors, lines } = await node.end()
          assert.deepStrictEqual([code, errors, lines.length], [0, "", read])
          return obtained
        }))
        assert.strictEqual(new Set(drawn.flat()).size, 1002)
        if (generator === "central") assert.isAtLeast(timestamps, 1002)
        else assert.strictEqual(timestamps, 0)
      })
    }

    it("an unknown generator is refused, in one line, with the name of the variable and of all generators", async () => {
      const { code, errors, lines } = await start(uniqueIds, { env: { ID_GENERATOR: "nonsense" } }).end(text(init))
      assert.isTrue(code !== 0 && code !== null, `exit code ${code}`)
      assert.deepStrictEqual(lines, [])
      for (const name of ["ID_GENERATOR", ...generators]) assert.include(errors, name)
      assert.lengthOf(errors.trimEnd().split("\n"), 1, errors)
    })

    it("an unknown generator ends the process, though its input goes on", async () => {
      const node = start(uniqueIds, { env: { ID_GENERATOR: "nonsense" } })
      node.send(init)
      const { code } = await node.closed
      assert.isTrue(code !== 0 && code !== null, `exit code ${code}`)
    })
  })
})
