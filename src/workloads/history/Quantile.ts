/** The smallest value that is not below the given fraction of all (nearest rank); 0 of none. */
export const quantile = (sorted: ReadonlyArray<number>, fraction: number): number =>
  sorted[Math.max(0, Math.ceil(fraction * sorted.length) - 1)] ?? 0
