/** What is used of logic-solver, which has no types of its own: MiniSat. */
declare module "logic-solver" {
  /** A variable by its name, or a formula. */
  type Formula = string | { readonly type: string }

  class Solver {
    require(...formulas: ReadonlyArray<Formula>): void
    /** `null`, if there is none. */
    solve(): object | null
  }

  const Logic: {
    readonly Solver: typeof Solver
    readonly TRUE: Formula
    readonly FALSE: Formula
    readonly not: (formula: Formula) => Formula
    readonly and: (...formulas: ReadonlyArray<Formula>) => Formula
    readonly or: (...formulas: ReadonlyArray<Formula>) => Formula
    readonly exactlyOne: (...formulas: ReadonlyArray<Formula>) => Formula
  }
  export default Logic
  export type { Formula }
}
