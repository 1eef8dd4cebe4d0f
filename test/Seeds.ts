/** So many seeds. `SEEDS=1000 npx vitest run test/X.test.ts` tries more of them; `FROM=42 SEEDS=1` one again. */
export const seeds = (usual: number, from = 0): ReadonlyArray<number> =>
  Array.from(
    { length: Number(process.env["SEEDS"] ?? usual) },
    (_, i) => Number(process.env["FROM"] ?? from) + i
  )
