import * as Effect from "effect/Effect"
import * as ProtocolError from "gossip-girl/schema/ProtocolError"

/** Whether whoever gets this answer knows that nothing has happened. */
const nothingHappened = (error: ProtocolError.ProtocolError): boolean => error.definite

// A handler refuses by failing with one of these.
export const refuse = Effect.fail(new ProtocolError.TemporarilyUnavailable({ text: "no leader yet" }))

const text = "an example"
const definite = [
  new ProtocolError.NodeNotFound({ text }),
  new ProtocolError.NotSupported({ text }),
  new ProtocolError.MalformedRequest({ text }),
  new ProtocolError.Abort({ text }),
  new ProtocolError.KeyDoesNotExist({ text }),
  new ProtocolError.KeyAlreadyExists({ text }),
  new ProtocolError.PreconditionFailed({ text }),
  new ProtocolError.TxnConflict({ text })
]
const unknown = [
  new ProtocolError.Timeout({ text }),
  new ProtocolError.Crash({ text }),
  new ProtocolError.OtherError({ code: 1000, text })
]
console.log(definite.every(nothingHappened), unknown.some(nothingHappened)) // true, false

const body = ProtocolError.toBody(new ProtocolError.Abort({ text })) // { code: 14, text }
console.log(ProtocolError.fromBody(body)._tag) // Abort
