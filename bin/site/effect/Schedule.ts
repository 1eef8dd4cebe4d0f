/**
 * What a program in the editor can use of effect/Schedule: all but calendars.
 */
export {
  addDelay,
  exponential,
  fibonacci,
  fixed,
  forever,
  jittered,
  map,
  modifyDelay,
  recurs,
  spaced,
  upTo,
  windowed
} from "effect/Schedule"
