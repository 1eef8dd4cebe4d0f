/**
 * Where a node keeps its journal when `DISK_FOLDER` does not say.
 *
 * A node must find its own journal when it is killed and started again in the same run, and never that of another run:
 * it would take part in a cluster that is no more. A bench starts every node in the same directory, and says nothing of
 * runs. But it is one process, the parent of all its nodes, and it starts every life of a node itself. So the folder is
 * `<temporary files>/gossip-girl-<user>/<boot>-<parent>/<node>/<run>`:
 *
 * - **The parent**: its process id, and when it started, since ids are used again; and which boot of the machine this is.
 *   So no node finds what the nodes of another bench have written. A script between the two is another parent each time: then a
 *   node that starts again finds nothing, which is as if it had lost its disk.
 * - **The run**: a bench may make several runs. It names its clients c0, c1, c2 … in each, and needs one to tell a node who it
 *   is. So in the beginning these are the first so many clients, counted from 0 or from 1; in the same run a node is told
 *   once more by a client that comes after those, and after the clients that work. Who is told by one of the first
 *   begins another run; so does who is told by somebody whose name has no such number.
 *
 * In doubt a node finds nothing. A majority that loses nothing is enough to lose nothing; and nothing is ever removed here.
 */
import * as Effect from "effect/Effect"
import { execFileSync } from "node:child_process"
import { mkdirSync, readdirSync, readFileSync } from "node:fs"
import { tmpdir, userInfo } from "node:os"
import { join } from "node:path"
import type { Address, NodeId } from "../../src/schema/Address.ts"
import { DiskFailed } from "../../src/services/disk/Disk.ts"
import { Node } from "../../src/services/node/Node.ts"

/** When this process started, and on Linux in which boot of the machine, in letters, digits and dashes. */
const startOf = (pid: number): string => {
  const clean = (text: string): string => text.trim().replaceAll(/[^\w]+/g, "-")
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8")
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    // the name of the program may contain spaces and parentheses; start time is the 20th field after it
    return clean(`${boot} ${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]}`)
  } catch {
    return clean(execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }))
  }
}

/** Whether a run begins with this `init`. */
export const beginsRun = (initialisedBy: Address, nodeCount: number): boolean => {
  const [, number] = /^c(\d+)$/.exec(initialisedBy) ?? []
  return number === undefined || Number(number) <= nodeCount
}

/** The folder of a node; runs are numbered in it. */
const folderOf = (id: NodeId, isNewRun: boolean): string => {
  const parent = `${startOf(process.ppid)}-${process.ppid}`
  const folder = join(tmpdir(), `gossip-girl-${userInfo().uid}`, parent, encodeURIComponent(id))
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const last = Math.max(0, ...readdirSync(folder).map(Number).filter(Number.isInteger))
  return join(folder, String(isNewRun || last === 0 ? last + 1 : last))
}

export const diskFolder: Effect.Effect<string, DiskFailed, Node> = Effect.flatMap(
  Node,
  ({ id, ids, initialisedBy }) =>
    Effect.try({
      try: () => folderOf(id, beginsRun(initialisedBy, ids.length)),
      catch: (error) => new DiskFailed({ text: `no folder for a journal: ${String(error)}; set DISK_FOLDER` })
    })
)
