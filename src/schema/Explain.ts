import type * as Schema from "effect/Schema"

/** What is wrong with a value, in one line short enough for a log or an error reply, however large the value. */
export const explain = (error: Schema.SchemaError): string => error.message.replace(/\n\s*/g, " ").slice(0, 300)
