/**
 * Sees to it that no node outlives the bench, however that ends.
 *
 * A bench that is interrupted or fails can end its children itself; one that is killed with SIGKILL cannot. A
 * well-behaved node then finds its input closed and exits, but not one that ignores that, is stopped by SIGSTOP, or is
 * started by a script. So a process of its own, outside the bench's process group and terminal, waits for the one thing
 * that no death can prevent, the end of the pipe from the bench, and kills what was last written on it: the process
 * groups of all nodes. It is a shell, which is there in a millisecond and takes no memory worth mention.
 *
 * What leaves its process group, as a daemon does, still has the environment that it was born with. Each run marks that
 * of its nodes, and where /proc shows it, as on Linux, all that carry the mark are killed when the run ends. Elsewhere a
 * daemon outlives the run. One look does not find them all: while it lasts, a process that it has not reached yet may
 * start another and end; and the mark of a process that is just being replaced (execve) cannot be read for a moment. So
 * looks are repeated until two in a row have found nothing.
 */
import { spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"

export interface Watchdog {
  /** Environment variables that nodes must have. */
  readonly env: Readonly<Record<string, string>>
  /** From now on the group is killed when the bench dies. */
  readonly guard: (group: number) => void
  readonly release: (group: number) => void
  /** Kills what nodes have left behind, and lets the watchdog go, if it guards nothing any more. */
  readonly end: () => void
}

const variable = "GOSSIP_GIRL_RUN"

/** How often all processes are looked at, at most: one that cannot be killed must not keep anybody busy for ever. */
const mostLooks = 20

const script = `
while read -r line; do groups=$line; done
[ -z "$groups" ] && exit
kill -s KILL -- $groups
empty=0 looks=0
while [ $empty -lt 2 ] && [ $looks -lt ${mostLooks} ]; do
  empty=$((empty + 1)) looks=$((looks + 1))
  for environ in /proc/[0-9]*/environ; do
    if tr '\\0' '\\n' <"$environ" | grep -qxF "$1"; then
      process=\${environ#/proc/}
      kill -s KILL "\${process%/environ}"
      empty=0
    fi
  done
done`

/** Processes with that in their environment, as far as the system tells. */
const processesWith = (assignment: string): ReadonlyArray<number> => {
  const has = (process: string): boolean => {
    try {
      return readFileSync(`/proc/${process}/environ`, "utf8").split("\0").includes(assignment)
    } catch {
      return false // it has gone, or is somebody else's
    }
  }
  try {
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name) && has(name)).map(Number)
  } catch {
    return []
  }
}

const killAll = (assignment: string): void => {
  for (let look = 0, empty = 0; look < mostLooks && empty < 2; look++) {
    const left = processesWith(assignment)
    empty = left.length === 0 ? empty + 1 : 0
    for (const id of left) {
      try {
        process.kill(id, "SIGKILL")
      } catch {
        // it has gone
      }
    }
  }
}

export const make = (): Watchdog => {
  const mark = randomUUID()
  const assignment = `${variable}=${mark}`
  const shell = spawn("/bin/sh", ["-c", script, "watchdog", assignment], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"]
  })
  const groups = new Set<number>()
  const tell = (): void => void shell.stdin.write(`${[...groups].map((group) => -group).join(" ")}\n`)
  shell.unref()
  return {
    env: { [variable]: mark },
    guard: (group) => {
      groups.add(group)
      tell()
    },
    release: (group) => {
      groups.delete(group)
      tell()
    },
    end: () => {
      killAll(assignment)
      shell.stdin.end()
    }
  }
}
