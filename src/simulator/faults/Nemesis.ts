/**
 * What goes wrong, and when.
 *
 * As in Maelstrom, each fault begins and ends in turn, the first time at once, at intervals drawn evenly from 0 to twice
 * the mean. Maelstrom knows `partition`; the other faults are ours.
 *
 * - `partition`: one of Maelstrom's four ways to cut the network (see Partition).
 * - `one-way`: some nodes do not hear the rest, but are heard.
 * - `kill`: some nodes are killed, and later start again with empty memory, and with their disks.
 * - `wipe`: some nodes are killed and lose their disks, and later start again with nothing. They are always of the same
 *   nodes, fewer than half: what is on the disks of a majority is never lost.
 * - `disk`: the disks of some nodes are full, or take much longer to sync.
 * - `pause`: some nodes stand still, and later go on as if nothing had happened.
 * - `clock`: each node's clock jumps by up to a minute either way, and may stand still there.
 */
import type { NodeId } from "../../schema/Address.ts"
import type { Json } from "../../schema/Json.ts"
import type { SeededRandom } from "../../workloads/SeededRandom.ts"
import type { Network } from "../network/Network.ts"
import type { Member } from "../nodes/Member.ts"
import type { Timeline } from "../time/Timeline.ts"
import * as Partition from "./Partition.ts"

export const faults = ["partition", "one-way", "kill", "wipe", "pause", "clock", "disk"] as const
export type Fault = (typeof faults)[number]

export interface Nemesis {
  /** Begins and ends faults for so many ms. A fault that has begun by then goes on. */
  readonly start: (duration: number) => void
  /** Ends every fault. */
  readonly stop: () => void
  /** How many faults it has drawn. */
  readonly drawn: () => number
}

export interface Options {
  readonly faults: ReadonlyArray<Fault>
  /** The mean time between its deeds, in ms. */
  readonly interval: number
  /** Whether a fault comes to pass, by its number from 0: one that does not is drawn all the same. All do by default. */
  readonly isWanted?: (fault: number) => boolean
  readonly random: SeededRandom
  readonly timeline: Timeline
  readonly network: Network
  readonly nodes: ReadonlyArray<Member>
  /** Starts a node and tells it who it is. */
  readonly boot: (node: Member) => void
  readonly record: (f: string, value: Json) => void
}

/** The largest jump of a clock, in ms. */
const largestJump = 60_000

/** One fault, drawn but not begun. Ending it twice changes nothing. */
interface Deeds {
  readonly begin: () => Json
  readonly end: () => Json
}

const describe = (grudge: Partition.Grudge): Json =>
  Object.fromEntries([...grudge].map(([node, dropped]) => [node, [...dropped]]))

type Draw = (random: SeededRandom) => Deeds

/** Cuts of the network. When one of them ends, those of the other faults go on. */
const cutting = (network: Network, ids: ReadonlyArray<NodeId>) => {
  const grudges = new Map<Fault, Partition.Grudge>()
  return (fault: Fault, kinds: ReadonlyArray<Partition.Kind>): Draw => (random) => {
    const kind = random.pick(kinds)
    const grudge = Partition.make(kind, ids, random)
    return {
      begin: () => {
        grudges.set(fault, grudge)
        network.cut(grudge)
        return { kind, drops: describe(grudge) }
      },
      end: () => {
        grudges.delete(fault)
        network.heal()
        for (const grudge of grudges.values()) network.cut(grudge)
        return null
      }
    }
  }
}

/** How many nodes are fewer than half of so many. */
const minority = (count: number): number => Math.ceil(count / 2) - 1

/** Strikes one of these nodes, or several, but fewer than half of all nodes. */
const striking =
  (count: number) =>
  (nodes: ReadonlyArray<Member>, hit: (node: Member) => void, mend: (node: Member) => void): Draw =>
  (random) => {
    const most = Math.max(1, minority(count))
    let stricken = random.shuffle(nodes).slice(0, random.chance(0.5) ? 1 : 1 + random.below(most))
    return {
      begin: () => {
        for (const node of stricken) hit(node)
        return stricken.map(({ id }) => id)
      },
      end: () => {
        const mended = stricken
        stricken = []
        for (const node of mended) mend(node)
        return mended.map(({ id }) => id)
      }
    }
  }

/** Nodes that are down. Several faults may have felled one: it starts again when the last of them ends. */
const falling = (boot: (node: Member) => void) => {
  const faults = new Map<Member, number>()
  return {
    fell: (node: Member): void => {
      const others = faults.get(node) ?? 0
      faults.set(node, others + 1)
      if (others === 0) node.kill()
    },
    recover: (node: Member): void => {
      const others = faults.get(node)! - 1 // some fault has felled it
      faults.set(node, others)
      if (others === 0) boot(node)
    }
  }
}

/** Moves the wall clock of every node by a random time. */
const jumping = (nodes: ReadonlyArray<Member>): Draw => (random) => {
  const clocks = nodes.map((node) => ({
    node,
    offset: random.below(2 * largestJump) - largestJump,
    frozen: random.chance(0.25)
  }))
  return {
    begin: () =>
      Object.fromEntries(clocks.map(({ frozen, node, offset }) => {
        node.setClock(offset, frozen)
        return [node.id, { offset, frozen }]
      })),
    end: () => {
      nodes.forEach((node) => node.setClock(0, false))
      return null
    }
  }
}

const drawsOf = ({ boot, network, nodes, random }: Options): Record<Fault, Draw> => {
  const cut = cutting(network, nodes.map(({ id }) => id))
  const strike = striking(nodes.length)
  const { fell, recover } = falling(boot)
  const expendable = random.fork("expendable").shuffle(nodes).slice(0, minority(nodes.length))
  const wipe = (node: Member): void => {
    fell(node)
    node.wipe()
  }
  return {
    partition: cut("partition", Partition.maelstromKinds),
    "one-way": cut("one-way", ["one-way"]),
    kill: strike(nodes, fell, recover),
    wipe: strike(expendable, wipe, recover),
    pause: strike(nodes, (node) => node.pause(), (node) => node.resume()),
    clock: jumping(nodes),
    disk: (random) => {
      const condition = random.pick(["slow", "full"] as const)
      return strike(nodes, (node) => node.setDisk(condition), (node) => node.setDisk("well"))(random)
    }
  }
}

export const make = (options: Options): Nemesis => {
  const { interval, isWanted = () => true, record, timeline } = options
  const draws = drawsOf(options)
  let drawn = 0
  const deeds = new Map<Fault, Deeds>()

  const begin = (fault: Fault, random: SeededRandom): void => {
    const next = draws[fault](random)
    if (!isWanted(drawn++)) return void deeds.delete(fault)
    deeds.set(fault, next)
    record(`start-${fault}`, next.begin())
  }
  const end = (fault: Fault): void => {
    const last = deeds.get(fault)
    if (last !== undefined) record(`stop-${fault}`, last.end())
  }

  const running = new Map<Fault, () => void>()

  return {
    start: (duration) => {
      const until = timeline.now() + duration
      for (const fault of options.faults) {
        const random = options.random.fork(fault)
        let on = false
        const turn = (): void => {
          on = !on
          if (on) begin(fault, random)
          else end(fault)
          const pause = random.nextDoubleUnsafe() * 2 * interval
          if (timeline.now() + pause < until) running.set(fault, timeline.after(pause, turn))
        }
        turn()
      }
    },
    stop: () => {
      for (const fault of options.faults) {
        running.get(fault)?.()
        end(fault)
      }
    },
    drawn: () => drawn
  }
}
