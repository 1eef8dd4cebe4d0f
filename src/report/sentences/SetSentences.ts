/**
 * What SetChecker and CounterChecker find, in words.
 */
import type * as CounterChecker from "../../workloads/counter/CounterChecker.ts"
import type { Example } from "../../workloads/finding/Finding.ts"
import type * as SetChecker from "../../workloads/g-set/SetChecker.ts"
import type { Tell } from "./Sentences.ts"
import { at, isObject, text } from "./Text.ts"

const who = ({ about, nodes }: Example): string => nodes[0] ?? `process ${String(about["process"])}`

const readOf = (moment: Example["about"][string]): string =>
  isObject(moment)
    ? `${moment["node"] === undefined ? "a" : `${String(moment["node"])}'s`} read ${at(moment["time"])}`
    : "a read"

const sighting = (what: string): Tell => (example) =>
  `${text(example.about["value"])} in what ${who(example)} answered ${at(example.about["time"])}, ${what}`

export const set: Readonly<Record<Exclude<keyof typeof SetChecker.kinds.kinds, `no final ${string}`>, Tell>> = {
  lost: ({ about: { knownSince, lastSeen, missingFrom, value } }) =>
    [
      text(value),
      ...knownSince === undefined ? [] : [`known since ${String(knownSince)} ms`],
      ...lastSeen === undefined ? [] : [`last seen in ${readOf(lastSeen)}`],
      ...missingFrom === undefined ? [] : [`missing from ${readOf(missingFrom)}`]
    ].join(", "),
  "nothing to judge by": () => "no value is stable: there is nothing to judge by",
  "missing at the end": (example) =>
    `${text(example.about["value"])} is not in what ${who(example)} answered ${
      at(example.about["time"])
    }, though it was known before`,
  vanished: (example) =>
    `${text(example.about["value"])} is not in what ${who(example)} answered ${
      at(example.about["time"])
    }, though it had shown it before`,
  "read but never added before": sighting("and nobody had added it"),
  "read though refused": sighting("and every add of it was refused"),
  "twice in one read": sighting("where each value stands once")
}

const read: Tell = (example) =>
  `${String(example.about["value"])} in what ${who(example)} answered ${at(example.about["time"])}`

export const counter: Readonly<Record<Exclude<keyof typeof CounterChecker.kinds.kinds, `no final ${string}`>, Tell>> = {
  "wrong at the end": (example) => `${read(example)}, not ${String(example.about["acceptable"])}`,
  "refused, and added": (example) =>
    `${read(example)}, not ${String(example.about["acceptable"])}: what was refused is in it`,
  "different at the end": ({ about: { value }, nodes }) => `${String(value)} at ${nodes.join(", ")}`,
  "too large": (example) => `${read(example)}, at most ${String(example.about["most"])} had been added`,
  "too small": (example) => `${read(example)}, at least ${String(example.about["least"])} was acknowledged there`,
  "went back": (example) =>
    `${read(example)}, ${String(example.about["before"])} had been read ${at(example.about["beforeTime"])}, and ${
      String(example.about["since"])
    } acknowledged since`
}
