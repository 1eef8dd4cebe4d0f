import type { NodeId } from "../../schema/Address.ts"
import type * as Finding from "../../workloads/finding/Finding.ts"

/** A slow disk takes much longer to sync; a full one takes nothing more. */
export type DiskCondition = "well" | "slow" | "full"

/**
 * A node of a cluster as the bench handles it, simulated or a real process: it is on the network, and can be started and
 * disturbed.
 */
export interface Member {
  readonly id: NodeId
  /**
   * Starts a process, which then awaits `init`; the answer tells whether it has been killed or paused since. `up` is
   * called if that is work, when it is done.
   */
  readonly start: (up?: () => void) => () => boolean
  /** SIGKILL: nothing of the process runs any more, and its memory is gone. Its disk is as after a crash. */
  readonly kill: () => void
  /** Kills the process, and takes its disk. */
  readonly wipe: () => void
  /** SIGSTOP: whatever would have happened meanwhile happens, in order, at `resume`. */
  readonly pause: () => void
  readonly resume: () => void
  /** From now on the clock is `offset` ms ahead of the true time; if `frozen`, it stands still there. */
  readonly setClock: (offset: number, frozen: boolean) => void
  readonly setDisk: (condition: DiskCondition) => void
  /** What makes the run invalid, such as a crash of the node. */
  readonly findings: ReadonlyArray<Finding.Finding>
  /** What else speaks against the node, once the run is over. */
  readonly remarks: ReadonlyArray<Finding.Finding>
  /** The last lines that the node wrote, on each of its outputs: a finding against a real process tells them. */
  readonly said: Finding.Example["about"]
}
