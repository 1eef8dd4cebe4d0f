import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { crc32c } from "../../../src/services/disk/Crc32c.ts"
import * as Framing from "../../../src/services/disk/Framing.ts"

const bytesOf = (texts: ReadonlyArray<string>): Uint8Array =>
  Uint8Array.from(texts.flatMap((text, i) => [...Framing.encode(i + 1, text)]))

const texts = [`{"a":1}`, "", `"grüße, \\n 𝄞"`, "12345"]
const whole = bytesOf(texts)

/** Where each record ends. */
const ends = texts.map((_, i) => bytesOf(texts.slice(0, i + 1)).length)

describe("CRC-32C", () => {
  it("is that of the example in RFC 3720, appendix B.4", () => {
    assert.strictEqual(crc32c(new TextEncoder().encode("123456789")), 0xe3069283)
    assert.strictEqual(crc32c(new Uint8Array(32)), 0x8a9136aa)
    assert.strictEqual(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43)
    assert.strictEqual(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e)
  })
})

describe("records in a file", () => {
  it("are read as they were written", () => {
    assert.deepStrictEqual(Framing.decode(whole), Result.succeed({ texts, length: whole.length }))
    assert.deepStrictEqual(Framing.decode(new Uint8Array(0)), Result.succeed({ texts: [], length: 0 }))
  })

  it("may end anywhere: what is torn is told from what is whole", () => {
    for (let length = 0; length < whole.length; length++) {
      const count = ends.filter((end) => end <= length).length
      const expected = { texts: texts.slice(0, count), length: ends[count - 1] ?? 0 }
      assert.deepStrictEqual(Framing.decode(whole.subarray(0, length)), Result.succeed(expected), `${length} bytes`)
    }
  })

  it("are damaged by every single bit that flips", () => {
    for (let at = 0; at < whole.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const flipped = whole.slice()
        flipped[at]! ^= 1 << bit
        assert.isTrue(Result.isFailure(Framing.decode(flipped)), `byte ${at}, bit ${bit}`)
      }
    }
  })

  it("are damaged when one is missing, twice there, in another's place, or zeros", () => {
    const [a, b, c, d] = texts.map((_, i) => whole.slice(ends[i - 1] ?? 0, ends[i]))
    const join = (...lines: ReadonlyArray<Uint8Array | undefined>) =>
      Framing.decode(Uint8Array.from(lines.flatMap((line) => [...line!])))
    assert.isTrue(Result.isSuccess(join(a, b, c, d)))
    for (
      const wrong of [
        join(b, c, d),
        join(a, c, d),
        join(a, b, b, c, d),
        join(a, c, b, d),
        join(a, b, c, new Uint8Array(d!.length)),
        join(a, new Uint8Array(b!.length), c, d),
        join(a, b, c, d!.fill(0, 4))
      ]
    ) assert.isTrue(Result.isFailure(wrong))
  })

  it("say where they are damaged", () => {
    const flipped = whole.slice()
    flipped[ends[1]! + 12]! ^= 1
    assert.deepStrictEqual(
      Framing.decode(flipped),
      Result.fail(`record 3, at byte ${ends[1]} of ${whole.length}, is damaged`)
    )
  })
})
