/**
 * When a leaf sends, so that its message comes just before the hub's next push and waits there for as short a time as
 * possible.
 *
 * - Algorithm: a phase-locked loop (Gardner, "Phaselock Techniques", 1966). The hub pushes once a cycle, and says with
 *   each push how long before it the leaf's last operations came. From that the leaf computes how long after the
 *   previous push it should have sent them. From then on it sends so long after each push; if the next push does not
 *   come, so long after the time at which it should have come. It aims at a margin before the push that grows with the
 *   mean deviation (as in Jacobson, "Congestion Avoidance and Control", 1988).
 * - Each node measures by its own clock only. Nobody needs to know how long messages take, or what time it is
 *   elsewhere.
 * - A leaf's first guess is how long its first question and the answer took together. A leaf that has heard no push for
 *   two cycles sends at once.
 * - Cost: a message that comes too late waits for one more cycle.
 */
/**
 * How a leaf chooses when to send. `free`: at once. `guessed`: by its first question. `locked`: by what the hub has
 * said.
 */
type Phase = "free" | "guessed" | "locked"

export interface Lock {
  /** Of a leaf: its last few messages. How many operations it had made by then, when it sent, and in which phase. */
  readonly sent: Array<{ readonly count: number; readonly at: number; readonly was: Phase }>
  /** When the hub's last push came. */
  pushCameAt: number
  /** How long after a push the leaf sends, unless it is free. */
  delay: number
  phase: Phase
  /** How far from the aim the messages come, on average. */
  deviation: number
  /** When the leaf first asked the hub what it lacks. */
  askedAt: number | undefined
  /** Of a hub: when the last operations of the leaf came that it has not told the leaf of. */
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

/** How many messages a leaf remembers: so many may be on their way before the hub has told it of the first. */
const maxSent = 8

export const sent = (lock: Lock, count: number, now: number): void => {
  if (count <= (lock.sent.at(-1)?.count ?? 0)) return // a repetition
  lock.sent.push({ count, at: now, was: lock.phase })
  if (lock.sent.length > maxSent) lock.sent.shift()
}

/** The hub has answered at once. So a message to the hub and a push from it take as long together as this took. */
export const answered = (lock: Lock, now: number, margin: number, cycle: number): void => {
  if (lock.askedAt === undefined || lock.phase !== "free") return
  lock.delay = Math.max(0, cycle - (now - lock.askedAt) - margin)
  lock.phase = "guessed"
}

/**
 * A push has come. It says that the hub has so many of this leaf's operations, and had the last of them for `early` ms.
 */
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

/** When a leaf sends what it has wanted to send since this time. */
export const sendAt = ({ delay, phase, pushCameAt }: Lock, since: number, cycle: number): number => {
  const first = pushCameAt + delay
  if (phase === "free" || since - pushCameAt > 2 * cycle) return since
  return first + Math.max(0, Math.ceil((since - first) / cycle)) * cycle
}
