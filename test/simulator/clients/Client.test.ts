import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { Address, ClientId, NodeId } from "../../../src/schema/Address.ts"
import * as Envelope from "../../../src/schema/Envelope.ts"
import * as Client from "../../../src/simulator/clients/Client.ts"
import * as Network from "../../../src/simulator/network/Network.ts"
import * as VirtualTime from "../../../src/simulator/time/VirtualTime.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"
import type { Outcome, Question } from "../../../src/workloads/Workload.ts"
import * as Told from "../../Told.ts"

const node = NodeId.make("n0")
const id = ClientId.make("c5")

/** A client, and a node that does with each request what it is told to. */
const world = (onRequest: (request: Envelope.Envelope, answer: (delay: number, body: object) => void) => void) => {
  const time = VirtualTime.make()
  const network = Network.make({
    timeline: time,
    random: SeededRandom.make(0),
    latency: () => 1000,
    loss: 0,
    duplicates: 0
  })
  const requests: Array<Envelope.Envelope> = []
  network.join(node, (line) => {
    const request = Result.getOrThrow(Envelope.decode(line))
    requests.push(request)
    onRequest(request, (delay, body) =>
      time.after(delay, () => {
        network.send(node, id, Envelope.encode({ src: node, dest: id, body: { ...body } }))
      }))
  })
  const client = Client.make({ id, network, timeline: time })
  const ended: Array<readonly [Outcome, number]> = []
  const ask = (text: string, readOnly = false): void =>
    client.ask(
      node,
      { readOnly, request: { type: "say", text }, outcome: (reply) => ({ type: "ok", value: String(reply["text"]) }) },
      (outcome) => ended.push([outcome, time.now()])
    )
  const drain = (): void => assert.strictEqual(time.run(() => false), "deadlock")
  return { time, network, client, ended, requests, ask, drain }
}

const silent = world.bind(undefined, () => {})

const lost = (type: "info" | "fail"): Outcome => ({ type, error: { _tag: "NoReply" } })

