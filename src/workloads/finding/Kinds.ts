/**
 * What somebody can find against a run: every kind with the rules that it belongs to, declared once. Findings are made of
 * it, and so is the table in the documents.
 */
import * as Finding from "./Finding.ts"

export interface Kind {
  /** By whose rules the finding counts; `either`, where each finding says so itself. */
  readonly rules: Finding.Rules | "either"
  /** The rules by which it only says that something could not be judged: see Finding. */
  readonly unknownBy?: ReadonlyArray<Finding.Rules>
  /** What was seen, in a clause. */
  readonly means: string
  /** What Maelstrom, or Jepsen for it, makes of the same. */
  readonly there: string
}

export interface Kinds<Name extends string> {
  /** Who finds them, such as the checker of a workload. */
  readonly source: string
  readonly kinds: Readonly<Record<Name, Kind>>
  /** One finding for all that is wrong in the same way; none if nothing is. */
  readonly of: <A>(
    kind: Name,
    found: ReadonlyArray<A>,
    toExample: (one: A) => Finding.Example,
    rules?: Finding.Rules
  ) => ReadonlyArray<Finding.Finding>
  /** A finding with a single example. */
  readonly once: (kind: Name, example?: Finding.Example) => Finding.Finding
}

/** What `there` says where Maelstrom has nothing like it. */
export const nothing = "–"

export const make = <const Name extends string>(
  source: string,
  kinds: Readonly<Record<Name, Kind>>
): Kinds<Name> => {
  const of: Kinds<Name>["of"] = (kind, found, toExample, given) => {
    const { rules, unknownBy } = kinds[kind]
    const by = given ?? (rules === "either" ? "strict" : rules)
    return Finding.of(source, kind, by, found, toExample).map((finding) => ({
      ...finding,
      ...unknownBy && { unknownBy }
    }))
  }
  return {
    source,
    kinds,
    of,
    once: (kind, example = Finding.example([], {})) => of(kind, [example], (one) => one)[0]! // one example makes one finding
  }
}
