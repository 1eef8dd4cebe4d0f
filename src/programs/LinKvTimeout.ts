/**
 * How long a key-value store may take to answer. It is less than the 1 s for which a client of Maelstrom's lin-kv waits at
 * least, so that no reply comes after its client has left.
 */
import * as Config from "effect/Config"
import * as Duration from "effect/Duration"

/** Environment variable `LIN_KV_TIMEOUT`, such as `900 millis`. */
export const timeout = Config.Duration("LIN_KV_TIMEOUT").pipe(Config.withDefault(Duration.millis(900)))
