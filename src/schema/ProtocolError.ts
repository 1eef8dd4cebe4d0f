/**
 * The errors of Maelstrom's protocol, one class a code. A definite error promises that the operation did not happen and
 * never will; after any other the outcome is unknown. A node must not answer a definite error when the outcome is
 * unknown.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

const text = { text: Schema.String }

/** The request was not completed in time. */
export class Timeout extends Schema.TaggedError<Timeout>()("Timeout", text) {
  readonly code = 0
  readonly definite = false
}

/** There is no such node. */
export class NodeNotFound extends Schema.TaggedError<NodeNotFound>()("NodeNotFound", text) {
  readonly code = 1
  readonly definite = true
}

/** The type of the request is unknown here. */
export class NotSupported extends Schema.TaggedError<NotSupported>()("NotSupported", text) {
  readonly code = 10
  readonly definite = true
}

/** The operation cannot be performed now, and was not. */
export class TemporarilyUnavailable
  extends Schema.TaggedError<TemporarilyUnavailable>()("TemporarilyUnavailable", text)
{
  readonly code = 11
  readonly definite = true
}

/** The body of the request does not decode. */
export class MalformedRequest extends Schema.TaggedError<MalformedRequest>()("MalformedRequest", text) {
  readonly code = 12
  readonly definite = true
}

/** A defect, or anything that has no code of its own. */
export class Crash extends Schema.TaggedError<Crash>()("Crash", text) {
  readonly code = 13
  readonly definite = false
}

/** The operation definitely did not take place. */
export class Abort extends Schema.TaggedError<Abort>()("Abort", text) {
  readonly code = 14
  readonly definite = true
}

export class KeyDoesNotExist extends Schema.TaggedError<KeyDoesNotExist>()("KeyDoesNotExist", text) {
  readonly code = 20
  readonly definite = true
}

export class KeyAlreadyExists extends Schema.TaggedError<KeyAlreadyExists>()("KeyAlreadyExists", text) {
  readonly code = 21
  readonly definite = true
}

/** For example a compare-and-set that found another value. */
export class PreconditionFailed extends Schema.TaggedError<PreconditionFailed>()("PreconditionFailed", text) {
  readonly code = 22
  readonly definite = true
}

/** The transaction conflicts with another one, and was not applied. */
export class TxnConflict extends Schema.TaggedError<TxnConflict>()("TxnConflict", text) {
  readonly code = 30
  readonly definite = true
}

/** A code that a program defines for itself (1000 and above), or one that is unknown. It is never definite. */
export class OtherError extends Schema.TaggedError<OtherError>()("OtherError", { ...text, code: Schema.Int }) {
  readonly definite = false
}

const classes = [
  Timeout,
  NodeNotFound,
  NotSupported,
  TemporarilyUnavailable,
  MalformedRequest,
  Crash,
  Abort,
  KeyDoesNotExist,
  KeyAlreadyExists,
  PreconditionFailed,
  TxnConflict
]

export type ProtocolError = InstanceType<(typeof classes)[number]> | OtherError

const constructors = new Map(
  classes.map((Class) => [new Class({ text: "" }).code as number, (text: string): ProtocolError => new Class({ text })])
)

/** The body of an error reply. Maelstrom itself leaves out `text` now and then, and others write what they like there. */
const ErrorBody = Schema.Struct({ code: Schema.Int, text: Schema.optionalKey(Schema.Unknown) })
const decodeBody = Schema.decodeUnknownResult(ErrorBody)

/** The error that an error reply's body stands for; one without a code is a {@link Crash} of its sender. */
export const fromBody = (body: unknown): ProtocolError => {
  const decoded = decodeBody(body)
  if (Result.isFailure(decoded)) return new Crash({ text: "the error reply has no code that is an integer" })
  const { code, text: given = "" } = decoded.success
  const text = typeof given === "string" ? given : JSON.stringify(given)
  return constructors.get(code)?.(text) ?? new OtherError({ code, text })
}

/** The fields of an error reply's body besides its header. */
export const toBody = ({ code, text }: ProtocolError): { readonly code: number; readonly text: string } => ({
  code,
  text
})
