import { assert, describe, it } from "@effect/vitest"
import { Origin } from "../../../../src/schema/VersionVector.ts"
import * as Log from "../../../../src/services/gossip/replica/Log.ts"
import * as Outgoing from "../../../../src/services/gossip/replica/Outgoing.ts"

const [a, b] = [Origin.make("n0.a"), Origin.make("n1.b")]

describe("Outgoing", () => {
  it("counts what is in flight until it is acknowledged", () => {
    const outgoing = Outgoing.make()
    Outgoing.open(outgoing, 10, false)
    Outgoing.sent(outgoing, "log", 20, 100)
    Outgoing.sent(outgoing, "log", 25, 0)
    Outgoing.sent(outgoing, "log", 30, 50)
    assert.deepStrictEqual([outgoing.bytesInFlight, outgoing.log?.next, outgoing.openedAt], [150, 30, 10])
    assert.isFalse(Outgoing.acknowledge(outgoing, "log", 10))
    assert.isUndefined(outgoing.openedAt)
    assert.isTrue(Outgoing.acknowledge(outgoing, "log", 20))
    assert.deepStrictEqual([outgoing.bytesInFlight, outgoing.log?.next], [50, 30])
    assert.isFalse(Outgoing.acknowledge(outgoing, "log", 15))
    assert.isTrue(Outgoing.acknowledge(outgoing, "log", 40), "somebody else has sent it more")
    assert.deepStrictEqual([outgoing.bytesInFlight, outgoing.log], [0, { acknowledged: 40, next: 40 }])
  })

  it("goes to where the peer stands, which is neither before what it has acknowledged nor after what was sent", () => {
    const outgoing = Outgoing.make()
    Outgoing.open(outgoing, 0, true)
    Outgoing.sent(outgoing, "log", 30, 50)
    Outgoing.acknowledge(outgoing, "log", 10)
    outgoing.isStalled = true
    Outgoing.resume(outgoing, "log", 20)
    assert.deepStrictEqual([outgoing.log?.next, outgoing.bytesInFlight, outgoing.isStalled], [20, 0, false])
    Outgoing.resume(outgoing, "log", 5)
    assert.strictEqual(outgoing.log?.next, 10)
    Outgoing.resume(outgoing, "log", 50)
    assert.strictEqual(outgoing.log?.next, 10)
  })

  it("knows whether there is something that the peer lacks, and something of others", () => {
    const outgoing = Outgoing.make()
    const log = Log.make<number>(() => 1)
    Outgoing.open(outgoing, 0, true)
    assert.isFalse(Outgoing.lacksOfLog(outgoing, log, () => false))
    log.append(a, 1)
    assert.isFalse(Outgoing.lacksOfLog(outgoing, log, ({ origin }) => origin === a))
    assert.isFalse(Outgoing.needsRelay(outgoing, log, a, new Map()))
    log.append(b, 1)
    assert.isTrue(Outgoing.lacksOfLog(outgoing, log, ({ origin }) => origin === a))
    assert.isTrue(Outgoing.needsRelay(outgoing, log, a, new Map()))
    Outgoing.sent(outgoing, "log", 2, 1)
    assert.isFalse(Outgoing.lacksOfLog(outgoing, log, ({ origin }) => origin === a))
    Outgoing.acknowledge(outgoing, "log", 2)
    assert.isFalse(Outgoing.needsRelay(outgoing, log, a, new Map()))
  })

  it("knows nothing of another life", () => {
    const outgoing = Outgoing.make()
    Outgoing.open(outgoing, 0, true)
    Outgoing.sent(outgoing, "log", 30, 50)
    Outgoing.forget(outgoing)
    assert.deepStrictEqual([outgoing.log, outgoing.own, outgoing.bytesInFlight], [undefined, undefined, 0])
  })
})
