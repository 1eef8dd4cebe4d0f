/**
 * What befalls a single process: it is stopped, resumed, killed and started again.
 */
import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ClientId, NodeId } from "../../../src/schema/Address.ts"
import * as Client from "../../../src/simulator/clients/Client.ts"
import * as Network from "../../../src/simulator/network/Network.ts"
import * as ProcessNode from "../../../src/simulator/processes/ProcessNode.ts"
import * as RealTime from "../../../src/simulator/processes/RealTime.ts"
import * as Watchdog from "../../../src/simulator/processes/Watchdog.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"
import type { Outcome } from "../../../src/workloads/Workload.ts"
import * as Told from "../../Told.ts"

describe("ProcessNode", () => {
  let timeline: RealTime.RealTime
  let watchdog: Watchdog.Watchdog
  let network: Network.Network
  let nodes: Array<ProcessNode.ProcessNode>
  let clients: number
  let onFinding: () => void
  let errors: Array<string>

  beforeEach(() => {
    errors = []
    timeline = RealTime.make()
    watchdog = Watchdog.make()
    network = Network.make({ timeline, random: SeededRandom.make(0), latency: () => 0, loss: 0, duplicates: 0 })
    nodes = []
    clients = 0
    onFinding = () => {}
  })

  afterEach(async () => {
    timeline.stop()
    await Promise.all(nodes.map((node) => node.end()))
    watchdog.end()
  })

  const make = (name: string, options: Partial<ProcessNode.Options> = {}) => {
    const id = NodeId.make(name)
    const node = ProcessNode.make({
      id,
      // The node is not the process that is started, but a child of it.
      command: {
        file: "/bin/sh",
        args: ["-c", `"$0"; true`, join(import.meta.dirname, "../../foreign/broadcast.mjs")]
      },
      diskFolder: join(tmpdir(), "gossip-girl-no-disk"),
      network,
      now: timeline.now,
      watchdog,
      onErrorLines: (lines) => errors.push(...lines),
      onFinding: () => onFinding(),
      onNoStart: (error) => assert.fail(error.message),
      ...options
    })
    nodes.push(node)
    return node
  }

  const ask = (
    node: ProcessNode.ProcessNode,
    body: { readonly type: string; readonly [field: string]: unknown },
    timeout?: number
  ) => {
    const client = Client.make({ id: ClientId.make(`c${clients++}`), network, timeline, timeout })
    const answer = new Promise<unknown>((resolve) => {
      const question = {
        readOnly: false,
        request: body,
        outcome: (reply: { readonly [field: string]: unknown }): Outcome => ({
          type: "ok",
          value: String(reply["messages"] ?? reply["type"])
        })
      }
      client.ask(node.id, question, (outcome) => resolve(outcome.type === "ok" ? outcome.value : outcome.error))
    })
    return { answer, close: client.close }
  }
  const init = (node: ProcessNode.ProcessNode) =>
    ask(node, { type: "init", node_id: node.id, node_ids: [node.id] }).answer
  const echo = (node: ProcessNode.ProcessNode) => ask(node, { type: "echo", echo: 1 })
  const read = (node: ProcessNode.ProcessNode) => ask(node, { type: "read" }).answer

  it("gets what was sent before it started", async () => {
    const [late, other] = [make("n0"), make("n1")]
    const answer = init(late)
    other.start()
    await init(other)
    late.start()
    assert.strictEqual(await answer, "init_ok")
  })

  it("a paused one stands still, and goes on where it stood", async () => {
    const [paused, other] = [make("n0"), make("n1")]
    const wasDisturbed = paused.start()
    other.start()
    await Promise.all([init(paused), init(other)])
    assert.isFalse(wasDisturbed())
    paused.pause()
    const answers: Array<string> = []
    const first = echo(paused).answer.then(() => answers.push("paused"))
    for (let i = 0; i < 20; i++) await echo(other).answer
    answers.push("other")
    paused.resume()
    await first
    assert.deepStrictEqual(answers, ["other", "paused"])
    assert.isTrue(wasDisturbed())
    assert.deepStrictEqual([...paused.findings, ...other.findings], [])
  })

  it("is forgiven a late reply to a client if it was paused, and only then", async () => {
    const node = make("n0")
    node.start()
    await init(node)
    node.pause()
    echo(node).close()
    node.resume()
    assert.strictEqual(await echo(node).answer, "echo_ok") // it answers in order
    assert.deepStrictEqual(node.findings, [])

    const other = make("n1")
    other.start()
    await init(other)
    const found = new Promise<void>((resolve) => {
      onFinding = resolve
    })
    echo(other).close()
    await found
    assert.match(Told.findings(other.findings).join(), /^n1 sent echo_ok to c\d, which had left .* s before, at /)
  })

  it("is forgiven it too where the network tells nobody that a client has left", async () => {
    const node = make("n0", { losesLateReplies: true })
    node.start()
    await init(node)
    echo(node).close()
    assert.strictEqual(await echo(node).answer, "echo_ok")
    assert.deepStrictEqual(node.findings, [])
  })

  it("an answer for which a client waited in vain is told as such", async () => {
    const node = make("n0")
    node.start()
    await init(node)
    const found = new Promise<void>((resolve) => {
      onFinding = resolve
    })
    const { answer, close } = ask(node, { type: "echo", echo: 1 }, 0)
    await answer
    close()
    await found
    assert.match(
      Told.findings(node.findings).join(),
      /^n0 sent echo_ok to c1 too late, at .* s: c1 had asked \(echo\), waited 0 s and left; the reply came .* s later\n/
    )
  })

  it("reads its init first, in each of its lives, whatever others have sent it before", async () => {
    const [node, other] = [make("n0"), make("n1")]
    for (let life = 0; life < 2; life++) {
      node.start()
      const early = ask(node, { type: "broadcast", message: 1 }).answer
      other.start()
      await init(other)
      assert.strictEqual(await init(node), "init_ok")
      assert.strictEqual(await early, "broadcast_ok")
      assert.strictEqual(node.said["stdout"]?.toString().match(/"type":"\w+"/)?.[0], '"type":"init_ok"')
    }
  })

  it("is found against when it leaves too much unread, and it is told who sent it the most", async () => {
    const command = { file: "/bin/sh", args: ["-c", "read -r init; sleep 1000"] }
    const node = make("n0", { command, limits: { unread: 100_000, errors: 0 } })
    const found = new Promise<void>((resolve) => {
      onFinding = resolve
    })
    node.start()
    void init(node)
    let sent = 0
    const send = (): void => {
      const [src, dest] = [NodeId.make("n1"), node.id]
      network.send(src, dest, JSON.stringify({ src, dest, body: { type: "flood", sent, text: "x".repeat(1000) } }))
      if (sent++ < 300) timeline.after(0, send)
    }
    send()
    await found
    assert.match(
      Told.findings(node.findings).join(),
      /^n0 left 10\d{4} bytes of messages unread, more than the bench keeps, at .*; n1 had sent it the most, \d{2,3} messages\n/
    )
  })

  it("of its standard error so much is taken; it may write more", async () => {
    const flood = "i=0; while [ $i -lt 100000 ]; do echo $i >&2; i=$((i + 1)); done; exit 3"
    const command = { file: "/bin/sh", args: ["-c", flood] }
    const node = make("n0", { command, limits: { unread: 0, errors: 1000 } })
    const found = new Promise<void>((resolve) => {
      onFinding = resolve
    })
    node.start()
    await found
    assert.match(Told.findings(node.findings).join(), /^n0 exited with code 3/)
    assert.strictEqual(errors[0], "0")
    assert.strictEqual(errors.at(-1), "… the bench keeps no more than 1000 bytes")
    assert.isBelow(errors.length, 50_000)
  })

  it("a killed one is gone, even if it is paused, and starts again without memory", async () => {
    const node = make("n0")
    const wasDisturbed = node.start()
    await init(node)
    assert.strictEqual(await ask(node, { type: "broadcast", message: 1 }).answer, "broadcast_ok")
    assert.strictEqual(await read(node), "1")
    node.pause()
    node.kill()
    assert.isTrue(wasDisturbed())
    node.start()
    node.resume() // which is another one's
    await init(node)
    assert.strictEqual(await read(node), "")
    assert.deepStrictEqual(node.findings, [])
  })

  it("has no clock of its own to set", () => {
    assert.throws(() => make("n0").setClock(1, false))
  })
})
