/**
 * The part of effect/Schedule that a program in the editor can use: all but calendars.
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