describe("Client", () => {
  it("sends the request under its own address, each with a message id of its own", () => {
    const { ask, drain, requests } = world(({ body }, answer) =>
      answer(1, { type: "say_ok", in_reply_to: body["msg_id"] })
    )
    for (const text of ["a", "b", "c"]) {
      ask(text)
      drain()
    }
    assert.deepStrictEqual(requests.map(({ dest, src }) => [src, dest]), [[id, node], [id, node], [id, node]])
    assert.deepStrictEqual(requests.map(({ body }) => [body["type"], body["text"]]), [
      ["say", "a"],
      ["say", "b"],
      ["say", "c"]
    ])
    assert.strictEqual(new Set(requests.map(({ body }) => body["msg_id"])).size, 3)
  })

  it("ends with what the reply says, as soon as it comes", () => {
    for (const delay of [0, 1, 4999]) {
      const { ask, drain, ended } = world(({ body }, answer) =>
        answer(delay, { type: "say_ok", in_reply_to: body["msg_id"], text: "yes" })
      )
      ask("?")
      drain()
      assert.deepStrictEqual(ended, [[{ type: "ok", value: "yes" }, delay]])
    }
  })

  it("waits 5 s, then nobody knows what became of it; a question that changes nothing has failed", () => {
    for (const [readOnly, type] of [[false, "info"], [true, "fail"]] as const) {
      const { ask, drain, ended } = silent()
      ask("?", readOnly)
      drain()
      assert.deepStrictEqual(ended, [[lost(type), 5000]])
    }
  })

  it("waits as long as it is told to", () => {
    const { client, drain, network, time } = silent()
    client.close()
    const patient = Client.make({ id, network, timeline: time, timeout: 70 })
    const ended: Array<number> = []
    patient.ask(
      node,
      { readOnly: false, request: { type: "say" }, outcome: () => lost("fail") },
      () => ended.push(time.now())
    )
    drain()
    assert.deepStrictEqual(ended, [70])
  })

  it("hears no reply that comes too late, not even when it has asked something else meanwhile", () => {
    const { ask, drain, ended, time } = world(({ body }, answer) => {
      if (body["text"] === "first") answer(6000, { type: "say_ok", in_reply_to: body["msg_id"], text: "first" })
      else answer(4000, { type: "say_ok", in_reply_to: body["msg_id"], text: "second" })
    })
    ask("first")
    time.after(5500, () => ask("second"))
    drain()
    assert.deepStrictEqual(ended, [[lost("info"), 5000], [{ type: "ok", value: "second" }, 9500]])
  })

  it("hears only the reply to its question, and only once", () => {
    const { ask, drain, ended } = world(({ body }, answer) => {
      const msgId = Number(body["msg_id"])
      answer(1, { type: "say_ok", in_reply_to: msgId + 1, text: "to another" })
      answer(2, { type: "say_ok", text: "to none" })
      answer(3, { type: "say", msg_id: msgId, text: "a request" })
      answer(4, { type: "say_ok", in_reply_to: msgId, text: "the reply" })
      answer(5, { type: "say_ok", in_reply_to: msgId, text: "the reply again" })
    })
    ask("?")
    drain()
    assert.deepStrictEqual(ended, [[{ type: "ok", value: "the reply" }, 4]])
  })

  it.each<readonly [inReplyTo: unknown, how: string]>([
    [undefined, "without in_reply_to"],
    ["1", 'with in_reply_to "1" instead of 1'],
    [null, "with in_reply_to null instead of 1"],
    [2, "with in_reply_to 2 instead of 1"],
    ["\u20601.0", "with in_reply_to 1.0 instead of 1"] // see ExactNumbers
  ])("says of no reply that one came with in_reply_to %j", (in_reply_to, how) => {
    const { ask, drain, ended } = world((_, answer) => answer(1, { type: "say_ok", in_reply_to, text: "yes" }))
    ask("?")
    drain()
    const error = `no reply in time, though n0 sent c5 say_ok ${how}`
    const [[outcome, time] = []] = ended
    assert.strictEqual(Told.failure(outcome !== undefined && "error" in outcome ? outcome.error : undefined), error)
    assert.strictEqual(time, 5000)
  })

  it("says nothing of the kind of a late reply, nor of the next question", () => {
    const { ask, drain, ended, time } = world(({ body }, answer) => {
      if (body["text"] === "late") answer(6000, { type: "say_ok", in_reply_to: body["msg_id"] })
      if (body["text"] === "stray") answer(1, { type: "say_ok" })
    })
    ask("late")
    time.after(5500, () => ask("silence"))
    time.after(11_000, () => ask("stray"))
    time.after(17_000, () => ask("silence"))
    drain()
    assert.deepStrictEqual(ended.map(([outcome]) => "error" in outcome ? Told.failure(outcome.error) : ""), [
      "no reply in time",
      "no reply in time",
      "no reply in time, though n0 sent c5 say_ok without in_reply_to",
      "no reply in time"
    ])
  })

  it("skips a line that is no message", () => {
    const { ask, drain, ended, network } = silent()
    ask("?")
    for (const line of ["", "{", "[]", '{"src":"n0"}']) network.send(node, id, line)
    drain()
    assert.deepStrictEqual(ended, [[lost("info"), 5000]])
  })

  it("is gone when it is closed, and so is its address", () => {
    const { client, network } = silent()
    assert.isTrue(network.send(node, Address.make("c5"), "line"))
    client.close()
    assert.isFalse(network.send(node, Address.make("c5"), "line"))
  })

  it("goes on with what an answer leads to: each request has an id and a time of its own, and the last answer counts", () => {
    const replies = [3000, 4000, 2000]
    const { client, drain, ended, requests, time } = world(({ body }, answer) =>
      answer(replies[requests.length - 1]!, { type: "say_ok", in_reply_to: body["msg_id"], text: body["text"] })
    )
    const question = (text: string, outcome: Question["outcome"]): Question => ({
      readOnly: false,
      request: { type: "say", text },
      outcome
    })
    client.ask(
      node,
      question(
        "a",
        () => question("b", (reply) => question(`${String(reply["text"])}c`, () => ({ type: "ok", value: 1 })))
      ),
      (outcome) => ended.push([outcome, time.now()])
    )
    drain()
    assert.deepStrictEqual(requests.map(({ body }) => body["text"]), ["a", "b", "bc"])
    assert.strictEqual(new Set(requests.map(({ body }) => body["msg_id"])).size, 3)
    assert.deepStrictEqual(ended, [[{ type: "ok", value: 1 }, 9000]])
  })

  it("ends with the first of them that gets no answer", () => {
    const { client, drain, ended, requests, time } = world(({ body }, answer) => {
      if (requests.length === 1) answer(1000, { type: "say_ok", in_reply_to: body["msg_id"] })
    })
    const second = { readOnly: true, request: { type: "say" }, outcome: () => assert.fail("no answer") }
    client.ask(
      node,
      { readOnly: false, request: { type: "say" }, outcome: () => second },
      (outcome) => ended.push([outcome, time.now()])
    )
    drain()
    assert.deepStrictEqual(ended, [[lost("fail"), 6000]])
  })
})
