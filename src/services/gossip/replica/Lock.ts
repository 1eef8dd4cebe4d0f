/**
 * When a leaf sends so that what it says comes just before the hub's next push, and waits there as little as can be: a
 * phase-locked loop. The hub says with a push how long before it the leaf's last operations came. From that the leaf knows
 * when it should have sent them, counted from when the push came; from then on it sends so long after a push, or a whole
 * number of cycles later if the next one does not come. Nobody needs to know how long messages take or what time it is
 * elsewhere. (Gardner, "Phaselock Techniques", 1966; the margin grows with the mean deviation as in Jacobson, "Congestion
 * Avoidance and Control", 1988.)
 *
 * A leaf begins with what its first question and the answer took. While it has heard no push for long, it sends at once.
 * What comes too late waits for one more cycle.
 */
/** `free`: it sends at once. `guessed`: by its first question. `locked`: by what the hub has said. */
type Phase = "free" | "guessed" | "locked"

export interface Lock {
  /** Of a leaf: how many operations it had made when it sent the last few messages, when that was, and how it chose when. */
  readonly sent: Array<{ readonly count: number; readonly at: number; readonly was: Phase }>
  /** When the hub's last push came, and how long after a push the leaf sends, unless it is free. */
  pushCameAt: number
  delay: number
  phase: Phase
  /** How far from the aim messages come, on average. */
  deviation: number
  /** When the leaf asked the hub what it lacks. */
  askedAt: number | undefined
  /** Of a hub: when the leaf's last operations came, since it was last told. */
  cameAt: number | undefined
}

export const make = (): Lock => ({
  sent: [],
  pushCameAt: -Infinity,
  delay: 0,
  phase: "free",
  deviation: 0,
  askedAt: undefined,
  cameAt: undefined
})

/** How many messages may be on their way before the hub has told of the first of them. */
const maxSent = 8

export const sent = (lock: Lock, count: number, now: number): void => {
  if (count <= (lock.sent.at(-1)?.count ?? 0)) return // again
  lock.sent.push({ count, at: now, was: lock.phase })
  if (lock.sent.length > maxSent) lock.sent.shift()
}

/** The hub has answered at once: so long takes a message to it, and a push from it, together. */
export const answered = (lock: Lock, now: number, margin: number, cycle: number): void => {
  if (lock.askedAt === undefined || lock.phase !== "free") return
  lock.delay = Math.max(0, cycle - (now - lock.askedAt) - margin)
  lock.phase = "guessed"
}

/** A push has come, which says that the hub has so many of this leaf's operations, the last of them for `early` ms. */
export const pushed = (
  lock: Lock,
  now: number,
  { count, early, margin, cycle }: {
    readonly count: number | undefined
    readonly early: number | undefined
    readonly margin: number
    readonly cycle: number
  }
): void => {
  lock.pushCameAt = now
  const told = lock.sent.find((message) => message.count === count)
  if (early === undefined || told === undefined) return
  const aim = margin + 2 * lock.deviation
  const error = (early > 0.75 * cycle ? early - cycle : early) - aim
  const wasLocked = told.was === "locked"
  if (wasLocked) lock.deviation += (Math.abs(error) - lock.deviation) / 8
  const delay = told.at + (wasLocked && error > 0 ? error / 2 : error) - now
  lock.delay = delay - Math.floor(delay / cycle) * cycle
  lock.phase = "locked"
}

/** When a leaf sends what it has had to say since this time. */
export const sendAt = ({ delay, phase, pushCameAt }: Lock, since: number, cycle: number): number => {
  const first = pushCameAt + delay
  if (phase === "free" || since - pushCameAt > 2 * cycle) return since
  return first + Math.max(0, Math.ceil((since - first) / cycle)) * cycle
}
