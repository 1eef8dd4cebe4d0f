/**
 * What the checkers of transactions find, in words: what each did to the others, and below it who they are.
 */
import type { Json } from "../../schema/Json.ts"
import type { Example } from "../../workloads/finding/Finding.ts"
import type { Verdict } from "../../workloads/finding/Verdict.ts"
import * as ConsistencyModel from "../../workloads/transactions/ConsistencyModel.ts"
import type { Actor, Dependency, Fact, Story } from "../../workloads/transactions/Story.ts"
import * as Failures from "./Failures.ts"
import { text as shorten } from "./Text.ts"

const text = (value: Json | undefined): string => shorten(value, 100)

const storyOf = ({ about }: Example): Story => about as unknown as Story // the checkers of transactions made it

/** Those who did something are T1, T2 …; those who only read at the end are where they did. */
const namesOf = ({ actors, facts }: Story): ReadonlyMap<number, string> => {
  const readers = new Set(facts.flatMap((fact) => {
    if (fact.fact === "ended") return fact.answers.map(({ by }) => by)
    return fact.fact === "was not answered" ? [fact.by] : []
  }))
  const names = new Map<number, string>()
  let count = 0
  for (const { id, node, process } of actors) {
    names.set(id, readers.has(id) ? node ?? `process ${process}` : `T${++count}`)
  }
  return names
}

/** What all transactions that the sentence names have in common. */
interface Words {
  readonly lists: boolean
  readonly name: (id: number) => string
}

const wrote = ({ lists }: Words, key: Json | undefined, value: Json | undefined, verb = "wrote"): string =>
  lists ? `appended ${text(value)} to key ${text(key)}` : `${verb} key ${text(key)} = ${text(value)}`

const read = (
  { key, upTo, value }: { readonly key?: Json; readonly value?: Json; readonly upTo?: true }
): string => `read key ${text(key)} ${upTo === true ? "up to" : "="} ${text(value)}`

const dependency = (words: Words, edge: Dependency): string => {
  const { key, kind, next, value, witness } = edge
  const [from, to] = [words.name(edge.from), words.name(edge.to)]
  switch (kind) {
    case "ww":
      if (words.lists) return `${from} ${wrote(words, key, value)} before ${to} ${wrote(words, key, next)}`
      return witness === undefined
        ? `${from} ${wrote(words, key, value)} before ${to} wrote ${text(next)}, which is there at the end`
        : `${from} ${wrote(words, key, value)}, which ${to} read and overwrote with ${text(next)}`
    case "wr":
      return `${from} ${wrote(words, key, value)}, which ${to} read`
    case "rw":
      return `${from} ${read(edge)}, before ${to} ${wrote(words, key, next)}`
    case "process":
      return `${to} followed ${from} in the same session`
    case "realtime":
      return `${from} had ended when ${to} began`
    case "arbitration":
      return `${from} ${wrote(words, key, value)} before ${to} ${wrote(words, key, next)}, since ${
        witness === undefined ? "somebody" : words.name(witness)
      } knew of both and read key ${text(key)} ${words.lists ? "up to" : "="} ${text(next)}`
  }
}

/** What a key holds at the end. */
const ended = ({ name }: Words, { answers, key }: Extract<Fact, { fact: "ended" }>): string => {
  const said = answers.map(({ by, value }) => `${text(value)} at ${name(by)}`).join(", ")
  return answers.length === 1 ? `at the end key ${text(key)} is ${said}, as everywhere` : `key ${text(key)} is ${said}`
}

const say = (words: Words, fact: Fact): string => {
  switch (fact.fact) {
    case "dependency":
      return dependency(words, fact)
    case "ended":
      return ended(words, fact)
  }
  const who = words.name(fact.by)
  switch (fact.fact) {
    case "wrote":
      return `${who} ${wrote(words, fact.key, fact.value)}${
        fact.last === undefined ? "" : ` and then ${text(fact.last)}`
      }`
    case "was refused":
      return `${who} was refused, and had ${wrote(words, fact.key, fact.value, "written")}`
    case "read":
      return `${who} ${read(fact)}${
        fact.alsoBy === undefined ? "" : `, which ${words.name(fact.alsoBy)} wrote as well`
      }`
    case "updated":
      return `${who} ${read(fact)} and ${wrote(words, fact.key, fact.next)}`
    case "had":
      return `${who} had just key ${text(fact.key)} = ${text(fact.value)}`
    case "was answered":
      return `${who} was answered ${text(fact.value)}, and had asked ${text(fact.request)}`
    case "was not answered":
      return `${who} answered none: ${fact.failure === undefined ? "it never ended" : Failures.plain(fact.failure)}`
  }
}

/** When a transaction began and ended, in ms. */
const span = ({ begin, end, outcome }: Actor): string => {
  if (outcome === "unknown" || end === undefined) return `${begin} ms, outcome unknown`
  return `${begin}${end === begin ? "" : ` to ${end}`} ms${outcome === "fail" ? ", refused" : ""}`
}

const introduce = (name: string, actor: Actor, lists: boolean): string => {
  const operations = actor.operations.map(({ f, key, value }) =>
    f === "write"
      ? `${lists ? "append" : "w"} ${text(key)} ${text(value)}`
      : `r ${text(key)} ${actor.outcome === "ok" ? text(value) : "?"}`
  )
  const where = `process ${actor.process}${actor.node === undefined ? "" : ` at ${actor.node}`}`
  return `${name} = ${where}, ${span(actor)}: ${operations.join(", ")}`
}

/** The names of those who are told of; none, if it is not about transactions. */
export const names = (example: Example): ReadonlyArray<string> =>
  "facts" in example.about ? [...new Set(namesOf(storyOf(example)).values())] : []

/** The last fact contradicts those before it. */
export const transactions = (example: Example): string => {
  const story = storyOf(example)
  const all = namesOf(story)
  const words = { lists: story.lists, name: (id: number) => all.get(id)! }
  const sentences = story.facts.map((fact) => say(words, fact))
  const first = sentences.slice(0, -1)
  const last = sentences.at(-1) ?? ""
  const who = story.actors.flatMap((actor) => {
    const name = all.get(actor.id)!
    return name.startsWith("T") ? [introduce(name, actor, story.lists)] : []
  })
  return [first.length > 0 ? `${first.join("; ")}; yet ${last}` : last, ...who].join("\n")
}

const namesIn = (value: Json | undefined): ReadonlyArray<ConsistencyModel.ConsistencyModel> =>
  // the checkers of transactions have written these
  Array.isArray(value) ? value as unknown as ReadonlyArray<ConsistencyModel.ConsistencyModel> : []

/** Of a verdict on transactions, the strongest models that hold, as far as anybody can tell, and the weakest broken. */
export const models = ({ broken, hold }: Verdict["figures"]): ReadonlyArray<string> =>
  broken === undefined ? [] : [
    `Holds: ${ConsistencyModel.strongest(namesIn(hold)).join(", ") || "no consistency model"}. Broken: ${
      ConsistencyModel.weakest(namesIn(broken)).join(", ") || "none"
    }.`
  ]
