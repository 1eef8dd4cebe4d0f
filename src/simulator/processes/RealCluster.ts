/**
 * A whole Maelstrom run (see Trial) in real time, of real processes. Whatever ends it, no process outlives it.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { mkdtempSync, rmSync } from "node:fs"
import { availableParallelism, tmpdir } from "node:os"
import { join } from "node:path"
import type { NodeId } from "../../schema/Address.ts"
import * as SeededRandom from "../../workloads/SeededRandom.ts"
import type * as Run from "../Run.ts"
import * as Trial from "../Trial.ts"
import type * as Life from "./Life.ts"
import * as ProcessNode from "./ProcessNode.ts"
import * as RealTime from "./RealTime.ts"
import * as Watchdog from "./Watchdog.ts"

export interface Options extends Trial.Options {
  readonly command: Life.Command
  /** The command of one node, if not all run the same. */
  readonly commandOf?: ((node: NodeId) => Life.Command) | undefined
  /** Where the disk of each node is; a folder that is removed in the end, if it does not say. */
  readonly disks?: string
  /** How long a node may take to answer `init`, in ms; as in Maelstrom, if it is not given. */
  readonly initTimeout?: number
  /** Takes lines that a node writes to standard error, as many as come at a time. */
  readonly onErrorLines?: (node: NodeId, lines: ReadonlyArray<string>) => void
  /** Is told now and then how much is done, from 0 to 1. */
  readonly onProgress?: (done: number) => void
  /** Whether a reply whose client has left is just lost; else it is found against its node, as by Maelstrom. */
  readonly losesLateReplies?: boolean
  /** Is given what notes lines that come from node to node by a way of their own, and faults that it makes itself. */
  readonly onBegin?: (trial: Pick<Trial.Trial<ProcessNode.ProcessNode>, "note" | "recordFault">) => void
  /** Takes what there is of a run that is interrupted, when all processes have ended. */
  readonly onInterrupt?: (part: Part) => Effect.Effect<void>
}

/** What clients and nemesis did, and the messages if it kept a journal. */
export type Part = Pick<Run.Run, "history" | "messages">

/** The system cannot run this file. */
export class CannotStart extends Data.TaggedError("CannotStart")<{ readonly file: string; readonly reason: string }> {}

/** Of a start nearly everything is work, so more at once would only be later, each of them. */
export const startsAtOnce = 2 * availableParallelism()

/** How often progress is told, in ms. */
const progressInterval = 100

/** Interrupted, it ends all processes too. */
export const run = (
  options: Options
): Effect.Effect<Pick<Run.Run, "results" | "history" | "messages">, CannotStart> => {
  let begun: Trial.Trial<ProcessNode.ProcessNode> | undefined
  const part = (trial: Trial.Trial<ProcessNode.ProcessNode>): Part => {
    const messages = trial.messages()
    return { history: trial.history, ...messages && { messages } }
  }
  const begin = Effect.sync(() => {
    const timeline = RealTime.make()
    const watchdog = Watchdog.make()
    const random = SeededRandom.make(options.seed)
    const disks = options.disks ?? mkdtempSync(join(tmpdir(), "gossip-girl-disks-"))
    let cannotStart: CannotStart | undefined
    const trial: Trial.Trial<ProcessNode.ProcessNode> = Trial.make(options, {
      timeline,
      random,
      member: (id, network, now) =>
        ProcessNode.make({
          id,
          command: options.commandOf?.(id) ?? options.command,
          diskFolder: join(disks, id),
          network,
          now,
          watchdog,
          losesLateReplies: options.losesLateReplies,
          onErrorLines: (lines) => options.onErrorLines?.(id, lines),
          onFinding: () => trial.end(),
          onNoStart: ({ message }) => {
            cannotStart = new CannotStart({ file: options.command.file, reason: message })
            trial.end()
          }
        }),
      startsAtOnce,
      initTimeout: options.initTimeout ?? Trial.initTimeout,
      endsAtFinding: true
    })
    begun = trial
    options.onBegin?.(trial)
    const showProgress = (): void => {
      options.onProgress?.(trial.progress())
      timeline.after(progressInterval, showProgress)
    }
    // What happens in real time is called by nobody who could catch what it throws.
    let fail: (error: unknown) => void = () => {}
    const onException = (error: unknown): void => fail(error)
    process.on("uncaughtException", onException)
    return {
      trial,
      ended: Effect.callback<void, CannotStart>((resume) => {
        fail = (error) => resume(Effect.die(error))
        showProgress()
        trial.start(() => resume(cannotStart === undefined ? Effect.void : Effect.fail(cannotStart)))
      }),
      end: Effect.promise(async () => {
        timeline.stop()
        await Promise.all(trial.members.map((node) => node.end()))
        watchdog.end()
        if (options.disks === undefined) rmSync(disks, { recursive: true, force: true })
        process.off("uncaughtException", onException)
      })
    }
  })
  return Effect.acquireUseRelease(begin, ({ ended, trial }) => Effect.as(ended, trial), ({ end }) => end).pipe(
    Effect.map((trial) => ({ results: trial.results(), ...part(trial) })),
    Effect.onInterrupt(() => begun && options.onInterrupt?.(part(begun)) || Effect.void)
  )
}
