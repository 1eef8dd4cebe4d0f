/**
 * Hosts in network namespaces of Linux: each has a network of its own, and a link of its own to each other one and to this
 * machine, as by a cable. A link is cut by a route that leads nowhere, for each direction on its own, so that TCP itself
 * finds out: it sends again, and gives up when it has waited long enough.
 *
 * It needs root, and `ip` (Debian: iproute2). Namespaces bear the number of this process; those of processes that are gone
 * are removed.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { execFileSync } from "node:child_process"
import type * as Links from "./Links.ts"

/** Addresses for trials between machines (RFC 2544), which no network uses: one of these networks for a process. */
const network = `198.18.${process.pid % 256}`

/** In the network. */
const outside = 254
const last = (host: number): number => host + 1
const addressOf = (host: number): string => `${network}.${last(host)}`

const prefix = "gossip-girl-"
const nameOf = (host: number): string => `${prefix}${process.pid}-${host}`

/** This machine's end of its link to a host. Names have at most 15 characters. */
const cableTo = (host: number): string => `gg${process.pid}-${host}`

/** Has `ip` do all this, on a host or on this machine. */
const ip = (lines: ReadonlyArray<string>, host?: number): void => {
  const where = host === undefined ? [] : ["-netns", nameOf(host)]
  execFileSync("ip", [...where, "-batch", "-"], { input: lines.join("\n"), stdio: ["pipe", "ignore", "pipe"] })
}

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Removes what a process has left that could not. */
const sweep = (): void => {
  const names = String(execFileSync("ip", ["netns", "list"])).split("\n").map((line) => line.split(" ")[0]!)
  const left = names.filter((name) => {
    const pid = name.startsWith(prefix) ? Number.parseInt(name.slice(prefix.length), 10) : Number.NaN
    return pid > 0 && !isRunning(pid)
  })
  ip(left.map((name) => `netns delete ${name}`))
}

const route = (from: number, to: number): string =>
  `route replace ${addressOf(to)}/32 dev to${to} src ${addressOf(from)}`

const lay = (hosts: ReadonlyArray<number>): void => {
  const pairs = hosts.flatMap((a) => hosts.filter((b) => b > a).map((b) => [a, b] as const))
  ip([
    ...hosts.map((host) => `netns add ${nameOf(host)}`),
    ...hosts.map((host) => `link add ${cableTo(host)} type veth peer name out netns ${nameOf(host)}`),
    ...pairs.map(([a, b]) => `link add to${b} netns ${nameOf(a)} type veth peer name to${a} netns ${nameOf(b)}`)
  ])
  for (const host of hosts) {
    const others = hosts.filter((other) => other !== host)
    ip([
      "link set lo up",
      `address add ${addressOf(host)}/32 dev lo`,
      "link set out up",
      `route add ${network}.${outside}/32 dev out src ${addressOf(host)}`,
      ...others.map((other) => `link set to${other} up`),
      ...others.map((other) => route(host, other))
    ], host)
  }
  ip(hosts.flatMap((host) => [
    `link set ${cableTo(host)} up`,
    `address add ${network}.${outside}/32 dev ${cableTo(host)}`,
    `route add ${addressOf(host)}/32 dev ${cableTo(host)} src ${network}.${outside}`
  ]))
}

const remove = (hosts: ReadonlyArray<number>): void => {
  for (const host of hosts) {
    try {
      ip([`netns delete ${nameOf(host)}`])
    } catch {
      // it was not made
    }
  }
}

/** Cuts and joins what is not yet as it shall be. */
const cutting = (hosts: ReadonlyArray<number>) => {
  const cut = new Set<string>()
  return (isCut: Links.IsCut): void => {
    for (const from of hosts) {
      const changed = hosts.filter((to) => to !== from && isCut(from, to) !== cut.has(`${from} ${to}`))
      for (const to of changed) {
        if (isCut(from, to)) cut.add(`${from} ${to}`)
        else cut.delete(`${from} ${to}`)
      }
      if (changed.length === 0) continue
      const lines = changed.map((to) =>
        isCut(from, to) ? `route replace blackhole ${addressOf(to)}/32` : route(from, to)
      )
      ip(lines, from)
    }
  }
}

/** The hosts, whose servers listen to each other at these ports; nothing where the system does not allow them. */
export const make = (ports: ReadonlyArray<number>): Effect.Effect<Links.Links | undefined, never, Scope.Scope> => {
  const hosts = [...ports.keys()]
  const laid = Effect.sync(() => {
    if (process.platform !== "linux" || process.getuid?.() !== 0) return false
    try {
      sweep()
      lay(hosts)
      return true
    } catch {
      remove(hosts)
      return false
    }
  })
  return Effect.map(
    Effect.acquireRelease(laid, (isLaid) => Effect.sync(() => isLaid && remove(hosts))),
    (isLaid): Links.Links | undefined =>
      isLaid
        ? {
          address: addressOf,
          port: (_, to) => ports[to]!,
          on: (host, { args, file }) => ({ file: "ip", args: ["netns", "exec", nameOf(host), file, ...args] }),
          cut: cutting(hosts),
          way: "between network namespaces"
        }
        : undefined
  )
}
