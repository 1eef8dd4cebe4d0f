/**
 * What clients ask of nodes that are measured under load: the same number of operations of each program.
 */
import type { Answer, Trio } from "./Trio.ts"
import { ids } from "./Trio.ts"

/** What clients do to a cluster that runs a program, and how they see that its nodes agree. */
export interface Load {
  readonly program: string
  /** What the table says of it beside the name of the program. */
  readonly detail?: string
  readonly request: (i: number) => object
  /** How many bytes the operation itself takes in a message between nodes. */
  readonly bytes: (i: number) => number
  /** Takes a reply. Some loads note what to look for later. */
  readonly replied: (line: string) => void
  /** A request that clients repeat meanwhile, and that nodes answer in constant time. */
  readonly probe: object
  /** Whether all nodes seem to have all of so many operations, found in constant time; `since` in ms: from then on. */
  readonly seems: (trio: Trio, count: number, since: number) => Promise<boolean>
  /** Whether they really have them. */
  readonly agrees: (trio: Trio, count: number) => Promise<boolean>
}

const json = (value: unknown): number => JSON.stringify(value).length + 1
const nothing = (): void => {}
const all = (trio: Trio, request: object): Promise<ReadonlyArray<Answer>> =>
  Promise.all(ids.map((id) => trio.ask(id, request)))
const same = (values: ReadonlyArray<unknown>): boolean =>
  new Set(values.map((value) => JSON.stringify(value))).size === 1

const counter = (): Load => {
  const isDone = async (trio: Trio, count: number): Promise<boolean> =>
    (await all(trio, { type: "read" })).every(({ body }) => body["value"] === count)
  return {
    program: "g-counter",
    request: () => ({ type: "add", delta: 1 }),
    bytes: () => 2,
    replied: nothing,
    probe: { type: "read" },
    seems: isDone,
    agrees: isDone
  }
}

/** Each transaction writes one of so many registers. */
const registers = (keys: number, detail: string): Load => {
  const isDone = async (trio: Trio, count: number): Promise<boolean> => {
    const written = Math.min(keys, count)
    const txn = Array.from({ length: Math.min(written, 1000) }, (_, i) => ["r", written - 1 - i, null])
    const values = (await all(trio, { type: "txn", txn })).map(({ body }) => body["txn"])
    return values[0] !== undefined && same(values)
  }
  return {
    program: "txn-rw-register",
    detail,
    request: (i) => ({ type: "txn", txn: [["w", i % keys, i]] }),
    bytes: (i) => json({ stamp: i, writes: [[i % keys, i]] }),
    replied: nothing,
    probe: { type: "txn", txn: [["r", 1, null]] },
    seems: isDone,
    agrees: isDone
  }
}

/** When no operation has passed for so long, in ms, all have come. */
const quiet = 3000

const broadcast = (): Load => ({
  program: "broadcast",
  request: (i) => ({ type: "broadcast", message: i }),
  bytes: json,
  replied: nothing,
  probe: { type: "broadcast", message: 0 }, // which is known
  seems: (trio, _, since) => Promise.resolve(performance.now() - Math.max(since, trio.lastOperationAt()) > quiet),
  agrees: async (trio, count) => {
    const sets = (await all(trio, { type: "read" })).map(({ body }) => new Set(body["messages"] as Array<number>))
    return sets.every((set) => set.size === count && Math.max(...[...set].slice(0, 1000)) < count)
  }
})

const keys = 10

const kafka = (): Load => {
  const last = new Map<string, number>()
  const key = (i: number): string => `k${i % keys}`
  const reply = /"in_reply_to":(\d+),"offset":(\d+)/
  /** All messages of a key at one node. */
  const whole = async (trio: Trio, id: typeof ids[number], name: string): Promise<ReadonlyArray<unknown>> => {
    const messages: Array<readonly [number, unknown]> = []
    for (let from = 0;;) {
      const { body } = await trio.ask(id, { type: "poll", offsets: { [name]: from } })
      const next = (body["msgs"] as { readonly [key: string]: typeof messages })?.[name] ?? []
      if (next.length === 0) return messages
      messages.push(...next)
      from = next.at(-1)![0] + 1
    }
  }
  return {
    program: "kafka",
    request: (i) => ({ type: "send", key: key(i), msg: i }),
    bytes: (i) => json({ key: key(i), offset: i, msg: i }),
    replied: (line) => {
      const [, id, offset] = reply.exec(line) ?? []
      if (offset === undefined) throw new Error(`not the reply to a send: ${line}`)
      const name = key(Number(id) - 1)
      last.set(name, Math.max(last.get(name) ?? 0, Number(offset)))
    },
    probe: { type: "list_committed_offsets", keys: ["k0"] },
    seems: async (trio) =>
      // a poll shows a message only when it shows all before
      (await all(trio, { type: "poll", offsets: Object.fromEntries(last) }))
        .every(({ body }) => Object.keys(body["msgs"] ?? {}).length === last.size),
    agrees: async (trio, count) => {
      let found = 0
      for (const name of last.keys()) {
        const logs = await Promise.all(ids.map((id) => whole(trio, id, name)))
        if (!same(logs)) return false
        found += logs[0]!.length
      }
      return found === count
    }
  }
}

/** Makes each load anew, for a new cluster. */
export const loads: ReadonlyArray<() => Load> = [
  () => registers(10, "10 keys"),
  counter,
  broadcast,
  kafka
]

/** As many registers as operations: no write ever replaces another. */
export const manyRegisters = (): Load => registers(1e9, "a key each")
