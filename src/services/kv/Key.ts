import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { explain } from "../../schema/Explain.ts"
import type { Json } from "../../schema/Json.ts"
import * as ProtocolError from "../../schema/ProtocolError.ts"

/** The name of a key, and the type of what it holds. */
export interface Key<A> {
  readonly name: string
  readonly decode: (value: Json) => Effect.Effect<A, ProtocolError.ProtocolError>
  readonly encode: (value: A) => Json
}

/** A value that is not of the key's type is a `Crash` of whoever wrote it. */
export const make = <A, I extends Json>(name: string, schema: Schema.Codec<A, I>): Key<A> => {
  const decode = Schema.decodeUnknownEffect(schema)
  return {
    name,
    decode: (value) =>
      Effect.mapError(decode(value), (error) => new ProtocolError.Crash({ text: `${name}: ${explain(error)}` })),
    encode: Schema.encodeSync(schema)
  }
}
