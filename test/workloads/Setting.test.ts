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

const leaves = new Map(Setting.leavesOf(struct).map((leaf) => [leaf.flag, leaf]))
const leaf = (flag: string): Setting.Leaf => leaves.get(flag)!

describe("Setting", () => {
  it("each option is known by its flag, with what is said of it", () => {
    assert.deepStrictEqual([...leaves.keys()], [
      "count",
      "duration",
      "share",
      "kind",
      "faults",
      "workers",
      "only-these",
      "is-lasting"
    ])
    const { form, help, label, path, usualText } = leaf("duration")
    assert.deepStrictEqual([help, label, path, usualText, form.metavar], [
      "how long",
      "lasts",
      ["duration"],
      "1.5",
      "seconds"
    ])
    assert.deepStrictEqual([leaf("only-these").label, leaf("only-these").usualText], ["only these", "all"])
    assert.deepStrictEqual([leaf("faults").usualText, leaf("workers").usualText], ["none", "1n"])
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
      const read = leaf(flag).read(text, 4)
      assert.deepStrictEqual(read, value)
      if (value === undefined) return
      assert.strictEqual(leaf(flag).write(read, 4), written)
      assert.deepStrictEqual(leaf(flag).read(written, 4), value)
    })
  }

  it("one value is changed, and the others stay", () => {
    const usual = Setting.usualOf(struct)
    const changed = Setting.set(usual, leaf("share"), 0.5)
    assert.deepStrictEqual(changed, { ...usual, inner: { share: 0.5 } })
    assert.deepStrictEqual([Setting.get(usual, leaf("share")), Setting.get(changed, leaf("share"))], [0, 0.5])
    assert.isUndefined(Setting.get(usual, leaf("only-these")))
  })

  it("a report shows it with its unit", () => {
    assert.strictEqual(Setting.show(leaf("duration"), 2000), "2 s")
    assert.strictEqual(Setting.show(leaf("workers"), 8), "8")
    assert.strictEqual(Setting.show(leaf("faults"), ["fire"]), "fire")
  })

  it("says which values are simpler, the simplest first", () => {
    assert.deepStrictEqual(leaf("count").simpler(9), [1, 5, 7, 8])
    assert.deepStrictEqual(leaf("count").simpler(1), [])
    assert.deepStrictEqual(leaf("count").simpler("no count"), [])
    assert.deepStrictEqual([leaf("share").simpler(0.5), leaf("share").simpler(0)], [[0], []])
    assert.deepStrictEqual(leaf("faults").simpler(["fire", "flood"]), [[], ["flood"], ["fire"]])
    assert.deepStrictEqual(leaf("faults").simpler(["fire"]), [[]])
    assert.deepStrictEqual(leaf("kind").simpler("that"), [])
    assert.deepStrictEqual(Setting.towards(1000, 1000)(3500), [1000, 2500])
  })
})
