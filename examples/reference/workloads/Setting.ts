import * as Schema from "effect/Schema"
import * as Setting from "gossip-girl/workloads/Setting"

// Each says its help, its usual value, and which values a search for a smaller run may try.
const settings = Schema.Struct({
  keyCount: Setting.whole(1, 100, { help: "How many keys", usual: 10, simpler: Setting.towards(1) }),
  writes: Setting.fraction({ help: "How many operations are writes", usual: 0.5 }),
  rate: Setting.perSecond("operations", { help: "How many operations", usual: 5 }),
  warmUp: Setting.seconds({ help: "How long nobody asks anything", usual: 0 }),
  interval: Setting.someSeconds({ help: "How long a key is in use", usual: 10_000 }),
  delay: Setting.ms({ help: "How long a client waits between two operations", usual: 0 }),
  price: Setting.cost("µs a message", { help: "How long a message takes its reader", usual: 0 }),
  workers: Setting.perNode({ help: "How many clients work", usual: 5, usualText: "1n" }),
  order: Setting.oneOf(["any", "sorted"], { help: "In which order keys are asked", usual: "any" }),
  kinds: Setting.listOf(["read", "write"], { help: "What is asked", usual: ["read", "write"], simpler: Setting.fewer }),
  only: Setting.numbers({ help: "Which operations come to pass", usual: [] }),
  durable: Setting.toggle({ help: "Nodes have a disk", usual: false })
})

const usual = Setting.usualOf(settings)
for (const field of Setting.fieldsOf(settings)) {
  console.log(`--${field.flag}: ${field.help} (${Setting.show(field, Setting.get(usual, field))})`)
}

/** A form of one's own: a size in kB. */
const form: Setting.Form = {
  metavar: "kB",
  expected: "a number of kB",
  unit: "kB",
  read: (text) => Number(text) * 1000,
  write: (value) => String(Number(value) / 1000)
}
const about: Setting.About<number> = { help: "How large a message is", usual: 1000 }
const size: Setting.Field = Setting.named("size", Setting.make(Schema.Finite, form, about))
console.log(Setting.set({ size: 1000 }, size, size.read("5", 1))) // { size: 5000 }
