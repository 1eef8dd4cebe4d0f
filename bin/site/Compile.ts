/**
 * Turns the text of a program into the program: takes the types off, and looks up its imports among the modules that
 * there are.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { transform } from "sucrase"

/** Why there is no program, as the compiler or the program itself says. */
export class NoProgram extends Data.TaggedError("NoProgram")<{ readonly why: string }> {}

/** A program to which nothing has been provided yet. Only its author knows what it needs. */
export type Bare = Effect.Effect<void, unknown, unknown>

const isBare = (value: unknown): value is Bare => Effect.isEffect(value)

const why = (error: unknown): string => error instanceof Error ? error.message : String(error)

/** The program of this name that the text exports, else the last one. */
export const compile = (
  text: string,
  modules: Readonly<Record<string, object>>,
  name?: string
): Effect.Effect<Bare, NoProgram> =>
  Effect.try({
    try: () => {
      const { code } = transform(text, { transforms: ["typescript", "imports"], preserveDynamicImport: true })
      const exports: Record<string, unknown> = {}
      const require = (name: string): object => {
        const found = modules[name]
        if (found === undefined) {
          throw new Error(`there is no module ${name}; there are ${Object.keys(modules).join(", ")}`)
        }
        return found
      }
      // oxlint-disable-next-line no-new-func -- it is the visitor's own program, in a worker without a network
      new Function("require", "exports", code)(require, exports)
      const named = name === undefined ? undefined : exports[name]
      const program = isBare(named) ? named : Object.values(exports).findLast(isBare)
      if (program === undefined) throw new Error("nothing that it exports is a program, which is an Effect")
      return program
    },
    catch: (error) => new NoProgram({ why: why(error) })
  })
