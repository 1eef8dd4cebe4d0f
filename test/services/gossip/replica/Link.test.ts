import { assert, describe, it } from "@effect/vitest"
import { NodeId } from "../../../../src/schema/Address.ts"
import { Life } from "../../../../src/schema/ReplicaProtocol.ts"
import { Origin } from "../../../../src/schema/VersionVector.ts"
import * as Link from "../../../../src/services/gossip/replica/Link.ts"
import * as Log from "../../../../src/services/gossip/replica/Log.ts"
import * as Outgoing from "../../../../src/services/gossip/replica/Outgoing.ts"

const peer = NodeId.make("n1")
const [first, second] = [Life.make("aaaaaa"), Life.make("bbbbbb")]
const [mine, theirs, third] = [Origin.make("n0.a"), Origin.make(`n1.${first}`), Origin.make("n2.c")]

const met = (): Link.Link<number> => {
  const link = Link.make<number>(peer)
  Link.begin(link, first, 0)
  return link
}

describe("Link", () => {
  it("nothing that a former life had counts of the next one", () => {
    const link = met()
    Outgoing.open(link.outgoing, 5, true)
    link.known.set(mine, 3)
    link.confirmed = 5
    link.hasSaidAll = true
    link.knows.set(3, 2)
    Link.trailOf(link, 3)
    Link.begin(link, second, 100)
    assert.strictEqual(link.origin, Origin.make(`n1.${second}`))
    assert.isFalse(Link.isKnown(link, { origin: mine, sequence: 1, operation: 1 }))
    assert.deepStrictEqual([link.confirmed, link.hasSaidAll, link.outgoing.log], [undefined, false, undefined])
    assert.deepStrictEqual([link.knows.size, link.trails.size], [0, 0])
  })

  it("a life that another has followed is over for a while, and then speaks again if it does", () => {
    const link = met()
    assert.isFalse(Link.isOver(link, second, 0, 1000), "one that nobody has met is new")
    Link.begin(link, second, 100)
    assert.isTrue(Link.isOver(link, first, 1099, 1000))
    assert.isFalse(Link.isOver(link, first, 1100, 1000))
    assert.isFalse(Link.isOver(link, second, 200, 1000))
  })

  it("knows what the peer has by origin", () => {
    const link = met()
    link.known.set(mine, 2)
    const isKnown = (sequence: number) => Link.isKnown(link, { origin: mine, sequence, operation: 0 })
    assert.deepStrictEqual([1, 2, 3].map(isKnown), [true, true, false])
  })

  it("follows each frontier on a trail of its own", () => {
    const link = met()
    assert.strictEqual(Link.trailOf(link, 3), Link.trailOf(link, 3))
    assert.notStrictEqual(Link.trailOf(link, 3), Link.trailOf(link, 2))
  })

  it("what the peer made, or had before what is here of its log, it has without saying so", () => {
    const log = Log.make<number>(() => 2)
    for (const origin of [mine, theirs, third, theirs, mine]) log.append(origin, 0)
    const link = met()
    Link.extendConfirmed(link, log.at)
    assert.isUndefined(link.confirmed, "while nothing counts, nothing follows")
    link.confirmed = 1
    Link.extendConfirmed(link, log.at)
    assert.strictEqual(link.confirmed, 2, "its own; it may lack that of the third")
    link.incoming.byOrigin.set(third, { origin: third, count: 1 })
    Link.extendConfirmed(link, log.at)
    assert.strictEqual(link.confirmed, 4, "which it has had in its log; it may lack the last one")
  })
})
