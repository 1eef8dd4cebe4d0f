/**
 * What a program in the editor can use of effect/Config.
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
