import type * as Schema from "effect/Schema"

/** Says what is wrong with a value, in one line that is short enough for an error reply, however large the value is. */
export const explain = (error: Schema.SchemaError): string => error.message.replace(/\n\s*/g, " ").slice(0, 300)
