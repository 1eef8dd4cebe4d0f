import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as Setting from "../../src/workloads/Setting.ts"

const struct = Schema.Struct({
  count: Setting.whole(1, 9, { help: "how many", usual: 3, simpler: Setting.towards(1) }),
  duration: Setting.seconds({ help: "how long", label: "lasts", usual: 1500 }),
  inner: Schema.Struct({ share: Setting.fraction({ help: "how much", usual: 0, simpler: "usual" }, { all: 1 }) }),
  kind: Setting.oneOf(["this", "that"], { help: "which", usual: "this" }),
  faults: Setting.listOf(["fire", "flood"], { help: "what befalls it", usual: [], simpler: Setting.fewer }, {
    list: "some or none"
  }),
  workers: Setting.perNode({ help: "who works", usual: 5, usualText: "1n" }),
  onlyThese: Schema.optionalKey(Setting.numbers({ help: "which of them", usualText: "all" })),
  isLasting: Setting.toggle({ help: "whether it lasts", usual: false }),
  unsaid: Schema.optionalKey(Schema.String)
})

const fields = new Map(Setting.fieldsOf(struct).map((field) => [field.flag, field]))
const field = (flag: string): Setting.Field => fields.get(flag)!

describe("Setting", () => {
  it("each option is known by its flag, with what is said of it", () => {
    assert.deepStrictEqual([...fields.keys()], [
      "count",
      "duration",
      "share",
      "kind",
      "faults",
      "workers",
      "only-these",
      "is-lasting"
    ])
    const { form, help, label, path, usualText } = field("duration")
    assert.deepStrictEqual([help, label, path, usualText, form.metavar], [
      "how long",
      "lasts",
      ["duration"],
      "1.5",
      "seconds"
    ])
    assert.deepStrictEqual([field("only-these").label, field("only-these").usualText], ["only these", "all"])
    assert.deepStrictEqual([field("faults").usualText, field("workers").usualText], ["none", "1n"])
  })

  it("what is usual fills a struct", () => {
    assert.deepStrictEqual(Setting.usualOf(struct), {
      count: 3,
      duration: 1500,
      inner: { share: 0 },
      kind: "this",
      faults: [],
      workers: 5,
      isLasting: false
    })
  })

  const texts: ReadonlyArray<readonly [flag: string, text: string, value: unknown, written?: string]> = [
    ["count", "9", 9],
    ["count", "10", undefined],
    ["count", "1.5", undefined],
    ["count", " ", undefined],
    ["duration", "1.1", 1100],
    ["duration", "-1", undefined],
    ["duration", "Infinity", undefined],
    ["share", "all", 1, "1"],
    ["share", "0.25", 0.25],
    ["share", "some", undefined],
    ["kind", "that", "that"],
    ["kind", "other", undefined],
    ["faults", "none", [], "none"],
    ["faults", "flood, fire,flood", ["flood", "fire"], "flood,fire"],
    ["faults", "fire,none", undefined],
    ["workers", "2n", 8],
    ["workers", "7", 7],
    ["workers", "8", 8, "2n"],
    ["workers", "0", undefined],
    ["workers", "2m", undefined],
    ["only-these", "3,1", [3, 1]],
    ["only-these", "none", []],
    ["only-these", "1,x", undefined],
    ["is-lasting", "true", true]
  ]
  for (const [flag, text, value, written = text] of texts) {
    it(`${flag} ${text} is ${JSON.stringify(value)}, and is written so again`, () => {
      const read = field(flag).read(text, 4)
      assert.deepStrictEqual(read, value)
      if (value === undefined) return
      assert.strictEqual(field(flag).write(read, 4), written)
      assert.deepStrictEqual(field(flag).read(written, 4), value)
    })
  }

  it("one value is changed, and the others stay", () => {
    const usual = Setting.usualOf(struct)
    const changed = Setting.set(usual, field("share"), 0.5)
    assert.deepStrictEqual(changed, { ...usual, inner: { share: 0.5 } })
    assert.deepStrictEqual([Setting.get(usual, field("share")), Setting.get(changed, field("share"))], [0, 0.5])
    assert.isUndefined(Setting.get(usual, field("only-these")))
  })

  it("a report shows it with its unit", () => {
    assert.strictEqual(Setting.show(field("duration"), 2000), "2 s")
    assert.strictEqual(Setting.show(field("workers"), 8), "8")
    assert.strictEqual(Setting.show(field("faults"), ["fire"]), "fire")
  })

  it("says which values are simpler, the simplest first", () => {
    assert.deepStrictEqual(field("count").simpler(9), [1, 5, 7, 8])
    assert.deepStrictEqual(field("count").simpler(1), [])
    assert.deepStrictEqual(field("count").simpler("no count"), [])
    assert.deepStrictEqual([field("share").simpler(0.5), field("share").simpler(0)], [[0], []])
    assert.deepStrictEqual(field("faults").simpler(["fire", "flood"]), [[], ["flood"], ["fire"]])
    assert.deepStrictEqual(field("faults").simpler(["fire"]), [[]])
    assert.deepStrictEqual(field("kind").simpler("that"), [])
    assert.deepStrictEqual(Setting.towards(1000, 1000)(3500), [1000, 2500])
  })
})
