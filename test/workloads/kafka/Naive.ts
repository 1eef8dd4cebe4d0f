/**
 * A checker of small histories of logs that follows the definitions word by word, however long that takes; and histories
 * to try it on. Nobody is killed in them.
 */
import { NodeId } from "../../../src/schema/Address.ts"
import type { Event, History } from "../../../src/workloads/history/History.ts"
import type * as KafkaChecker from "../../../src/workloads/kafka/KafkaChecker.ts"
import { asked, keysOf, polled, sent } from "../../../src/workloads/kafka/KafkaHistory.ts"
import type { SeededRandom } from "../../../src/workloads/SeededRandom.ts"

/** What is found of each kind, each in a short text. */
export type Judgement = Readonly<Record<string, ReadonlyArray<string>>>

const sorted = (texts: ReadonlyArray<string>): ReadonlyArray<string> => [...new Set(texts)].toSorted()

/** The same of the real checker. */
export const simplify = (analysis: KafkaChecker.Analysis): Judgement => {
  const messages = (of: KafkaChecker.Analysis["unseen"]) => sorted(of.map(({ key, msg }) => `${key} ${msg}`))
  const sightings = (of: KafkaChecker.Analysis["invented"]) => sorted(of.map(({ key, msg }) => `${key} ${msg}`))
  const conflicts = (of: KafkaChecker.Analysis["nonmonotonicPolls"]) =>
    sorted(of.map(({ event, formerOffset, key, offset }) => `${event.index}: ${key} ${formerOffset} ${offset}`))
  const skips = (of: KafkaChecker.Analysis["skippedWithin"]) =>
    sorted(
      of.map(({ count, key, offset, poll, skipped }) => `${poll.index}: ${key} ${count} from ${skipped} to ${offset}`)
    )
  return {
    lost: messages(analysis.lost.map(({ message }) => message)),
    unseen: messages(analysis.unseen),
    duplicates: messages(analysis.duplicates),
    inconsistentOffsets: sorted(analysis.inconsistentOffsets.map(({ key, offset }) => `${key} ${offset}`)),
    nonmonotonicWithin: conflicts(analysis.nonmonotonicWithin),
    nonmonotonicPolls: conflicts(analysis.nonmonotonicPolls),
    nonmonotonicSends: conflicts(analysis.nonmonotonicSends),
    skippedWithin: skips(analysis.skippedWithin),
    skippedBetween: skips(analysis.skippedBetween),
    invented: sightings(analysis.invented),
    refused: sightings(analysis.refused)
  }
}

interface Reading {
  readonly poll: Event
  readonly key: string
  readonly pairs: ReadonlyArray<readonly [number, unknown]>
}

/** The polls and sends of a history, and what exists for what reason. */
const look = (events: History) => {
  const endOf = (invoke: Event) =>
    events.find(({ index, process }) => index > invoke.index && process === invoke.process)
  const sends = events.filter(({ f, type }) => f === "send" && type === "invoke").map((invoke) => ({
    ...sent(invoke),
    invoke,
    end: endOf(invoke)
  }))
  const readings = events.filter(({ f, type }) => f === "poll" && type === "ok").flatMap((poll) =>
    Object.entries(polled(poll)).filter(([, pairs]) => pairs.length > 0).map(([key, pairs]): Reading => ({
      poll,
      key,
      pairs
    }))
  )
  /** Where messages are, in the order in which anybody learned it. */
  const places = [
    ...sends.filter(({ end }) => end?.type === "ok").map(({ end, key, msg }) => ({
      key,
      msg,
      at: sent(end!).offset,
      by: end!
    })),
    ...readings.flatMap(({ key, pairs, poll }) => pairs.map(([at, msg]) => ({ key, msg, at, by: poll })))
  ].toSorted((one, other) => one.by.index - other.by.index)
  const isPolled = (key: string, msg: unknown): boolean =>
    readings.some((reading) => reading.key === key && reading.pairs.some(([, other]) => other === msg))
  const attempts = (key: string, msg: unknown) => sends.filter((send) => send.key === key && send.msg === msg)
  const firstPoll = (key: string, msg: unknown): number =>
    readings.find((reading) => reading.key === key && reading.pairs.some(([, other]) => other === msg))?.poll.index
      ?? Infinity
  const isInvented = (key: string, msg: unknown): boolean =>
    isPolled(key, msg) && !attempts(key, msg).some(({ invoke }) => invoke.index < firstPoll(key, msg))
  const isRefused = (key: string, msg: unknown): boolean =>
    isPolled(key, msg) && !isInvented(key, msg) && attempts(key, msg).every(({ end }) => end?.type === "fail")
  return { events, sends, readings, places, isPolled, isInvented, isRefused }
}

