/**
 * How far operations are had by so many nodes: at once what this node can tell from acknowledgements, and what others
 * tell that can tell more.
 */
import type * as GossipProtocol from "../../schema/GossipProtocol.ts"
import * as Vector from "../../schema/VersionVector.ts"

export interface Frontier {
  /** Of how many nodes. */
  readonly copies: number
  /** Told whenever it has advanced. */
  readonly advance: (vector: Vector.VersionVector) => void
}

/** How far somebody knows each frontier, by its copies. */
export type Knowledge = Map<number, Map<Vector.Origin, number>>

export interface Frontiers {
  /** Whether a program waits for any. */
  readonly areKept: boolean
  /** As they are told to others. */
  readonly told: () => GossipProtocol.Frontiers
  /** Whether there is something to tell to who knows this. */
  readonly areNewsTo: (knows: Knowledge) => boolean
  /** From what each of all nodes is known to have. Says whether one has advanced. */
  readonly infer: (vectors: ReadonlyArray<Vector.VersionVector>) => boolean
  /**
   * From somebody who tells what he knows, and whom one believes as far as one has it oneself. Says whether one has
   * advanced, and whether any of it is news: then he may wait to hear that it has come.
   */
  readonly hear: (
    knows: Knowledge,
    told: GossipProtocol.Frontiers,
    has: Vector.VersionVector
  ) => { readonly advanced: boolean; readonly isNews: boolean }
}

export const make = (wanted: ReadonlyArray<Frontier>): Frontiers => {
  const frontiers = wanted.map((frontier) => ({ ...frontier, vector: new Map<Vector.Origin, number>() }))

  const learn = ({ advance, vector }: (typeof frontiers)[number], known: Vector.VersionVector): boolean => {
    const advanced = Vector.raise(vector, known)
    if (advanced) advance(vector)
    return advanced
  }

  return {
    areKept: frontiers.length > 0,
    told: () => frontiers.map(({ copies, vector }) => [copies, Vector.encode(vector)] as const),
    areNewsTo: (knows) =>
      frontiers.some(({ copies, vector }) => !Vector.covers(knows.get(copies) ?? new Map(), vector)),
    infer: (vectors) => {
      let advanced = false
      for (const frontier of frontiers) {
        if (learn(frontier, Vector.shared(vectors, frontier.copies))) advanced = true
      }
      return advanced
    },
    hear: (knows, told, has) => {
      let [advanced, isNews] = [false, false]
      for (const frontier of frontiers) {
        const known = Vector.decode(told.find(([copies]) => copies === frontier.copies)?.[1] ?? {})
        const knew = knows.get(frontier.copies)
        if (knew === undefined) knows.set(frontier.copies, known)
        else Vector.raise(knew, known)
        if (!Vector.covers(frontier.vector, known)) isNews = true
        if (learn(frontier, Vector.meet([known, has]))) advanced = true
      }
      return { advanced, isNews }
    }
  }
}
