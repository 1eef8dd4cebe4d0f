/**
 * Sees to it that no node outlives the bench, however that ends.
 *
 * A bench that is interrupted or fails can end its children itself; one that is killed with SIGKILL cannot. A
 * well-behaved node then finds its input closed and exits, but not one that ignores that, is stopped by SIGSTOP, or is
 * started by a script. So a process of its own, outside the bench's process group and terminal, waits for the one thing
 * that no death can prevent, the end of the pipe from the bench, and kills what was last written on it: the process
 * groups of all nodes. It is a shell, which is there in a millisecond and takes no memory worth mention. (Out of reach
 * is what leaves its process group, as a daemon does.)
 */
import { spawn } from "node:child_process"

export interface Watchdog {
  /** From now on the group is killed when the bench dies. */
  readonly guard: (group: number) => void
  readonly release: (group: number) => void
  /** Lets it go, if it guards nothing any more. */
  readonly end: () => void
}

const script = `while read -r line; do groups=$line; done; [ -z "$groups" ] || kill -s KILL -- $groups`

export const make = (): Watchdog => {
  const shell = spawn("/bin/sh", ["-c", script], { detached: true, stdio: ["pipe", "ignore", "ignore"] })
  const groups = new Set<number>()
  const tell = (): void => void shell.stdin.write(`${[...groups].map((group) => -group).join(" ")}\n`)
  shell.unref()
  return {
    guard: (group) => {
      groups.add(group)
      tell()
    },
    release: (group) => {
      groups.delete(group)
      tell()
    },
    end: () => shell.stdin.end()
  }
}
