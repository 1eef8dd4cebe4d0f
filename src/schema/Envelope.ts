/**
 * The outermost form of every message, and the one line of text it travels as.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Address } from "./Address.ts"
import { explain } from "./Explain.ts"

/** An object whose fields nobody has looked at yet. */
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

const decodeParsed = Schema.decodeUnknownResult(Envelope)

/** Reads one line; a failure says in one short line what is wrong with it. */
export const decode = (line: string): Result.Result<Envelope, string> => {
  const parsed = Result.try({ try: (): unknown => JSON.parse(line), catch: () => "not JSON" })
  return Result.isFailure(parsed) ? Result.fail(parsed.failure) : Result.mapError(decodeParsed(parsed.success), explain)
}

/** Writes one line, without its newline. The body has been encoded by its own schema before. */
export const encode = (envelope: Envelope): string => JSON.stringify(envelope)
