/**
 * The outermost form of every message, and the one line of text it travels as.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Address } from "./Address.ts"
import { explain } from "./Explain.ts"

/** An object whose fields have not been decoded yet. */
export interface Body {
  readonly [field: string]: unknown
}

const Body = Schema.declare(
  (input: unknown): input is Body => typeof input === "object" && input !== null && !Array.isArray(input),
  { expected: "an object" }
)

/** An incoming message may carry further fields, such as Maelstrom's own `id`: they are ignored. */
export const Envelope = Schema.Struct({ src: Address, dest: Address, body: Body })
export type Envelope = typeof Envelope.Type

const isEnvelope = Schema.is(Envelope)
const decodeParsed = Schema.decodeUnknownResult(Envelope)

/** `undefined` for a line that is not JSON: no JSON text has that value. */
const parse = (line: string): unknown => {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** Reads one line; a failure says in one short line what is wrong with it. */
export const decode = (line: string): Result.Result<Envelope, string> => {
  const parsed = parse(line)
  if (isEnvelope(parsed)) return Result.succeed(parsed) // it is decoded as it is, so it need not be copied
  return parsed === undefined ? Result.fail("not JSON") : Result.mapError(decodeParsed(parsed), explain)
}

/** Writes one line, without its newline. Its body must have been encoded by its own schema. */
export const encode = (envelope: Envelope): string => JSON.stringify(envelope)
