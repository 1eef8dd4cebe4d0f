/** So many seeds, from 0. `SEEDS=1000 npx vitest run test/X.test.ts` tries more of them; `FROM=42 SEEDS=1` one again. */
export const seeds = (usual: number): ReadonlyArray<number> =>
  Array.from(
    { length: Number(process.env["SEEDS"] ?? usual) },
    (_, i) => Number(process.env["FROM"] ?? 0) + i
  )
