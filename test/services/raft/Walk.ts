/**
 * Random walks: whatever can happen happens in an order that follows from a seed. They go deeper than a search of all
 * orders can.
 */
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"
import type { Machine } from "./Cluster.ts"
import * as Watcher from "./Watcher.ts"
import * as World from "./World.ts"

export interface Walked {
  readonly world: World.World
  readonly course: ReadonlyArray<string>
}

const choose = <A>(random: SeededRandom.SeededRandom, items: ReadonlyArray<A>, weight: (item: A) => number): A => {
  let left = random.nextDoubleUnsafe() * items.reduce((sum, item) => sum + weight(item), 0)
  return items.find((item) => (left -= weight(item)) < 0) ?? items[0]!
}

/**
 * One walk of so many steps, until something is found. How likely each kind of event is differs from walk to walk: what
 * hides behind much of one kind, and little of another, is found sooner. (Groce et al., "Swarm Testing", 2012.)
 */
export const run = (machine: Machine, seed: number, steps = 150): Walked => {
  const random = SeededRandom.make(seed).fork("walk")
  const settings = {
    ...World.settings,
    batch: random.pick([1, 1, 1000]),
    chunk: random.pick([20, 1000]),
    snapshotAfter: random.pick([1, 3, 1e9, 1e9])
  }
  const rules: World.Rules = { machine, settings, isSyncImmediate: random.chance(0.5) }
  const budget: World.Budget = {
    deliver: Infinity,
    copy: random.pick([0, Infinity]),
    sync: Infinity,
    wake: Infinity,
    append: 10,
    read: 10,
    crash: random.pick([0, Infinity]),
    wipe: random.pick([0, 0, Infinity])
  }
  const weights: { readonly [type in World.Event["type"]]: number } = {
    deliver: random.pick([10, 20, 40]),
    sync: random.pick([1, 10]),
    wake: random.pick([1, 2, 5]),
    append: random.pick([0.5, 2]),
    read: random.pick([0.5, 2]),
    crash: random.pick([0.3, 1, 3]),
    wipe: 0.2
  }
  const loss = random.pick([0, 0.02, 0.1])
  const course: Array<string> = []
  let world = World.begin(rules)
  for (let i = 0; i < steps && world.watcher.violations.length === 0; i++) {
    const events = World.events(rules, world, budget)
    const counts = new Map<World.Event["type"], number>()
    for (const { type } of events) counts.set(type, (counts.get(type) ?? 0) + 1)
    const event = choose(random, events, ({ type }) => weights[type] / counts.get(type)!)
    course.push(World.describe(world, event))
    world = World.apply(rules, world, event)
    if (i % 10 === 0) Watcher.compareLogs(world.watcher, world.places.map(({ server }) => server))
    if (random.chance(loss)) world = { ...world, messages: world.messages.filter(() => random.chance(0.5)) }
  }
  Watcher.compareLogs(world.watcher, world.places.map(({ server }) => server))
  return { world, course }
}
