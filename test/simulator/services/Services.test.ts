import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { NodeId, ServiceId } from "../../../src/schema/Address.ts"
import * as Envelope from "../../../src/schema/Envelope.ts"
import * as Network from "../../../src/simulator/network/Network.ts"
import * as Services from "../../../src/simulator/services/Services.ts"
import * as VirtualTime from "../../../src/simulator/time/VirtualTime.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"
import * as Told from "../../Told.ts"

const node = NodeId.make("n0")

const world = () => {
  const time = VirtualTime.make()
  const random = SeededRandom.make(0)
  const network = Network.make({ timeline: time, random, latency: () => 0, loss: 0, duplicates: 0 })
  const services = Services.join(network, random, "any", time.now)
  const replies: Array<Envelope.Body> = []
  network.join(node, (line) => void replies.push(Result.getOrThrow(Envelope.decode(line)).body))
  /** Sends a request, and takes what is answered, if anything is. */
  const ask = (service: string, body: object): Envelope.Body | undefined => {
    replies.length = 0
    const dest = ServiceId.make(service)
    network.send(node, dest, JSON.stringify({ src: node, dest, body: { ...body, msg_id: 7 } }))
    time.run(() => false)
    return replies[0]
  }
  return { ask, services }
}

describe("Services", () => {
  it("read a missing field as null", () => {
    const { ask, services } = world()
    for (const service of ["lin-kv", "seq-kv"]) {
      const made = ask(service, { type: "cas", key: "x", to: 0, create_if_not_exists: true })
      assert.deepStrictEqual(made, { type: "cas_ok", in_reply_to: 7 }, service)
      assert.deepInclude(ask(service, { type: "cas", key: "x", to: 0 }), { code: 22 }, service)
      assert.deepStrictEqual(ask(service, { type: "write", key: "y" }), { type: "write_ok", in_reply_to: 7 }, service)
      assert.deepStrictEqual(
        ask(service, { type: "cas", key: "y", to: 1 }),
        { type: "cas_ok", in_reply_to: 7 },
        service
      )
      assert.deepInclude(ask(service, { type: "read" }), { code: 20 }, service)
    }
    assert.deepStrictEqual(services.findings(), [])
  })

  it("give no answer to what they do not understand, and it is told who sent what", () => {
    const { ask, services } = world()
    let deep: unknown = 0
    for (let depth = 0; depth < 1000; depth++) deep = [deep]
    for (
      const body of [{ type: "delete" }, { type: "delete" }, {}, { type: "write", key: "x", value: deep }, {
        type: "ts"
      }]
    ) assert.isUndefined(ask("lin-kv", body))
    const [told, ...others] = Told.findings(services.findings())
    assert.deepStrictEqual(others, [])
    const says = (type: string, why: string): string =>
      String.raw`n0 sent lin-kv a request ${type}, at 0\.000 s, which it does not understand and never answers: ${why}`
    const types = "the types of its requests are read, write, cas"
    const text = [says("delete", types), says("without type", types), says("write", ".*"), "2 more"].join("; ")
    assert.match(told!, new RegExp(`^${text}$`))
  })
})
