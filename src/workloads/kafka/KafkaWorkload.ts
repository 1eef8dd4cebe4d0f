/**
 * Maelstrom's kafka: clients send to keys and poll from them, and commit what they have polled.
 *
 * - **Keys** come and go: ten are in use at a time, each twice as often as the one before it, and each for 16 sends
 *   (in Elle's newest, for up to so many, mostly few). The messages of a key are 1, 2, 3 and so on.
 * - As many operations are a **send** as a **poll**, and now and then one is an **assign**. A client polls the keys that
 *   it was last assigned, from where it is on. Where it is, is its own affair until it is lost: a client that is new
 *   begins where the last commit was, or at 0. (Maelstrom's means to, but looks for the commit in the wrong place, and
 *   begins at 0.)
 * - An assign is to one key, and one in three to all keys as well of which nobody has yet polled the last message that
 *   was sent.
 * - What a poll answers is **committed** before the poll ends, as part of it.
 * - Clients **crash** every now and then.
 * - **At the end** a new client polls all keys from the beginning on, until it has seen what anybody has sent or seen.
 *   Before its first poll and after it, it asks what is committed, which Maelstrom does not: the second time in vain, if
 *   a commit of so early an offset sets back what was there.
 *
 * See KafkaHistory for what of this is in the history.
 */
import * as Schema from "effect/Schema"
import type { ClientId } from "../../schema/Address.ts"
import type { Json } from "../../schema/Json.ts"
import { CommitOffsets, ListCommittedOffsets, Offset, Poll, Send } from "../../schema/KafkaProtocol.ts"
import * as Rpc from "../../schema/Rpc.ts"
import type { History } from "../history/History.ts"
import type { SeededRandom } from "../SeededRandom.ts"
import * as Generator from "../transactions/Generator.ts"
import * as Workload from "../Workload.ts"
import * as KafkaChecker from "./KafkaChecker.ts"
import { ends as endsOf } from "./KafkaHistory.ts"

/** As Maelstrom takes it: nodes in other languages answer -1 of a key of which nothing is committed. */
const List = Rpc.make(ListCommittedOffsets.type, {
  request: { keys: Schema.Array(Schema.String) },
  reply: { offsets: Schema.Record(Schema.String, Schema.Int) }
})

type Messages = Rpc.Reply<typeof Poll>["msgs"]

/** An offset for each of some keys. */
type Offsets = Map<string, Offset>

const first = Offset.make(0)

/** Raises each offset to what it is in `others`, if that is more. */
const raise = (offsets: Offsets, others: Iterable<readonly [string, Offset]>): void => {
  for (const [key, offset] of others) if (offset > (offsets.get(key) ?? -1)) offsets.set(key, offset)
}

/** The positions from which on to poll what comes after these. */
const after = (offsets: Offsets): Offsets =>
  new Map([...offsets].map(([key, offset]) => [key, Offset.make(offset + 1)]))

const last = (msgs: Messages): Offsets => {
  const offsets: Offsets = new Map()
  for (const [key, pairs] of Object.entries(msgs)) raise(offsets, (pairs ?? []).map(([offset]) => [key, offset]))
  return offsets
}

const send = (key: string, msg: Json, sent: (offset: Offset) => void): Workload.Invocation => ({
  f: "send",
  value: { key, msg },
  ...Workload.question({
    rpc: Send,
    request: { key, msg },
    readOnly: false,
    outcome: ({ offset }) => {
      sent(offset)
      return { type: "ok", value: { key, msg, offset } }
    }
  })
})

/**
 * Goes on from where the client is, even if the commit fails: then its messages are lost to it, as it is with
 * Maelstrom's client, and the next poll seems to skip them.
 */
const poll = (f: string, positions: Offsets, polled: (offsets: Offsets) => void): Workload.Invocation => {
  const offsets = Object.fromEntries(positions)
  return {
    f,
    value: offsets,
    ...Workload.question({
      rpc: Poll,
      request: { offsets },
      readOnly: false,
      outcome: ({ msgs }) => {
        const shown = Object.entries(msgs).filter(([, pairs]) => pairs !== null)
        const ok: Workload.Outcome = { type: "ok", value: Object.fromEntries(shown) }
        const done = last(msgs)
        if (done.size === 0) return ok
        raise(positions, after(done))
        return Workload.question({
          rpc: CommitOffsets,
          request: { offsets: Object.fromEntries(done) },
          readOnly: false,
          outcome: () => {
            polled(done)
            return ok
          }
        })
      }
    })
  }
}

