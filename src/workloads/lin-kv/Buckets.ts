/**
 * A queue that gives the most urgent item first, and of equally urgent items the one that was added first. Urgencies
 * are small whole numbers from 0.
 */

export interface Buckets<A> {
  readonly add: (urgency: number, one: A) => void
  readonly take: () => A | undefined
}

export const make = <A>(): Buckets<A> => {
  const buckets: Array<{ readonly all: Array<A>; taken: number }> = []
  let most = 0
  return {
    add: (urgency, one) => {
      while (buckets.length <= urgency) buckets.push({ all: [], taken: 0 })
      buckets[urgency]!.all.push(one)
      most = Math.min(most, urgency)
    },
    take: () => {
      for (; most < buckets.length; most++) {
        const bucket = buckets[most]!
        if (bucket.taken < bucket.all.length) return bucket.all[bucket.taken++]
      }
      return undefined
    }
  }
}
