/**
 * Clusters of built nodes as real processes, with the test for a network. Every wait is for an event.
 */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { type ChildProcess, spawn } from "node:child_process"
import { resolve } from "node:path"
import { createInterface } from "node:readline"
import * as Linearizable from "../../src/simulator/services/Linearizable.ts"
import * as Sequential from "../../src/simulator/services/Sequential.ts"
import type { KeyValueRequest } from "../../src/simulator/services/Service.ts"
import * as SeededRandom from "../../src/workloads/SeededRandom.ts"

interface Body {
  readonly [field: string]: unknown
}

interface Message {
  readonly src: string
  readonly dest: string
  readonly body: Body
}

const children: Array<ChildProcess> = []
afterEach(() => children.splice(0).forEach((child) => child.kill("SIGKILL")))

/** Starts so many nodes and routes what they say; `isCut` drops a message between two of them. */
const cluster = async (file: string, size: number, env: Record<string, string>) => {
  const ids = Array.from({ length: size }, (_, i) => `n${i}`)
  const nodes = new Map(ids.map((id) => {
    const child = spawn(resolve("dist", file), [], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, ...env }
    })
    child.stdin.on("error", () => {}) // it may be killed, when the test is over, before the others
    children.push(child)
    return [id, child] as const
  }))
  const waiting = new Map<unknown, (body: Body) => void>()
  let lastId = 0
  let isCut: (message: Message) => boolean = () => false
  const services = new Map([
    ["lin-kv", Linearizable.make()],
    ["seq-kv", Sequential.make(SeededRandom.make(0), "oldest")]
  ])

  const deliver = (message: Message): void => {
    if (message.dest === "c1") return waiting.get(message.body["in_reply_to"])?.(message.body)
    const service = services.get(message.dest)
    if (service !== undefined) {
      const { msg_id: in_reply_to, ...request } = message.body
      const reply = service.handle(message.src, request as unknown as KeyValueRequest) // or the node is wrong
      return deliver({ src: message.dest, dest: message.src, body: { ...reply, in_reply_to } })
    }
    assert.include(ids, message.dest)
    if (message.src === "c1" || !isCut(message)) nodes.get(message.dest)!.stdin.write(JSON.stringify(message) + "\n")
  }
  for (const child of nodes.values()) {
    createInterface({ input: child.stdout }).on("line", (line) => deliver(JSON.parse(line)))
  }
  /** Asks again what is refused for now, as happens where a store answers late, on a busy machine. */
  const ask = async (dest: string, body: Body): Promise<Body> => {
    const msg_id = lastId++
    const reply = await new Promise<Body>((resume) => {
      waiting.set(msg_id, resume)
      deliver({ src: "c1", dest, body: { ...body, msg_id } })
    })
    return reply["code"] === 11 ? ask(dest, body) : reply
  }

  await Promise.all(ids.map((node_id) => ask(node_id, { type: "init", node_id, node_ids: ids })))
  return {
    ids,
    ask,
    cut: (which: (message: Message) => boolean): void => {
      isCut = which
    },
    /** Reads at every node again and again, until each has everything. */
    untilAllHave: async (read: (id: string) => Promise<ReadonlyArray<unknown>>, values: ReadonlyArray<unknown>) => {
      for (const id of ids) {
        let seen: ReadonlyArray<unknown> = []
        while (seen.length < values.length) seen = await read(id)
        assert.sameDeepMembers([...seen], [...values], id)
      }
    }
  }
}

const values = [1, "two", null, { three: [3] }, 1.5, ["x"], false]

