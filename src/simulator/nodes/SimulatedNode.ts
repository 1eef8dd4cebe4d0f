/**
 * A node in the simulated world: the same program that runs as a real process, over a simulated network and a virtual
 * clock, with the faults that can befall a process.
 *
 * - **Kill** is SIGKILL: nothing of the node runs any more, and its memory is gone. **Start** after a kill is a new
 *   process that knows nothing but what is on the disk of the node. **Wipe** is a kill that takes the disk too.
 * - **Pause** is SIGSTOP: whatever would have happened meanwhile happens, in order, at **resume**.
 * - Its **clock** can jump, and stand still. What sleeps is not disturbed: sleeping goes by the monotonic clock.
 * - A node that sends to an address that does not exist is **mute** from then on: the real bench stops reading its
 *   output. Only a node that has just been resumed is forgiven a late reply to a client, since it cannot know.
 * - Computing takes no time, unless it is given a **cost**: then a node is busy with each message that it receives, before
 *   it handles it, and with each that it sends, before that is on its way. So a node that has more to do than it can is
 *   late with everything, as a process is that never rests.
 */
import * as Cause from "effect/Cause"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Result from "effect/Result"
import { isClient, type NodeId } from "../../schema/Address.ts"
import * as Envelope from "../../schema/Envelope.ts"
import { Disk } from "../../services/disk/Disk.ts"
import { MessageIO } from "../../services/node/MessageIO.ts"
import { Node } from "../../services/node/Node.ts"
import { Peers } from "../../services/node/Peers.ts"
import { Timers } from "../../services/node/Timers.ts"
import * as Finding from "../../workloads/finding/Finding.ts"
import type { SeededRandom } from "../../workloads/SeededRandom.ts"
import * as Client from "../clients/Client.ts"
import * as SimulatedDisk from "../disks/SimulatedDisk.ts"
import * as Findings from "../Findings.ts"
import * as Network from "../network/Network.ts"
import * as Undeliverable from "../network/Undeliverable.ts"
import type { Options as RunOptions } from "../Options.ts"
import * as VirtualProcess from "../time/VirtualProcess.ts"
import type { VirtualTime } from "../time/VirtualTime.ts"
import type { Member } from "./Member.ts"

/** A program with everything provided but what every node has. */
export type Program = Effect.Effect<void, unknown, Node | Peers | Timers | Disk>

export interface SimulatedNode extends Member {
  /** The last {@link logLimit} lines that it logged. */
  readonly log: ReadonlyArray<string>
  /** Flips a bit of what is safe on its disk; false if nothing is. */
  readonly damage: () => boolean
}

export interface Options {
  readonly id: NodeId
  readonly time: VirtualTime
  readonly network: Network.Network
  readonly random: SeededRandom
  readonly program: Program
  /** What a real node would find in its environment variables. */
  readonly config: Readonly<Record<string, string>>
  /** What it costs to receive or to send a message, and each byte of it; nothing if left out. */
  readonly cost?: Cost | undefined
}

type Cost = NonNullable<RunOptions["cost"]>

/** For how many ms a line keeps a node busy. */
const costs = ({ byteNanos, messageMicros }: Cost) => (line: string): number =>
  messageMicros / 1e3 + (byteNanos === 0 ? 0 : byteNanos / 1e6 * Network.bytesOf(line))

const free: Cost = { messageMicros: 0, byteNanos: 0 }

export const logLimit = 1000

/** How long syncing takes on average, in ms. */
const syncTime = 1

/** The time of day at which every run begins: 2026-01-01T00:00:00Z. */
export const epoch = Date.UTC(2026, 0, 1)

/** Keeps what a node logs, line by line, each with its time. */
const makeLog = (time: VirtualTime) => {
  const lines: Array<string> = []
  const write = (text: string): void => {
    lines.push(`${(time.now() / 1000).toFixed(3)} s ${text}`)
    if (lines.length > logLimit) lines.shift()
  }
  const logger = Logger.make<unknown, void>(({ cause, logLevel, message }) =>
    write([logLevel, ...[message].flat(), ...cause.reasons.length > 0 ? [Cause.pretty(cause)] : []].join(" "))
  )
  return { lines, write, logger }
}

