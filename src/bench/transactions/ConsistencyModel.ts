export const names = [
  "read-uncommitted",
  "read-committed",
  "read-atomic",
  "causal",
  "snapshot-isolation",
  "serializable",
  "strict-serializable"
] as const
export type ConsistencyModel = (typeof names)[number]