describe("clusters of real processes", () => {
  for (const dissemination of ["star", "mesh"]) {
    it(`broadcast as a ${dissemination}: every node gets every value, once, also after a cut`, async () => {
      const { ask, cut, ids, untilAllHave } = await cluster("broadcast.js", 3, {
        GOSSIP_DISSEMINATION: dissemination,
        GOSSIP_ROUND_TRIP: "100 millis",
        GOSSIP_ACKNOWLEDGE_WITHIN: "100 millis",
        GOSSIP_PROBE_EVERY: "200 millis"
      })
      const read = async (id: string) => (await ask(id, { type: "read" }))["messages"] as ReadonlyArray<unknown>
      const tell = (some: ReadonlyArray<unknown>): Promise<unknown> =>
        Promise.all(some.map((message, i) => ask(ids[i % ids.length]!, { type: "broadcast", message })))

      await tell(values.slice(0, 4))
      await untilAllHave(read, values.slice(0, 4))
      cut(({ dest, src }) => (src === "n0") !== (dest === "n0"))
      await tell(values)
      await tell(values)
      cut(() => false)
      await untilAllHave(read, values)
    })
  }

  it("g-set: every node gets every element", async () => {
    const { ask, ids, untilAllHave } = await cluster("g-set.js", 3, {})
    await Promise.all(values.map((element, i) => ask(ids[i % ids.length]!, { type: "add", element })))
    await untilAllHave(async (id) => (await ask(id, { type: "read" }))["value"] as ReadonlyArray<unknown>, values)
  })

  for (
    const [file, deltas, sum] of [
      ["g-counter.js", [1, 2, 3, 4, 0], 10],
      ["pn-counter.js", [1, -2, 3, -4, 12], 10],
      ["g-counter-seq-kv.js", [1, 2, 3, 4, 0], 10]
    ] as const
  ) {
    it(`${file}: every node reads the sum of all deltas, and refuses what is none`, async () => {
      const { ask, ids } = await cluster(file, 3, {
        GOSSIP_LEAF_WINDOW: "50 millis",
        COUNTER_STALENESS: "100 millis"
      })
      assert.strictEqual((await ask("n0", { type: "add", delta: 0.5 }))["code"], 12)
      await Promise.all(deltas.map((delta, i) => ask(ids[i % ids.length]!, { type: "add", delta })))
      for (const id of ids) {
        let value: unknown
        while (value !== sum) value = (await ask(id, { type: "read" }))["value"]
      }
    })
  }

  for (const [file, env] of [["kafka.js", { KAFKA_COPIES: "majority" }], ["kafka-lin-kv.js", {}]] as const) {
    it(`${file}: every node shows every message at the offset that its sender was told`, async () => {
      const { ask, ids, untilAllHave } = await cluster(file, 2, env)
      const sent = await Promise.all(values.map(async (msg, i) => {
        const { offset, type } = await ask(ids[i % 2]!, { type: "send", key: "k", msg })
        assert.strictEqual(type, "send_ok")
        return [offset, msg]
      }))
      const poll = async (id: string): Promise<ReadonlyArray<unknown>> => {
        const { msgs } = await ask(id, { type: "poll", offsets: { k: 0 } })
        return (msgs as Record<string, ReadonlyArray<unknown>>)["k"] ?? []
      }
      await untilAllHave(poll, sent)
      assert.deepStrictEqual(await poll(ids[0]!), await poll(ids[1]!))
      const { type } = await ask(ids[0]!, { type: "commit_offsets", offsets: { k: 3 } })
      assert.strictEqual(type, "commit_offsets_ok")
      const { offsets } = await ask(ids[0]!, { type: "list_committed_offsets", keys: ["k", "none"] })
      assert.deepStrictEqual(offsets, { k: 3 })
    })
  }

  it("txn-rw-register.js: both sides of a cut go on, and are equal after it", async () => {
    const { ask, cut, ids } = await cluster("txn-rw-register.js", 3, {
      GOSSIP_ROUND_TRIP: "100 millis",
      GOSSIP_PROBE_EVERY: "200 millis"
    })
    const txn = async (id: string, txn: ReadonlyArray<unknown>) => (await ask(id, { type: "txn", txn }))["txn"]
    const both = [["r", "x", null], ["r", "y", null]]
    assert.deepStrictEqual(await txn("n0", [["w", "x", 1], ["r", "x", null]]), [["w", "x", 1], ["r", "x", 1]])
    cut(({ dest, src }) => (src === "n0") !== (dest === "n0"))
    for (const id of ids) {
      assert.deepStrictEqual(await txn(id, [["w", "x", id], ["w", "y", id], ...both]), [
        ["w", "x", id],
        ["w", "y", id],
        ["r", "x", id],
        ["r", "y", id]
      ])
    }
    cut(() => false)
    for (;;) {
      const states = await Promise.all(ids.map((id) => txn(id, both)))
      const registers = states.map((state) =>
        (state as ReadonlyArray<ReadonlyArray<unknown>>).map(([, , value]) => value)
      )
      for (const [x, y] of registers) assert.strictEqual(x, y) // never half a write set
      if (registers.every(([x]) => x === registers[0]![0])) break
    }
    assert.strictEqual((await ask("n1", { type: "txn", txn: [["append", 1, 2]] }))["code"], 12)
  })

  it("txn-list-append.js: all appends are in one order, that of the answers", async () => {
    const { ask, ids } = await cluster("txn-list-append.js", 3, {})
    const txn = async (id: string, txn: ReadonlyArray<unknown>) =>
      (await ask(id, { type: "txn", txn }))["txn"] as ReadonlyArray<ReadonlyArray<unknown>>
    const answers = await Promise.all(
      values.map((element, i) => txn(ids[i % 3]!, [["append", "x", element], ["r", "x", null], ["append", "y", i]]))
    )
    const lists = await Promise.all(ids.map((id) => txn(id, [["r", "x", null], ["r", "y", null]])))
    for (const list of lists) assert.deepStrictEqual(list, lists[0])
    const [x, y] = lists[0]!.map((operation) => operation[2] as ReadonlyArray<unknown>)
    assert.deepStrictEqual(x, (y as ReadonlyArray<number>).map((i) => values[i]))
    for (const [i, answer] of answers.entries()) {
      assert.deepStrictEqual(answer[1]![2], x!.slice(0, y!.indexOf(i) + 1), "what was read is what came before")
    }
    assert.strictEqual((await ask("n1", { type: "txn", txn: [["w", 1, 2]] }))["code"], 12)
  })
})
