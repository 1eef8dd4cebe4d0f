/**
 * Snapshots, in parts, of collections that only grow. To take one costs O(1), since the items are read later.
 */

/** The first `count` items, `size` of them in each part. The collection may grow while the parts are read. */
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
