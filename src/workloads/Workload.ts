/**
 * What clients ask of a cluster, and how the answers are judged.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { ClientId, NodeId } from "../schema/Address.ts"
import type { Body } from "../schema/Envelope.ts"
import type { Json } from "../schema/Json.ts"
import * as ProtocolError from "../schema/ProtocolError.ts"
import type * as Rpc from "../schema/Rpc.ts"
import * as Shape from "../schema/Shape.ts"
import type { Verdict } from "./finding/Verdict.ts"
import * as ExactNumbers from "./history/ExactNumbers.ts"
import type { Failure, History } from "./history/History.ts"
import type { SeededRandom } from "./SeededRandom.ts"
import * as Setting from "./Setting.ts"

/** How an operation ended: it took place, it did not, or nobody knows. */
export type Outcome =
  | { readonly type: "ok"; readonly value: Json }
  | { readonly type: "fail" | "info"; readonly error: Failure }

/** A request, and what to make of the reply: the end of an operation, or its next request. */
export interface Question {
  /** Its client says that it changes nothing: an unknown outcome is as good as a failure, and the client goes on. */
  readonly readOnly: boolean
  readonly request: Body
  readonly outcome: (reply: Body) => Outcome | Question
}

/** One operation, and the first request that it sends. */
export interface Invocation extends Question {
  readonly f: string
  readonly value: Json
}

/** An operation that a person can have a client do. */
export interface ByHand {
  /** Type of its request. */
  readonly type: string
  /**
   * The other fields of an example of the request. Each number gives another example, and none is a request that is
   * drawn.
   */
  readonly example: (number: number) => Readonly<Record<string, Json>>
  /** The operation that a request with these fields begins; a failure if they are no request. */
  readonly invocation: (fields: Readonly<Record<string, Json>>) => Result.Result<Invocation, Schema.SchemaError>
}

/** Who works: so many workers. Worker number i is a client of node number i modulo the number of nodes. */
export interface Crew {
  readonly nodeCount: number
  readonly workers: number
}

/** Values of settings, by name. */
export type SettingValues = Readonly<Record<string, unknown>>

export interface Workload {
  readonly name: string
  /** What can be set of it; see {@link configurable}. A workload that has no settings cannot be set. */
  readonly settings?: Schema.Constraint
  /**
   * The same workload with these settings, and its other settings as they are. Throws when the workload lacks one of
   * these settings, or when a setting cannot have such a value.
   */
  set?(settings: SettingValues): Workload
  /** The settings that Maelstrom takes where nothing is said, and that are not the usual ones. */
  readonly asInMaelstrom?: Readonly<Record<string, Json>>
  /**
   * What a client asks each node, one thing after the other and of all nodes at once, before the run begins. These are
   * no operations: they are not in the history, and their messages count as a client's.
   */
  readonly setup?: (node: NodeId, nodes: ReadonlyArray<NodeId>) => ReadonlyArray<Invocation>
  /**
   * Each call draws the next operation, for a worker that is free and for the client that the worker is at the time.
   * Whoever remembers something of a client finds it by the client's id.
   */
  readonly generator: (random: SeededRandom, crew: Crew) => (client: ClientId, worker: number) => Invocation
  /** The operations that a person can have a client do; none if it is not given. */
  readonly byHand?: ReadonlyArray<ByHand>
  /** How long a client waits for a reply, in ms, given the mean latency between servers; else see Client. */
  readonly clientTimeout?: (meanLatency: number) => number
  /**
   * What every client does once more at the end, when the network has healed and come to rest. Each takes the next
   * operation when its last one has ended, so a sequence may depend on what came of it so far.
   */
  readonly final?: (history: History) => Iterable<Invocation>
  /**
   * The mean time from one crash of a client to its next, in ms; none if it is not given. Who keeps state in a client
   * wants to see what becomes of it when that is lost.
   */
  readonly crashInterval?: number
  readonly check: (history: History) => Verdict
}

/** A schema for each setting, made by Setting. */
export type SettingFields = Readonly<Record<string, Schema.Codec<unknown, unknown>>>

type Values<S extends SettingFields> = { readonly [Name in keyof S]: S[Name]["Type"] }

/** A workload that has these settings. */
export interface Configurable<S extends SettingFields> extends Workload {
  readonly settings: Schema.Struct<S>
  set(settings: Partial<Values<S>>): Configurable<S>
}

/**
 * Throws with what is wrong with the first of these settings that the workload lacks, or that cannot have its value.
 */
const checkSettings = (workload: string, schemas: SettingFields, settings: SettingValues): void => {
  for (const [name, value] of Object.entries(settings)) {
    const schema = schemas[name]
    if (schema === undefined) throw new RangeError(`${workload} has no setting ${name}`)
    if (!Schema.is(schema)(value)) {
      throw new RangeError(`the setting ${name} of ${workload} cannot be ${ExactNumbers.text(value)}`)
    }
  }
}

