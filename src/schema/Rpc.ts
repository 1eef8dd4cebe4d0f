/**
 * A request and its reply, declared once.
 *
 * From the one declaration follow the decoders and encoders of both bodies, the type of the handler that answers it and
 * the type of the `ask` that calls it. A handler that answers with the wrong fields does not compile, and fields that
 * are not declared are never sent: Maelstrom's clients refuse a reply that has any.
 */
import type * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Address } from "./Address.ts"
import type { Body } from "./Envelope.ts"
import type { ProtocolError } from "./ProtocolError.ts"

/**
 * Bodies are decoded and encoded without their header (`type`, `msg_id`, `in_reply_to`), which is the same for all.
 * Encoding throws on a value that the declaration does not allow, since that is a defect of the program.
 */
export interface Rpc<Type extends string, Request, Reply> {
  readonly type: Type
  readonly replyType: `${Type}_ok`
  readonly decodeRequest: (body: unknown) => Result.Result<Request, Schema.SchemaError>
  readonly encodeRequest: (request: Request) => Body
  readonly decodeReply: (body: unknown) => Result.Result<Reply, Schema.SchemaError>
  readonly encodeReply: (reply: Reply) => Body
  /** The names of the reply's own fields: a reply must not have any other. */
  readonly replyFields: ReadonlySet<string>
  /** The schemas of the own fields of the request and of the reply. */
  readonly requestSchema: Schema.Constraint
  readonly replySchema: Schema.Constraint
  /** How long a client waits for the answer, in ms, if not as long as for any other. */
  readonly clientTimeout?: number
}

/**
 * Any request with its reply. It encodes values of type `never`, so it can be passed on, but nothing can be sent with
 * it.
 */
export interface Any extends Omit<Rpc<string, unknown, unknown>, "encodeRequest" | "encodeReply"> {
  readonly encodeRequest: (request: never) => Body
  readonly encodeReply: (reply: never) => Body
}

export type Request<R extends Any> = Parameters<R["encodeRequest"]>[0]
export type Reply<R extends Any> = Parameters<R["encodeReply"]>[0]

/** Fields that are decoded and encoded without help from a service. */
type Fields = { readonly [field: string]: Schema.Codec<unknown, unknown> }

/** Declares the request `type`, which `type_ok` answers, by the own fields of the request and of the reply. */
export const make = <const Type extends string, const Q extends Fields = {}, const P extends Fields = {}>(
  type: Type,
  fields: { readonly request?: Q; readonly reply?: P; readonly clientTimeout?: number } = {}
): Rpc<Type, Schema.Struct<Q>["Type"], Schema.Struct<P>["Type"]> => {
  const request = codec(fields.request ?? {} as Q) // where no fields are given, Q is its default: {}
  const reply = codec(fields.reply ?? {} as P)
  return {
    type,
    replyType: `${type}_ok`,
    decodeRequest: request.decode,
    encodeRequest: request.encode,
    decodeReply: reply.decode,
    encodeReply: reply.encode,
    requestSchema: Schema.Struct(fields.request ?? {}),
    replySchema: Schema.Struct(fields.reply ?? {}),
    replyFields: new Set(Object.keys(fields.reply ?? {})),
    ...fields.clientTimeout !== undefined && { clientTimeout: fields.clientTimeout }
  }
}

const codec = <F extends Fields>(fields: F) => {
  const struct = Schema.Struct(fields)
  if (Object.keys(fields).length > 0) {
    return { decode: Schema.decodeUnknownResult(struct), encode: Schema.encodeSync(struct) }
  }
  // `Struct({})` is like TypeScript's `{}`: it takes any object, and would send all of its fields.
  const nothing = {} as (typeof struct)["Type"]
  return { decode: () => Result.succeed(nothing), encode: () => ({}) }
}

/** The requests that a program answers. */
export type Protocol = ReadonlyArray<Any>

/**
 * One handler for each request of a protocol. It is given the request's own fields and who asks, and succeeds with the
 * reply's own fields or fails with an error of the protocol. `From` says who may ask.
 */
export type Handlers<P extends Protocol, From extends Address = Address> = {
  readonly [A in P[number] as A["type"]]: (
    request: Request<A>,
    from: From
  ) => Effect.Effect<Reply<A>, ProtocolError, unknown>
}

/** The services that handlers need. */
export type Services<H> = H[keyof H] extends (...args: never) => Effect.Effect<unknown, unknown, infer R> ? R : never