type Sight = ReturnType<typeof look>

/** The offsets from `start` on and below `end` that polls have to show, and this one neither does nor has elsewhere. */
const left = (
  { isInvented, isPolled, isRefused, places }: Sight,
  { key, pairs }: Reading,
  start: number,
  end: number
) => {
  const here = places.filter((place) => place.key === key)
  const isShown = (msg: unknown): boolean => pairs.some(([, other]) => other === msg)
  const demanded = here.filter(({ msg }) => isPolled(key, msg) && !isInvented(key, msg) && !isRefused(key, msg))
  return [...new Set(demanded.map(({ at }) => at))].toSorted((a, b) => a - b).filter((offset) =>
    offset >= start && offset < end && !here.filter(({ at }) => at === offset).every(({ msg }) => isShown(msg))
  )
}

const skip = (sight: Sight, reading: Reading, start: number, end: number): ReadonlyArray<string> => {
  const skipped = left(sight, reading, start, end)
  return skipped.length === 0
    ? []
    : [`${reading.poll.index}: ${reading.key} ${skipped.length} from ${skipped[0]} to ${end}`]
}

/** Whether the process was assigned keys between the two events, and this one was not among them. */
const hasDropped = ({ events }: Sight, key: string, from: Event, to: Event): boolean =>
  events.some((event) =>
    event.f === "assign" && event.type === "ok" && event.process === from.process && event.index > from.index
    && event.index < to.index
    && !keysOf(events.findLast(({ index, process }) => process === event.process && index < event.index)!).includes(key)
  )

/** Where the process of a poll had left off with its key. */
const last = (sight: Sight, { key, poll }: Reading): number | undefined => {
  const former = sight.readings.findLast((one) =>
    one.key === key && one.poll.process === poll.process && one.poll.index < poll.index
  )
  return former === undefined || hasDropped(sight, key, former.poll, poll) ? undefined : former.pairs.at(-1)![0]
}

const nonmonotonicSends = ({ places, sends }: Sight): ReadonlyArray<string> => {
  const told = sends.filter(({ end }) => end?.type === "ok" || end?.type === "info").flatMap(({ end, key, msg }) => {
    const at = end!.type === "ok"
      ? sent(end!).offset
      : places.find((place) => place.key === key && place.msg === msg)?.at
    return at === undefined ? [] : [{ key, at, end: end! }]
  })
  return told.flatMap(({ at, end, key }) => {
    const former = told.filter((one) => one.key === key && one.end.process === end.process && one.end.index < end.index)
      .toSorted((one, other) => one.end.index - other.end.index).at(-1)
    return former === undefined || at > former.at ? [] : [`${end.index}: ${key} ${former.at} ${at}`]
  })
}

export const judge = (events: History): Judgement => {
  const sight = look(events)
  const { isInvented, isPolled, isRefused, places, readings } = sight
  const gone = places.filter(({ key, msg }) => !isPolled(key, msg))
  const isBelow = (key: string, offset: number): boolean =>
    readings.some((reading) => reading.key === key && reading.pairs.some(([at]) => at > offset))
  const isLost = ({ key, msg }: (typeof places)[number]): boolean =>
    places.some((place) => place.key === key && place.msg === msg && isBelow(key, place.at))
  const texts = (of: typeof places) => sorted(of.map(({ key, msg }) => `${key} ${msg}`))
  const pairwise = (of: (reading: Reading, former: number, offset: number) => ReadonlyArray<string>) =>
    sorted(readings.flatMap((reading) => {
      const offsets = reading.pairs.map(([offset]) => offset)
      return offsets.slice(1).flatMap((offset, i) => of(reading, offsets[i]!, offset))
    }))
  const between = (of: (reading: Reading, former: number, offset: number) => ReadonlyArray<string>) =>
    sorted(readings.flatMap((reading) => {
      const former = last(sight, reading)
      return former === undefined ? [] : of(reading, former, reading.pairs[0]![0])
    }))
  const falling = ({ key, poll }: Reading, former: number, offset: number) =>
    offset > former ? [] : [`${poll.index}: ${key} ${former} ${offset}`]
  const skipping = (reading: Reading, former: number, offset: number) => skip(sight, reading, former + 1, offset)
  return {
    lost: texts(gone.filter(isLost)),
    unseen: texts(gone.filter((one) => !isLost(one))),
    duplicates: texts(
      places.filter(({ at, key, msg }) => places.some((one) => one.key === key && one.msg === msg && one.at !== at))
    ),
    inconsistentOffsets: sorted(
      places.filter(({ at, key, msg }) => places.some((one) => one.key === key && one.at === at && one.msg !== msg))
        .map(({ at, key }) => `${key} ${at}`)
    ),
    nonmonotonicWithin: pairwise(falling),
    nonmonotonicPolls: between(falling),
    nonmonotonicSends: sorted(nonmonotonicSends(sight)),
    skippedWithin: pairwise(skipping),
    skippedBetween: between(skipping),
    invented: texts(places.filter(({ key, msg }) => isInvented(key, msg))),
    refused: texts(places.filter(({ key, msg }) => isRefused(key, msg)))
  }
}

