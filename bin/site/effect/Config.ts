/**
 * The part of effect/Config that a program in the editor can use.
 */
export {
  all,
  Boolean,
  Duration,
  Finite,
  Int,
  Literal,
  Literals,
  map,
  nested,
  option,
  orElse,
  String,
  succeed,
  withDefault
} from "effect/Config"
