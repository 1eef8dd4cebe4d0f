/**
 * A node that is a real process, of any language: one JSON message a line, in on its standard input and out on its
 * standard output.
 *
 * - The first line that each life of it reads is its `init`: what others send it before is held until then, since their
 *   messages may overtake it when nodes start at different paces, and programs may rely on the order.
 * - It is found against when it exits, when it writes a line that is no message (as strictly as Maelstrom: not even an
 *   empty one, nor one with a field too many), and when it sends to or from an address that does not exist. Maelstrom
 *   never again reads from a node that has done so, and says nothing. Only a node that has just been resumed or started
 *   again is forgiven a late reply to a client: it cannot know how long the request has waited for it.
 * - A message in the name of another is that one's, as in Maelstrom: it waits for no time and passes every cut if that is
 *   a client, as one's are that passes requests on as they are. By strict rules that counts, once the run is over.
 * - It is found against as well when it leaves too much unread (see Life): whoever floods it or it itself is to blame.
 * - Its numbers stay what they are, also where JavaScript has no such number (see ExactNumbers).
 * - A finding ends with the last that the node wrote.
 */
import * as Result from "effect/Result"
import { rmSync } from "node:fs"
import { type Address, isClient, type NodeId } from "../../schema/Address.ts"
import * as Envelope from "../../schema/Envelope.ts"
import { Init } from "../../schema/InitProtocol.ts"
import * as Finding from "../../workloads/finding/Finding.ts"
import * as ExactNumbers from "../../workloads/history/ExactNumbers.ts"
import * as Client from "../clients/Client.ts"
import * as Findings from "../Findings.ts"
import type { Network } from "../network/Network.ts"
import * as Undeliverable from "../network/Undeliverable.ts"
import type { Member } from "../nodes/Member.ts"
import * as Life from "./Life.ts"
import * as Lines from "./Lines.ts"
import * as Nesting from "./Nesting.ts"
import type { Watchdog } from "./Watchdog.ts"

export interface ProcessNode extends Member {
  /** Kills it, and waits until nothing of it is left. */
  readonly end: () => Promise<void>
}

export interface Options {
  readonly id: NodeId
  readonly command: Life.Command
  /** The folder that the process finds in `DISK_FOLDER`. */
  readonly diskFolder: string
  readonly network: Network
  /** The time as the history of the run tells it. */
  readonly now: () => number
  readonly watchdog: Watchdog
  readonly limits?: Life.Limits
  /** Whether a reply whose client has left is just lost, as on NATS, which tells nobody that it has no receiver. */
  readonly losesLateReplies?: boolean | undefined
  /** Takes lines of its standard error, as many as come at a time. */
  readonly onErrorLines: (lines: ReadonlyArray<string>) => void
  /** Called when something is found against the node. */
  readonly onFinding: () => void
  /** The system could not start it. */
  readonly onNoStart: (error: Error) => void
}

/** Who has written a part of a line writes the rest within so long, in ms, if it means to. */
const longestPause = 1000

/** Beyond these a message must not have any fields. Maelstrom's own messages have an id. */
const fields = new Set(["src", "dest", "body", "id"])

/** What is wrong with a line, if it is no message from somebody who is there. */
const decode = (line: string, isThere: (address: Address) => boolean): Result.Result<Envelope.Envelope, string> => {
  if (line.length > Lines.longest) return Result.fail(`longer than ${Lines.longest} characters`)
  if (Nesting.isTooDeep(line)) return Result.fail(`nested deeper than ${Nesting.deepest} levels`)
  return Result.flatMap(Envelope.decode(line), (message) => {
    const stranger = Object.keys(message).find((field) => !fields.has(field))
    if (stranger !== undefined) return Result.fail(`unexpected field ${stranger}`)
    const { id = 0, src }: Envelope.Envelope & { readonly id?: unknown } = message
    if (!Number.isInteger(id)) return Result.fail("its id is no integer")
    return isThere(src) ? Result.succeed(message) : Result.fail(`its src ${src} does not exist`)
  })
}