/** What a workload is under its settings, each of which has a value: the one that is given, or the usual one. */
export const configurable = <S extends SettingFields>(
  name: string,
  schemas: S,
  make: (settings: Values<S>) => Omit<Workload, "name" | "settings" | "set">
): Configurable<S> => {
  const settings = Schema.Struct(schemas)
  const usual = Setting.usualOf(settings)
  const under = (given: Partial<Values<S>>): Configurable<S> => ({
    ...make({ ...usual, ...given }),
    name,
    settings,
    set: (others) => {
      checkSettings(name, schemas, others)
      return under({ ...given, ...others })
    }
  })
  return under({})
}

/**
 * The workload with settings that come from elsewhere. Throws when the workload lacks one of them, or when a setting
 * cannot have such a value.
 */
export const withSettings = (workload: Workload, settings: SettingValues = {}): Workload => {
  if (Object.keys(settings).length === 0) return workload
  if (workload.set === undefined) throw new RangeError(`${workload.name} has no settings`)
  return workload.set(settings)
}

/**
 * What a node acknowledges outlives it, as long as its disk does. Else it may keep everything in memory and acknowledge at
 * once, and when it is killed take with it what it alone had.
 */
export const durable = Setting.toggle({
  help: "Nodes keep on disk what they acknowledge (GOSSIP_DURABILITY=disk): a kill excuses no loss",
  usual: false
})

const header = new Set(["type", "msg_id", "in_reply_to"])

/** Whether a reply's own id, if it has one, is an integer, of whatever size. */
const hasGoodId = ({ msg_id: id }: Body): boolean => id === undefined || /^-?\d+$/.test(ExactNumbers.text(id))

/** The form of a good reply. */
const formOf = ({ replySchema, replyType }: Rpc.Any): string => {
  const head = `"type": "${replyType}", "in_reply_to": integer, "msg_id"?: integer`
  return `{${[head, Shape.fields(replySchema)].filter((part) => part !== "").join(", ")}}`
}

/**
 * A reply with a field too many, too few, or of the wrong type is taken as Maelstrom takes it: it is no reply, and the
 * outcome is unknown.
 */
export const question = <Type extends string, Q, P>(options: {
  readonly rpc: Rpc.Rpc<Type, Q, P>
  readonly request: Q
  readonly readOnly: boolean
  /** Whether the reply may have fields that are not declared, and any `msg_id`. */
  readonly takesMore?: boolean
  readonly outcome: (reply: P) => Outcome | Question
}): Question => {
  const { outcome, readOnly, request, rpc, takesMore = false } = options
  const malformed = (how: { readonly field: string } | { readonly reply: string; readonly form: string }): Outcome => ({
    type: "info",
    error: { _tag: "Malformed", ...how }
  })
  return {
    readOnly,
    request: { type: rpc.type, ...rpc.encodeRequest(request) },
    outcome: (reply) => {
      if (reply["type"] === "error") {
        const { _tag: name, code, definite, text } = ProtocolError.fromBody(reply)
        return { type: definite || readOnly ? "fail" : "info", error: { _tag: "Refused", name, code, text } }
      }
      const extra = Object.keys(reply).find((field) => !header.has(field) && !rpc.replyFields.has(field))
      if (extra !== undefined && !takesMore) return malformed({ field: extra })
      const decoded = rpc.decodeReply(reply)
      if (reply["type"] !== rpc.replyType || Result.isFailure(decoded) || !(takesMore || hasGoodId(reply))) {
        return malformed({ reply: ExactNumbers.text(reply).slice(0, 200), form: formOf(rpc) })
      }
      return outcome(decoded.success)
    }
  }
}

/** An operation that is one request. */
export const invocation = <Type extends string, Q, P>({ f, result, value, ...rest }: {
  readonly f: string
  readonly value: Json
  readonly rpc: Rpc.Rpc<Type, Q, P>
  readonly request: Q
  readonly readOnly: boolean
  readonly result: (reply: P) => Json
}): Invocation => ({
  f,
  value,
  ...question({ ...rest, outcome: (reply) => ({ type: "ok", value: result(reply) }) })
})

/** A value that is not drawn, another one for each number: checkers tell writes apart by their values. */
export const unused = (number: number): number => 1_000_000 + number

/** An operation of a person's choice: its request, an example of it, and what it is as an operation. */
export const handmade = <Type extends string, Q, P>(
  rpc: Rpc.Rpc<Type, Q, P>,
  example: (number: number) => Readonly<Record<string, Json>>,
  invocation: (request: Q) => Invocation
): ByHand => ({
  type: rpc.type,
  example,
  invocation: (fields) => Result.map(rpc.decodeRequest(fields), invocation)
})

/** The operation that this request begins. Throws a RangeError when the workload has no such operation. */
export const byHand = (workload: Workload, type: string, fields: Readonly<Record<string, Json>>): Invocation => {
  const found = workload.byHand?.find((one) => one.type === type)
  if (found === undefined) {
    const known = (workload.byHand ?? []).map(({ type }) => type)
    throw new RangeError(`${workload.name} has no operation ${type}; it has ${known.join(", ") || "none"}`)
  }
  const invocation = found.invocation(fields)
  if (Result.isSuccess(invocation)) return invocation.success
  throw new RangeError(
    `${type} ${ExactNumbers.text(fields)} is no request of ${workload.name}: ${invocation.failure.message}`
  )
}
