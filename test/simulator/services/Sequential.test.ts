import { assert, describe, it } from "@effect/vitest"
import * as Json from "../../../src/schema/Json.ts"
import * as Register from "../../../src/simulator/services/Register.ts"
import * as Sequential from "../../../src/simulator/services/Sequential.ts"
import type { KeyValueRequest, Reply, Service } from "../../../src/simulator/services/Service.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"
import { seeds as seedsOf } from "../../Seeds.ts"

const seeds = seedsOf(30)

/** Chooses the oldest state that it may. */
const malicious: SeededRandom.SeededRandom = { ...SeededRandom.make(0), below: () => 0 }

const read = (service: Service<KeyValueRequest>, client: string, key: Json.Json = "x"): Json.Json | undefined => {
  const reply = service.handle(client, { type: "read", key })
  if (reply.type === "read_ok") return reply.value
  assert.deepInclude(reply, { type: "error", code: 20 })
  return undefined
}

const write = (service: Service<KeyValueRequest>, client: string, value: Json.Json, key: Json.Json = "x"): void =>
  assert.deepStrictEqual(service.handle(client, { type: "write", key, value }), { type: "write_ok" })

const cas = (service: Service<KeyValueRequest>, client: string, from: Json.Json, to: Json.Json): Reply =>
  service.handle(client, { type: "cas", key: "x", from, to })

/**
 * What Maelstrom does, taken literally: whole states, compared as a whole, in a ring of 32. It makes the same draws,
 * so it must give the same replies.
 */
const literal = (random: SeededRandom.SeededRandom) => {
  type State = ReadonlyMap<Json.Json, Json.Json>
  const ring: Array<State> = [new Map()]
  const clients = new Map<string, number>()
  let last = 0

  const nth = (index: number): State => {
    // From the end when negative, and round as often as it takes.
    const state = ring[((index % ring.length) + ring.length) % ring.length]
    if (state === undefined) throw new Error("the ring is never empty")
    return state
  }
  const execute = (state: State, request: KeyValueRequest): readonly [State, Reply] => {
    const { reply, writes } = Register.step(state.get(request.key), request)
    return [writes === undefined ? state : new Map([...state, [request.key, writes]]), reply]
  }
  const equal = (a: State, b: State): boolean =>
    a.size === b.size && [...a].every(([key, value]) => {
      const other = b.get(key)
      return other !== undefined && Json.equals(value, other)
    })

  return (client: string, request: KeyValueRequest): Reply => {
    const from = clients.get(client) ?? 0
    const index = from + random.below(last - from + 1)
    const past = nth(index - last - 1)
    const [tried, pastReply] = execute(past, request)
    if (equal(past, tried)) {
      clients.set(client, index)
      return pastReply
    }
    const [next, reply] = execute(nth(-1), request)
    last++
    clients.set(client, last)
    ring.push(next)
    if (ring.length > 32) ring.shift()
    return reply
  }
}

const anyRequest = (random: SeededRandom.SeededRandom): KeyValueRequest => {
  const key = random.pick(["x", "y", "z"])
  const value = () => random.pick<Json.Json>([0, 1, null, [1, 2], { a: 1, b: 2 }, { b: 2, a: 1 }])
  if (random.chance(0.4)) return { type: "read", key }
  if (random.chance(0.5)) return { type: "write", key, value: value() }
  return { type: "cas", key, from: value(), to: value(), create_if_not_exists: random.chance(0.2) }
}

