import * as Schema from "effect/Schema"

/** Each sender gives a message id to one request only. 0 is an id like any other. */
export const MessageId = Schema.Int.pipe(Schema.brand("MessageId"))
export type MessageId = typeof MessageId.Type
