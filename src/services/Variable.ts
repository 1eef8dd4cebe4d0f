/**
 * Environment variables that say how long something takes, such as `GOSSIP_HUB_WINDOW="200 millis"`.
 */
import * as Config from "effect/Config"
import * as Duration from "effect/Duration"

/** The time that this variable says, in ms. */
export const millis = (name: string, fallback: number): Config.Config<number> =>
  Config.Duration(name).pipe(Config.map(Duration.toMillis), Config.withDefault(fallback))
