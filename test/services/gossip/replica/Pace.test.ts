import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import { NodeId } from "../../../../src/schema/Address.ts"
import * as Hubs from "../../../../src/services/gossip/replica/Hubs.ts"
import * as Pace from "../../../../src/services/gossip/replica/Pace.ts"
import * as Settings from "../../../../src/services/gossip/Settings.ts"

const [n0, n1, n2] = ["n0", "n1", "n2"].map((id) => NodeId.make(id)) as [NodeId, NodeId, NodeId]
const settings = Effect.runSync(Settings.star.parse(ConfigProvider.fromEnv({ env: {} })))
const { acknowledgeWithin, hubWindow, leafWindow, probeEvery, roundTrip } = settings

const make = (self: NodeId, areAwaited = false, shape: Hubs.Shape = "star") => {
  const pace = Pace.make(settings, Hubs.make(shape, self, [n0, n1, n2]), areAwaited)
  const linkTo = (peer: NodeId) => ({ peer, talk: Pace.quiet() })
  return { pace, linkTo }
}

describe("Pace", () => {
  it("an idle link may be used at once, a busy one of a leaf once a window", () => {
    const { linkTo, pace } = make(n1)
    const link = linkTo(n0)
    assert.isAtMost(pace.pushAt(link, false), 0)
    pace.pushed(link, false, 1000)
    assert.strictEqual(pace.pushAt(link, false), 1000 + leafWindow)
    assert.isAtMost(pace.pushAt(linkTo(n2), false), 0, "another link has a window of its own")
  })

  it("a hub pushes to all in one cycle, and to each once in it", () => {
    const { linkTo, pace } = make(n0)
    const [a, b] = [linkTo(n1), linkTo(n2)]
    pace.pushed(a, true, 1000)
    assert.isAtMost(pace.pushAt(b, true), 1000, "the cycle has begun: who has had nothing in it gets it now")
    pace.pushed(b, true, 1050)
    assert.deepStrictEqual([a, b].map((link) => pace.pushAt(link, true)), [1000 + hubWindow, 1000 + hubWindow])
    pace.pushed(a, true, 1000 + hubWindow)
    assert.strictEqual(pace.pushAt(b, true), 1000 + hubWindow)
  })

  it("who is far behind is sent a segment a turn, whoever it is", () => {
    const { pace } = make(n0)
    assert.isAtMost(pace.segmentAt(), 0)
    pace.sentSegment(1000)
    assert.strictEqual(pace.segmentAt(), 1000 + Pace.turn)
  })

  it("acknowledgements are in no hurry, unless somebody waits for frontiers", () => {
    assert.strictEqual(make(n1).pace.acknowledgeWithin(false), acknowledgeWithin)
    assert.strictEqual(make(n1, true).pace.acknowledgeWithin(false), leafWindow)
    assert.strictEqual(make(n0).pace.acknowledgeWithin(true), settings.hubWait + hubWindow)
    assert.strictEqual(make(n1, true).pace.confirmWithin, acknowledgeWithin)
    assert.strictEqual(make(n1, true, "mesh").pace.confirmWithin, leafWindow)
  })

  it("what is awaited counts as lost after a round trip and the time that the peer may take, and later the next time", () => {
    const { linkTo, pace } = make(n1)
    const [hub, other] = [linkTo(n0), linkTo(n2)]
    assert.strictEqual(pace.expiry(hub), Infinity, "nothing is awaited")
    hub.talk.awaitingSince = other.talk.awaitingSince = 1000
    assert.strictEqual(pace.expiry(hub), 1000 + roundTrip + hubWindow)
    assert.strictEqual(pace.expiry(other), 1000 + roundTrip + acknowledgeWithin)
    hub.talk.retries = 100
    assert.strictEqual(pace.expiry(hub), 1000 + Math.max(roundTrip + hubWindow, probeEvery), "it is bounded")
  })
})
