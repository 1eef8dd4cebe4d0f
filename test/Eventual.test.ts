import { assert, describe, it } from "@effect/vitest"
import * as SeededRandom from "../src/bench/SeededRandom.ts"
import * as Eventual from "../src/bench/services/Eventual.ts"
import type { KeyValueRequest, Reply, Service } from "../src/bench/services/Service.ts"
import type { Json } from "../src/schema/Json.ts"
import { seeds as seedsOf } from "./Seeds.ts"

const seeds = seedsOf(60)

const read = (service: Service<KeyValueRequest>, key: Json = "x"): Json | undefined => {
  const reply = service.handle("n0", { type: "read", key })
  if (reply.type === "read_ok") return reply.value
  assert.deepInclude(reply, { type: "error", code: 20 })
  return undefined
}

const write = (service: Service<KeyValueRequest>, value: Json, key: Json = "x"): void =>
  assert.deepStrictEqual(service.handle("n0", { type: "write", key, value }), { type: "write_ok" })

/** What both replicas hold when nothing has been written for long. */
const settled = (service: Service<KeyValueRequest>, of: string): Json | undefined => {
  for (let i = 0; i < 300; i++) read(service)
  const value = read(service)
  for (let i = 0; i < 20; i++) assert.strictEqual(read(service), value, of)
  return value
}

/** What Maelstrom does, taken literally, with replicas that are never changed but replaced. Makes the same draws. */
const literal = (random: SeededRandom.SeededRandom, count: number) => {
  interface Replica {
    readonly clock: number
    readonly m: Readonly<Record<string, { readonly ts: number; readonly value: number }>>
  }
  let replicas: ReadonlyArray<Replica> = Array.from({ length: count }, () => ({ clock: 0, m: {} }))

  const nth = (index: number): Replica => {
    const replica = replicas[index]
    if (replica === undefined) throw new Error(`no replica ${index}`)
    return replica
  }
  const merge = (one: Replica, other: Replica): Replica => {
    const m = { ...one.m }
    for (const [key, register] of Object.entries(other.m)) {
      const present = m[key]
      if (present === undefined || present.ts < register.ts) m[key] = register
    }
    return { clock: Math.max(one.clock, other.clock), m }
  }
  const execute = (replica: Replica, request: Request): readonly [Replica, number | "ok" | "missing" | "mismatch"] => {
    const present = replica.m[request.key]
    const put = (value: number): Replica => ({
      clock: replica.clock + 1,
      m: { ...replica.m, [request.key]: { ts: replica.clock, value } }
    })
    if (request.type === "write") return [put(request.value), "ok"]
    if (present === undefined) return [replica, "missing"]
    if (request.type === "read") return [replica, present.value]
    return present.value === request.from ? [put(request.to), "ok"] : [replica, "mismatch"]
  }

  return (request: Request) => {
    const source = random.below(count)
    const destination = random.below(count)
    const merged = merge(nth(source), nth(destination))
    const index = random.below(count)
    const [executed, outcome] = execute(nth(index), request) // as it was before the merge
    replicas = replicas.with(destination, merged).with(index, executed)
    return outcome
  }
}

type Request =
  | { readonly type: "read"; readonly key: string }
  | { readonly type: "write"; readonly key: string; readonly value: number }
  | { readonly type: "cas"; readonly key: string; readonly from: number; readonly to: number }

const anyRequest = (random: SeededRandom.SeededRandom): Request => {
  const key = random.pick(["x", "y", "z"])
  if (random.chance(0.5)) return { type: "read", key }
  if (random.chance(0.5)) return { type: "write", key, value: random.below(3) }
  return { type: "cas", key, from: random.below(3), to: random.below(3) }
}

const outcome = (reply: Reply): Json => {
  switch (reply.type) {
    case "read_ok":
      return reply.value
    case "error":
      return reply.code === 20 ? "missing" : reply.code === 22 ? "mismatch" : reply.code
    default:
      return "ok"
  }
}

describe("Eventual", () => {
  it("answers as Maelstrom would, request by request", () => {
    for (const count of [2, 3]) {
      for (const seed of seeds) {
        const requests = SeededRandom.make(seed).fork("requests")
        const expected = literal(SeededRandom.make(seed), count)
        const { handle } = Eventual.make(SeededRandom.make(seed), count)
        for (let i = 0; i < 200; i++) {
          const request = anyRequest(requests)
          const of = `${count} replicas, seed ${seed}, request ${i}`
          assert.strictEqual(outcome(handle("n0", request)), expected(request), of)
        }
      }
    }
  })

  it("settles on a written value; acknowledged writes can vanish under earlier ones", () => {
    const finals = new Set<Json | undefined>()
    for (const seed of seeds) {
      const service = Eventual.make(SeededRandom.make(seed))
      for (const value of [1, 2, 3]) write(service, value)
      const value = settled(service, `seed ${seed}`)
      assert.include([1, 2, 3], value, `seed ${seed}`)
      finals.add(value)
    }
    assert.isTrue(finals.has(3), "the last write survives in some runs")
    assert.isTrue(finals.has(1) || finals.has(2), "and vanishes in others")
  })

  it("a write may not be there to be read, even by its writer", () => {
    const reads = seeds.map((seed) => {
      const service = Eventual.make(SeededRandom.make(seed))
      write(service, 1)
      return read(service)
    })
    assert.sameMembers([...new Set(reads)], [1, undefined])
  })

  it("a value may be seen and then not seen", () => {
    const goesBack = seeds.filter((seed) => {
      const service = Eventual.make(SeededRandom.make(seed))
      write(service, 1)
      const reads = Array.from({ length: 10 }, () => read(service))
      return reads.lastIndexOf(undefined) > reads.indexOf(1) && reads.includes(1)
    })
    assert.isAbove(goesBack.length, 0)
  })

  it("cas creates nothing", () => {
    for (const seed of seeds) {
      const { handle } = Eventual.make(SeededRandom.make(seed))
      for (let i = 0; i < 10; i++) {
        const reply = handle("n0", { type: "cas", key: "x", from: 0, to: 1, create_if_not_exists: true })
        assert.deepInclude(reply, { type: "error", code: 20 }, `seed ${seed}`)
      }
    }
  })
})
