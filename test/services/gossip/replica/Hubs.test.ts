import { assert, describe, it } from "@effect/vitest"
import { NodeId } from "../../../../src/schema/Address.ts"
import * as Hubs from "../../../../src/services/gossip/replica/Hubs.ts"

const members = ["n0", "n1", "n2", "n3"].map((id) => NodeId.make(id))
const [n0, n1, n2, n3] = members as [NodeId, NodeId, NodeId, NodeId]

describe("Hubs", () => {
  it("the hub of a star is the first of all nodes that is not suspected, oneself if need be", () => {
    const hubs = Hubs.make("star", n2, members)
    const seen = [hubs.current(), hubs.isHub()]
    for (const silent of [n0, n1, n3]) {
      hubs.suspected.add(silent)
      seen.push(hubs.current(), hubs.isHub())
    }
    assert.deepStrictEqual(seen, [n0, false, n1, false, n2, true, n2, true])
    hubs.suspected.delete(n1)
    assert.strictEqual(hubs.current(), n1)
    assert.strictEqual(hubs.usual, n0)
  })

  it("who acts as the hub comes after those that do not, as far as oneself; whoever is suspected does not count", () => {
    const hubs = Hubs.make("star", n2, members)
    assert.deepStrictEqual(hubs.before(n0), [])
    assert.deepStrictEqual(hubs.before(n1), [n0])
    assert.deepStrictEqual(hubs.before(n3), [n0, n1])
    hubs.suspected.add(n0)
    assert.deepStrictEqual(hubs.before(n3), [n1])
  })

  it("a mesh has none", () => {
    const hubs = Hubs.make("mesh", n0, members)
    assert.deepStrictEqual([hubs.current(), hubs.usual, hubs.isHub()], [undefined, undefined, false])
  })
})
