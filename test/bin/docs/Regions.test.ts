import { assert, describe, it } from "@effect/vitest"
import * as Regions from "../../../bin/docs/Regions.ts"

const generators: Regions.Generators = {
  greeting: (...names) => `Hello ${names.join(" and ")}`,
  slow: () => Promise.resolve("\nat last\n")
}

const rejects = async (text: string, message: string): Promise<void> => {
  const error: unknown = await Regions.update(text, generators).then(() => "nothing", (error: unknown) => error)
  assert.instanceOf(error, Regions.WrongRegion)
  assert.include(error.message, message)
}

describe("regions of documents", () => {
  const text = [
    "before",
    "<!-- generated: greeting Ann Bob -->",
    "whatever stood here",
    "",
    "<!-- end -->",
    "between",
    "<!-- generated: slow -->",
    "<!-- end -->",
    "after"
  ].join("\n")

  it("are replaced by what is generated, with a blank line before and after, and all else stays", async () => {
    assert.strictEqual(
      await Regions.update(text, generators),
      [
        "before",
        "<!-- generated: greeting Ann Bob -->",
        "",
        "Hello Ann and Bob",
        "",
        "<!-- end -->",
        "between",
        "<!-- generated: slow -->",
        "",
        "at last",
        "",
        "<!-- end -->",
        "after"
      ].join("\n")
    )
  })

  it("do not change any more once they are current", async () => {
    const current = await Regions.update(text, generators)
    assert.strictEqual(await Regions.update(current, generators), current)
    assert.strictEqual(await Regions.update("no region at all", generators), "no region at all")
  })

  it("that nothing generates, and such as do not end, are refused", async () => {
    await rejects("<!-- generated: farewell -->\n<!-- end -->", "nothing generates farewell: there is greeting, slow")
    await rejects("<!-- generated: slow -->\n", "the region slow has no end")
    await rejects(`<!-- generated: slow -->\n${text}`, "the region slow has no end")
  })
})
