/**
 * Snapshots of what only grows, in parts: reading them later costs nothing now.
 */

/** The first `count` items, as many to a part. They may go on growing while they are read. */
export function* first<T>(items: Iterable<T>, count: number, size = 500): Generator<Array<T>, void> {
  let part: Array<T> = []
  let left = count
  for (const item of items) {
    if (left-- === 0) break
    part.push(item)
    if (part.length < size) continue
    yield part
    part = []
  }
  if (part.length > 0) yield part
}
