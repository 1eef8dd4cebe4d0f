/**
 * How nodes are started before clients work: each learns by `init` who it is, then clients set all of them up.
 *
 * Callbacks rather than effects, as everywhere in the simulator: what a run does at an instant is decided by its timeline
 * alone, and the same code serves virtual time and real processes.
 */
import type { NodeId } from "../schema/Address.ts"
import { Init } from "../schema/InitProtocol.ts"
import type { Failure } from "../workloads/history/History.ts"
import * as Workload from "../workloads/Workload.ts"
import type * as Client from "./clients/Client.ts"
import type { Member } from "./nodes/Member.ts"

export interface Options {
  readonly members: ReadonlyArray<Member>
  /** A client of its own; it waits so many ms for a reply, or as long as those of the workload. */
  readonly newClient: (timeout?: number) => Client.Client
  /** What clients ask each node before the run, one thing after the other. */
  readonly setup: (node: NodeId) => ReadonlyArray<Workload.Invocation>
  /** How many nodes are started at a time. */
  readonly startsAtOnce: number
  /** How long a node may take to answer `init`, in ms. */
  readonly initTimeout: number
  /** A node did not answer what it was asked, which was no operation of the run. */
  readonly onFailure: (node: NodeId, f: string, failure: Failure) => void
}

export interface Startup {
  /** Starts a node and tells it who it is. `ready` is called when it has answered, `up` when its process is there. */
  readonly boot: (node: Member, ready?: () => void, up?: () => void) => void
  /** Starts and sets up all nodes. Calls `done` when the last one has answered, whatever it was. */
  readonly bootAll: (done: () => void) => void
  readonly setupAll: (done: () => void) => void
}

export const make = ({ initTimeout, members, newClient, onFailure, setup, startsAtOnce }: Options): Startup => {
  const ids = members.map(({ id }) => id)

  const boot: Startup["boot"] = (node, ready = () => {}, up = () => {}) => {
    const wasDisturbed = node.start(up)
    const client = newClient(initTimeout)
    const init = Workload.question({
      rpc: Init,
      request: { node_id: node.id, node_ids: ids },
      readOnly: false,
      takesMore: true, // Maelstrom asks nothing of this reply but its type
      outcome: () => ({ type: "ok", value: null })
    })
    client.ask(node.id, init, (outcome) => {
      client.close()
      if (outcome.type !== "ok" && !wasDisturbed()) onFailure(node.id, "init", outcome.error)
      ready()
    })
  }

  const setupOne = (node: NodeId, ready: () => void): void => {
    const invocations = setup(node)
    if (invocations.length === 0) return ready()
    const client = newClient()
    const finish = (): void => {
      client.close()
      ready()
    }
    const proceed = (index: number): void => {
      const invocation = invocations[index]
      if (invocation === undefined) return finish()
      client.ask(node, invocation, (outcome) => {
        if (outcome.type === "ok") return proceed(index + 1)
        onFailure(node, invocation.f, outcome.error)
        finish()
      })
    }
    proceed(0)
  }

  /** Once every node has called it, `next` is done. */
  const onceAll = (next: () => void): () => void => {
    let left = members.length
    return () => {
      if (--left === 0) next()
    }
  }

  return {
    boot,
    // A node may not be ready before it has heard from others, so it is not waited for before those are started.
    bootAll: (done) => {
      const ready = onceAll(done)
      const waiting = [...members]
      const bootNext = (): void => {
        const node = waiting.shift()
        if (node !== undefined) boot(node, ready, bootNext)
      }
      for (let i = Math.min(startsAtOnce, members.length); i > 0; i--) bootNext()
    },
    setupAll: (done) => {
      const ready = onceAll(done)
      for (const id of ids) setupOne(id, ready)
    }
  }
}