/** What a line that is not JSON most likely was meant to be. */
const formOf = (line: string): "blank" | "torn" | "text" | undefined => {
  if (line.trim() === "") return "blank"
  try {
    JSON.parse(line)
    return undefined
  } catch {
    return line.startsWith("{") ? "torn" : "text"
  }
}

/** Whether a line that arrives for a node is the request by which the bench tells it who it is. */
const isInit = (line: string): boolean =>
  Result.match(Envelope.decode(line), {
    onFailure: () => false,
    onSuccess: ({ body }) => body["type"] === Init.type
  })

/** What speaks against the node. After the first that does it is heard no more. */
const chargesOf = ({ id, now, onFinding }: Options, last: () => Life.Life | undefined) => {
  let finding: { readonly kind: Findings.NodeKind; readonly about: Finding.Example["about"] } | undefined
  let remarks: ReadonlyArray<Finding.Finding> = []
  const said = (): Finding.Example["about"] => {
    const unended = last()?.output.unended()
    return {
      stdout: last()?.output.last() ?? [],
      stderr: last()?.errors.last() ?? [],
      ...unended && { unended: Lines.shorten(unended.text) }
    }
  }
  return {
    said,
    isFound: (): boolean => finding !== undefined,
    find: (kind: Findings.NodeKind, about: Finding.Example["about"]): void => {
      if (finding !== undefined) return
      finding = { kind, about: { ...about, time: now() } }
      onFinding()
    },
    findings: (): ReadonlyArray<Finding.Finding> => {
      if (finding === undefined) return []
      const { about, kind } = finding
      return [Findings.node.once(kind, Finding.example([id], { ...about, ...said() }))]
    },
    remarks: () => remarks,
    /** Notes the first message that it sent in the name of another. */
    forged: ({ body, dest, src }: Envelope.Envelope): void => {
      if (remarks.length > 0) return
      const about = { src, dest, type: String(body["type"]), time: now(), ...said() }
      remarks = [Findings.node.once("spoke for another", Finding.example([id], about))]
    },
    /** Notes what it has left undone when the run is over. */
    remark: (life: Life.Life | undefined): void => {
      const unended = life?.output.unended()
      if (finding !== undefined || unended === undefined || now() - unended.at < longestPause) return
      const about = { time: unended.at, ...said() }
      remarks = [...remarks, Findings.node.once("ended no line", Finding.example([id], about))]
    }
  }
}

type Charges = ReturnType<typeof chargesOf>

/** What others send to the node. It is held until there is a life that was given `init`, and that comes first. */
const mailboxOf = (life: () => Life.Life | undefined) => {
  let held: Array<readonly [line: string, src: Address]> | undefined = []
  let isTold = false
  let given = new Map<Address, number>()
  const give = (line: string, src: Address): void => {
    given.set(src, (given.get(src) ?? 0) + 1)
    life()?.write(line)
  }
  const giveHeld = (): void => {
    if (life() === undefined || !isTold) return
    const lines = held ?? []
    held = undefined
    for (const [line, src] of lines) give(line, src)
  }
  return {
    giveHeld,
    take: (line: string, src: Address): void => {
      if (held === undefined) return give(line, src)
      if (!isTold && isClient(src) && isInit(line)) {
        isTold = true
        held.unshift([line, src])
      } else {
        held.push([line, src])
      }
      giveHeld()
    },
    /** A life begins; unless it is the first one, it is told anew. */
    renew: (isFirst: boolean): void => {
      given = new Map()
      if (isFirst) return
      held = []
      isTold = false
    },
    /** The address that sent this life most messages, and how many. */
    most: () => [...given].toSorted(([, a], [, b]) => b - a)[0]
  }
}

