/**
 * The runs that make up fly.io's challenges, with the options that they give to Maelstrom, and with their limits.
 */
import * as Simulation from "../simulator/Simulation.ts"
import type { ChallengeRun, Entry } from "./Entry.ts"
import * as Registry from "./Registry.ts"

export interface Challenge extends ChallengeRun {
  readonly workload: Registry.WorkloadName
}

/** All runs, in the order of the challenges. */
export const challenges: ReadonlyArray<Challenge> = Registry.workloadNames.flatMap((workload) => {
  const { challenges }: Entry = Registry.registry[workload]
  return challenges.map((run) => ({ ...run, workload }))
})

/** The group of challenges that one belongs to, such as `3`. */
const groupOf = (id: string): string => id.replace(/[a-z]$/, "")

/** All names that mean a challenge, or a group. */
export const names: ReadonlyArray<string> = [...new Set(challenges.flatMap(({ id }) => [groupOf(id), id]))]

/** Whether `id` means this challenge: it names it, or the group that it belongs to (`3` means 3a, 3b …). */
export const isNamed = (challenge: Challenge, id: string): boolean =>
  challenge.id === id || groupOf(challenge.id) === id

/** The workload and the program that run in it. */
export const subject = ({ id, program, workload }: Challenge): Registry.Subject => {
  const found = Registry.find(workload, program)
  if (found === undefined) throw new Error(`challenge ${id} has no program`)
  return found
}

/** All that a run of it needs. */
export const options = (challenge: Challenge, seed: number): Simulation.Options => {
  const { program, workload } = subject(challenge)
  return { ...Simulation.defaults, ...challenge.options, workload, program, seed }
}