describe("Sequential", () => {
  it("answers as Maelstrom would, request by request", () => {
    for (const seed of seeds) {
      const requests = SeededRandom.make(seed).fork("requests")
      const expected = literal(SeededRandom.make(seed))
      const { handle } = Sequential.make(SeededRandom.make(seed))
      for (let i = 0; i < 400; i++) {
        // n0 is busy; n9 asks so seldom that it falls more than 32 states behind.
        const client = requests.chance(0.02) ? "n9" : `n${requests.below(2)}`
        const request = anyRequest(requests)
        assert.deepStrictEqual(handle(client, request), expected(client, request), `seed ${seed}, request ${i}`)
      }
    }
  })

  it("within 32 states a client never sees an older one again, but may see old ones", () => {
    let stale = 0
    for (const seed of seeds) {
      const random = SeededRandom.make(seed)
      const service = Sequential.make(random)
      const seen = new Map<string, number>()
      for (let i = 1; i < Sequential.window; i++) {
        write(service, "writer", i)
        for (const client of ["n0", "n1", "n2"]) {
          if (random.chance(0.5)) continue
          const before = seen.get(client) ?? 0
          const now = Number(read(service, client) ?? 0)
          assert.isTrue(before <= now && now <= i, `${client} read ${before} and then ${now} of ${i}, seed ${seed}`)
          if (now < i) stale++
          seen.set(client, now)
        }
      }
    }
    assert.isAbove(stale, 0)
  })

  it("whichever way it chooses, it keeps that promise, and shows old states", () => {
    for (const choice of ["any", "oldest", "stalest", "extreme"] as const) {
      let stale = 0
      for (const seed of seeds.slice(0, 20)) {
        const random = SeededRandom.make(seed)
        const service = Sequential.make(random, choice)
        let seen = 0
        for (let i = 1; i <= 2 * Sequential.window; i++) {
          write(service, "writer", i)
          if (random.chance(0.5)) continue
          const now = Number(read(service, "reader") ?? 0)
          assert.isTrue(now > i - Sequential.window && now <= i, `${choice} read ${now} of ${i}, seed ${seed}`)
          if (i < Sequential.window) assert.isAtLeast(now, seen, `${choice}, seed ${seed}`)
          seen = now
          if (now < i) stale++
        }
        write(service, "reader", "new")
        const last = service.handle("reader", { type: "read", key: "x" })
        assert.deepStrictEqual(last, { type: "read_ok", value: "new" }, `${choice}, seed ${seed}`)
      }
      assert.isAbove(stale, 100, choice)
    }
  })

  it("a client further behind may see them in the wrong order, but none that is older than 32", () => {
    let wrongOrder = 0
    for (const seed of seeds) {
      const service = Sequential.make(SeededRandom.make(seed))
      for (let i = 1; i <= 100; i++) write(service, "writer", i)
      const reads = Array.from({ length: 10 }, () => Number(read(service, "reader")))
      for (const value of reads) {
        assert.isTrue(value > 100 - Sequential.window && value <= 100, `${value} of 100, seed ${seed}`)
      }
      if (reads.some((value, i) => value < Number(reads[i - 1] ?? 0))) wrongOrder++
    }
    assert.isAbove(wrongOrder, 0)
  })

  it("shows each of the last 32 states, and no other", () => {
    const seen = new Set<Json.Json | undefined>()
    for (let i = 1; i <= 31; i++) {
      // State 0, in which there is no x, is the oldest of 32 …
      const service = Sequential.make(malicious)
      for (let j = 1; j <= i; j++) write(service, "writer", j)
      assert.isUndefined(read(service, "reader"), `after ${i} writes`)
    }
    const service = Sequential.make(SeededRandom.make(0))
    // … and has fallen out after one more.
    for (let i = 1; i <= 32; i++) write(service, "writer", i)
    for (let i = 0; i < 1_000; i++) seen.add(read(service, `reader ${i}`))
    assert.sameMembers([...seen], Array.from({ length: 32 }, (_, i) => i + 1))
  })

  it("a client that only reads can be stale for ever", () => {
    const service = Sequential.make(malicious)
    write(service, "writer", 1)
    for (let i = 0; i < 1_000; i++) assert.isUndefined(read(service, "reader"))
    assert.strictEqual(read(service, "writer"), 1)
  })

  it("a write that changes nothing does not bring a client up to date, one that does, does", () => {
    let stale = 0
    let fresh = 0
    for (const seed of seeds) {
      const random = SeededRandom.make(seed)
      const service = Sequential.make(random)
      write(service, "n0", "same")
      for (let i = 1; i <= 10; i++) write(service, "n1", i, "y")

      write(service, "n0", "same")
      if (read(service, "n0", "y") === 10) fresh++
      else stale++

      write(service, "n0", "other")
      assert.strictEqual(read(service, "n0", "y"), 10, `seed ${seed}`)
    }
    assert.isAbove(stale, 0)
    assert.isAbove(fresh, 0)
  })

  it("a write of what the key held then is acknowledged and lost", () => {
    const service = Sequential.make(malicious)
    write(service, "n0", 1)
    write(service, "n1", 2)
    write(service, "n0", 1)
    assert.strictEqual(read(service, "n1"), 2)
  })

  it("a cas may fail on a value long gone", () => {
    const service = Sequential.make(malicious)
    write(service, "n0", 1)
    write(service, "n1", 2)
    assert.deepInclude(cas(service, "n0", 2, 3), { type: "error", code: 22 })
    assert.strictEqual(read(service, "n0"), 1)
  })

  it("a cas that would have succeeded then meets the newest state, and brings up to date though it fails", () => {
    const service = Sequential.make(malicious)
    write(service, "n0", 1)
    write(service, "n1", 2)
    assert.strictEqual(read(service, "n0"), 1)
    assert.deepInclude(cas(service, "n0", 1, 3), { type: "error", code: 22 })
    assert.strictEqual(read(service, "n0"), 2)
  })
})
