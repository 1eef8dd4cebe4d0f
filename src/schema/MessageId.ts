import * as Schema from "effect/Schema"

/** Unique per sender. 0 is as good an id as any other. */
export const MessageId = Schema.Int.pipe(Schema.brand("MessageId"))
export type MessageId = typeof MessageId.Type