interface Worker {
  process: number
  readonly positions: Map<string, number>
  open: Event | undefined
  /** How the operation will end. */
  type: "ok" | "fail" | "info"
  /** Where the message that it sends is, once it is there. */
  offset: number | undefined
}

/** What a poll answers of a key from there on, right but for a blunder now and then. */
const answer = (random: SeededRandom, log: ReadonlyArray<readonly [number, number]>, from: number, blunder: number) => {
  const pairs = log.toSorted(([a], [b]) => a - b).filter(([at]) => at >= from).slice(0, 1 + random.below(4))
    .filter(() => !random.chance(blunder))
  if (random.chance(blunder)) pairs.reverse()
  if (random.chance(blunder)) pairs.push([random.below(6), random.below(6)])
  return pairs
}

/** Two logs, whose offsets have gaps. */
const logsOf = (random: SeededRandom, blunder: number) => {
  const keys = ["a", "b"]
  const logs = new Map(keys.map((key) => [key, { pairs: [] as Array<readonly [number, number]>, next: 0, sent: 0 }]))
  return {
    keys,
    message: (key: string): number => random.chance(blunder) ? 0 : logs.get(key)!.sent++,
    append: (key: string, msg: number): number => {
      const log = logs.get(key)!
      const offset = random.chance(blunder) ? random.below(6) : log.next
      log.next += 1 + random.below(2)
      log.pairs.push([offset, msg])
      return offset
    },
    poll: (positions: Readonly<Record<string, number>>) =>
      Object.fromEntries(
        Object.entries(positions).map(([key, from]) => [key, answer(random, logs.get(key)!.pairs, from, blunder)])
      )
  }
}

/** Three workers on logs that do every single thing wrong with this probability. */
export const randomHistory = (random: SeededRandom, blunder: number): History => {
  const events: Array<Event> = []
  const record = (event: Omit<Event, "index" | "time">): Event => {
    const recorded = { index: events.length, time: 10 * events.length, ...event }
    events.push(recorded)
    return recorded
  }
  const { append, keys, message, poll } = logsOf(random, blunder)
  const workers = [0, 1, 2].map((process): Worker => ({
    process,
    positions: new Map(keys.map((key) => [key, 0])),
    open: undefined,
    type: "ok",
    offset: undefined
  }))

  const invoke = (worker: Worker, f: string): void => {
    const key = random.pick(keys)
    const value = f === "send"
      ? { key, msg: message(key) }
      : f === "poll"
      ? Object.fromEntries(worker.positions)
      : random.chance(0.5)
      ? keys
      : [key]
    worker.type = random.chance(0.85) ? "ok" : random.chance(0.5) ? "fail" : "info"
    worker.open = record({
      process: worker.process,
      type: "invoke",
      f,
      value,
      node: NodeId.make(`n${worker.process % 3}`)
    })
    const isThere = random.chance(worker.type === "fail" ? blunder : 0.5)
    worker.offset = f === "send" && isThere ? append(key, sent(worker.open).msg as number) : undefined // its message is a number
  }
  /** What the end of an operation that is ok has. */
  const resultOf = (worker: Worker, open: Event): Event["value"] => {
    if (open.f === "send") {
      const { key, msg } = sent(open)
      return { key, msg, offset: worker.offset ?? append(key, Number(msg)) }
    }
    if (open.f === "poll") {
      const msgs = poll(asked(open))
      for (const [key, own] of Object.entries(msgs)) if (own.length > 0) worker.positions.set(key, own.at(-1)![0] + 1)
      return msgs
    }
    const assigned = keysOf(open)
    for (const key of keys) if (!assigned.includes(key)) worker.positions.delete(key)
    for (const key of assigned) if (!worker.positions.has(key)) worker.positions.set(key, 0)
    return {}
  }
  for (let steps = 10 + random.below(50); steps > 0; steps--) {
    const worker = random.pick(workers)
    const { open, process, type } = worker
    if (open === undefined) {
      invoke(worker, random.chance(0.1) ? "assign" : random.chance(0.4) ? "send" : "poll")
      continue
    }
    worker.open = undefined
    record({ process, type, f: open.f, value: type === "ok" ? resultOf(worker, open) : open.value })
    if (type !== "info") continue
    worker.process += workers.length
    for (const key of keys) worker.positions.set(key, 0)
  }
  return events
}