/** Puts a line that the node wrote on the network, or finds against it. */
const receive = (options: Options, { find, forged }: Charges, line: string, life: Life.Life): void => {
  const { id, losesLateReplies, network, now } = options
  const message = decode(line, network.has)
  if (Result.isFailure(message)) {
    const form = formOf(line)
    return find("wrote what is no message", {
      fault: message.failure,
      ...form !== undefined && { form },
      line: Lines.shorten(line)
    })
  }
  const { dest, src } = message.success
  if (src !== id) forged(message.success)
  if (network.send(src, dest, ExactNumbers.read(line))) return
  if (isClient(dest) && now() - Math.max(life.startedAgainAt, life.resumedAt) < Client.defaultTimeout) return
  if (losesLateReplies === true && isClient(dest) && network.departed(dest) !== undefined) return
  find("sent to nobody", Undeliverable.about(network, message.success))
}

/** Starts a life, which is heard as long as it is the one that the node is in. */
const startLife = (
  options: Options,
  charges: Charges,
  most: ReturnType<typeof mailboxOf>["most"],
  isFirst: boolean,
  isNow: (life: Life.Life) => boolean,
  up: () => void
): Life.Life => {
  const { command, diskFolder, now, watchdog } = options
  const life: Life.Life = Life.start({
    command: { ...command, env: { DISK_FOLDER: diskFolder, ...command.env } },
    watchdog,
    now,
    startedAgainAt: isFirst ? -Infinity : now(),
    limits: options.limits ?? Life.limits,
    onUp: () => {
      if (isNow(life)) up()
    },
    onLine: (line) => {
      if (isNow(life) && !charges.isFound()) receive(options, charges, line, life)
    },
    onErrorLines: options.onErrorLines,
    onUnread: (bytes) => {
      const sender = most()
      if (isNow(life) && sender !== undefined) {
        charges.find("does not keep up", { bytes, from: sender[0], count: sender[1] })
      }
    },
    onExit: (exit) => {
      if (isNow(life)) charges.find("exited", exit)
    },
    onNoStart: options.onNoStart
  })
  return life
}

export const make = (options: Options): ProcessNode => {
  const { diskFolder, id, network, now } = options
  /** The life that the node is in, if it is in any, and the last one. */
  let life: Life.Life | undefined
  let last: Life.Life | undefined
  let isWiped = false
  const ends = new Set<Promise<void>>()
  const charges = chargesOf(options, () => last)
  const mailbox = mailboxOf(() => life)
  network.join(id, mailbox.take)

  const kill = (): void => {
    life?.signal("SIGKILL")
    life = undefined
  }

  return {
    id,
    get findings() {
      return charges.findings()
    },
    get remarks() {
      return charges.remarks()
    },
    get said() {
      return charges.said()
    },
    start: (up = () => {}) => {
      kill() // there is never more than one
      const isFirst = last === undefined
      mailbox.renew(isFirst)
      if (isWiped) rmSync(diskFolder, { recursive: true, force: true }) // nobody writes to it any more
      isWiped = false
      const mine = startLife(options, charges, mailbox.most, isFirst, (one) => life === one, up)
      const ended = mine.ended.finally(() => ends.delete(ended))
      ends.add(ended)
      life = mine
      last = mine
      mailbox.giveHeld()
      return () => life !== mine || mine.resumedAt > -Infinity
    },
    kill,
    wipe: () => {
      kill()
      isWiped = true
    },
    pause: () => {
      if (life === undefined) return
      life.signal("SIGSTOP")
      life.resumedAt = Infinity
    },
    resume: () => {
      if (life?.resumedAt !== Infinity) return
      life.signal("SIGCONT")
      life.resumedAt = now()
    },
    setClock: () => {
      throw new Error("the clock of a real process is the clock of its machine")
    },
    setDisk: () => {
      throw new Error("the disk of a real process is the disk of its machine")
    },
    end: async () => {
      charges.remark(life)
      kill()
      await Promise.all(ends)
    }
  }
}