const assign = (
  f: string,
  keys: ReadonlyArray<string>,
  assigned: (committed: Offsets) => void
): Workload.Invocation => ({
  f,
  value: keys,
  ...Workload.question({
    rpc: List,
    request: { keys },
    readOnly: true,
    outcome: ({ offsets }) => {
      const committed = Object.entries(offsets).flatMap(([key, offset]) =>
        offset < 0 ? [] : [[key, Offset.make(offset)] as const]
      )
      assigned(new Map(committed))
      return { type: "ok", value: Object.fromEntries(committed) }
    }
  })
})

const assignProbability = 1 / 64
const unseenProbability = 1 / 3

interface KeySettings {
  readonly keyCount: number
  readonly maxWritesPerKey: number
}

/** The keys in use, and the next message of each. */
const keySpace = (
  random: SeededRandom,
  { keyCount, maxWritesPerKey }: KeySettings
) => {
  let keys = 0
  const fresh = () => ({ key: String(keys++), sent: 0 })
  const slots = Array.from({ length: keyCount }, fresh)
  /** Slot i is twice as probable as the one before it. */
  const draw = (): number => Math.floor(Math.log2(1 + random.nextDoubleUnsafe() * (2 ** keyCount - 1)))
  return {
    key: (): string => slots[draw()]!.key,
    message: (): readonly [key: string, message: number] => {
      for (;;) {
        const at = draw()
        const slot = slots[at]!
        if (slot.sent < maxWritesPerKey) return [slot.key, ++slot.sent]
        slots[at] = fresh()
      }
    }
  }
}

const generator = (settings: KeySettings) => (random: SeededRandom): (client: ClientId) => Workload.Invocation => {
  const keys = keySpace(random, settings)
  const positions = new Map<ClientId, Offsets>()
  /** The highest offset of each key that was acknowledged to a sender, and that anybody has polled. */
  const sent: Offsets = new Map()
  const polled: Offsets = new Map()
  const unseen = (): ReadonlyArray<string> =>
    [...sent].filter(([key, offset]) => offset > (polled.get(key) ?? -1)).map(([key]) => key)

  return (client) => {
    if (random.chance(assignProbability)) {
      const others = random.chance(unseenProbability) ? unseen() : []
      const assigned = [...new Set([keys.key(), ...others])]
      return assign("assign", assigned, (committed) => {
        const former = positions.get(client)
        positions.set(client, new Map(assigned.map((key) => [key, former?.get(key) ?? committed.get(key) ?? first])))
      })
    }
    if (random.chance(0.5)) {
      const [key, message] = keys.message()
      return send(key, message, (offset) => raise(sent, [[key, offset]]))
    }
    return poll("poll", positions.get(client) ?? new Map(), (offsets) => raise(polled, offsets))
  }
}

const final = (history: History): Iterable<Workload.Invocation> => {
  const ends = endsOf(history)
  const keys = [...ends.keys()]
  return {
    *[Symbol.iterator]() {
      const positions: Offsets = new Map(keys.map((key) => [key, first]))
      const list = assign("final-assign", keys, () => {})
      // What could not be committed is polled again: here, what counts is in the history.
      const next = () => poll("final-poll", new Map(positions), (offsets) => raise(positions, after(offsets)))
      yield* [list, next(), list]
      while (keys.some((key) => positions.get(key)! <= ends.get(key)!)) yield next()
    }
  }
}

const { keyCount, maxWritesPerKey } = Generator.settings

export const KafkaWorkload = Workload.configurable("kafka", {
  keyCount,
  maxWritesPerKey,
  durable: Workload.durable
}, (settings) => ({
  generator: generator(settings),
  byHand: [
    Workload.handmade(
      Send,
      (number) => ({ key: "0", msg: Workload.unused(number) }),
      ({ key, msg }) => send(key, msg, () => {})
    ),
    Workload.handmade(
      Poll,
      () => ({ offsets: { 0: 0 } }),
      ({ offsets }) => poll("poll", new Map(Object.entries(offsets)), () => {})
    ),
    Workload.handmade(List, () => ({ keys: ["0"] }), ({ keys }) => assign("assign", keys, () => {}))
  ],
  final,
  crashInterval: 30_000,
  check: (history) => KafkaChecker.check(history, { memory: settings.durable ? "durable" : "volatile" })
}))