/** The time of day, which can jump and stand still. */
const makeWallClock = (time: VirtualTime) => {
  let offset = 0
  let frozenAt: number | undefined
  return {
    now: (): number => Math.floor(epoch + (frozenAt ?? time.now()) + offset),
    set: (newOffset: number, frozen: boolean): void => {
      offset = newOffset
      frozenAt = frozen ? time.now() : undefined
    }
  }
}

/** The message IO of one life, which is mute once it has sent to nobody. */
const messageIO = (
  { cost = free, id, network, time }: Options,
  process: VirtualProcess.VirtualProcess,
  listen: (receiver: (message: Envelope.Envelope) => void) => void,
  onMute: (message: Envelope.Envelope) => void
) => {
  const costOf = costs(cost)
  let mute = false
  const post = (message: Envelope.Envelope, line: string): void => {
    if (mute || network.send(id, message.dest, line)) return
    if (isClient(message.dest) && time.now() - process.resumedAt() < Client.defaultTimeout) return
    mute = true
    onMute(message)
  }
  return MessageIO.of({
    receive: (receiver) =>
      Effect.suspend(() => {
        listen(receiver)
        return Effect.never
      }),
    send: (message) => {
      const line = Envelope.encode(message)
      process.spend(costOf(line), () => post(message, line))
    },
    flush: Effect.void
  })
}

/** All that a program may ask for, over this message IO. */
const layerOf = (
  io: MessageIO["Service"],
  files: FileSystem.FileSystem,
  logger: Logger.Logger<unknown, void>,
  config: Options["config"]
) =>
  Peers.layer.pipe(
    Layer.provideMerge(Layer.provide(Disk.layer(Effect.succeed("disk")), Layer.succeed(FileSystem.FileSystem, files))),
    Layer.provideMerge(Node.layer),
    Layer.provideMerge(Timers.layer),
    Layer.provide(Layer.succeed(MessageIO, io)),
    Layer.provideMerge(Logger.layer([logger])),
    Layer.provideMerge(ConfigProvider.layer(ConfigProvider.fromUnknown(config)))
  )

export const make = (options: Options): SimulatedNode => {
  const { config, cost = free, id, network, program, random, time } = options
  const costOf = costs(cost)
  const findings: Array<Finding.Finding> = []
  const log = makeLog(time)
  const wallClock = makeWallClock(time)
  const disk = SimulatedDisk.make({ random: random.fork("disk"), syncTime })
  let lives = 0
  let life: VirtualProcess.VirtualProcess | undefined
  let onMessage: ((message: Envelope.Envelope) => void) | undefined

  const find = (kind: Findings.NodeKind, about: Finding.Example["about"] = {}): void =>
    void findings.push(Findings.node.once(kind, Finding.example([id], { ...about, time: time.now() })))

  const kill = (): void => {
    if (life === undefined) return
    life.kill()
    life = undefined
    disk.crash()
  }

  network.join(id, (line) =>
    life?.act(() => {
      const message = Envelope.decode(line)
      if (Result.isSuccess(message)) onMessage?.(message.success)
      else log.write(`skipped a line: ${message.failure}: ${line.slice(0, 200)}`)
    }, costOf(line)))

  return {
    id,
    findings,
    remarks: [],
    said: {},
    log: log.lines,
    start: () => {
      kill() // the former life has ended: there is never more than one
      const process = VirtualProcess.make(time, random.fork(`life ${lives++}`), wallClock.now)
      const io = messageIO(
        options,
        process,
        (receiver) => {
          onMessage = receiver
        },
        (message) => find("sent to nobody", Undeliverable.about(network, message))
      )
      life = process
      onMessage = undefined
      process.run(Effect.provide(program, layerOf(io, disk.files, log.logger, config))).addObserver((exit) => {
        if (life !== process) return
        life = undefined
        if (exit._tag === "Success") find("exited")
        else find("crashed", { cause: Cause.pretty(exit.cause) })
      })
      return () => process.isKilled() || process.resumedAt() > -Infinity
    },
    kill,
    wipe: () => {
      kill()
      disk.wipe()
    },
    pause: () => life?.pause(),
    resume: () => life?.resume(),
    damage: disk.flip,
    setDisk: (condition) => {
      disk.setSlow(condition === "slow")
      disk.setFull(condition === "full")
    },
    setClock: wallClock.set
  }
}
