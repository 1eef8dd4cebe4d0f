/**
 * The layer of SharedLog that the nodes themselves keep: Raft's state machine (see Raft) over the peers, the timers and
 * the disk of a node.
 *
 * Whatever happens is an input of the state machine, and this module does at once, in order, what the state machine
 * answers. It appends to the journal what the state machine wants written. One sync at a time is under way, and the
 * state machine hears of each one that succeeds.
 *
 * **Durability**: an append succeeds when it is on the disks of a majority. All processes may die at once. A node may
 * lose its disk, as long as a majority keeps theirs until that node has caught up again.
 */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { NodeId } from "../../schema/Address.ts"
import * as ProtocolError from "../../schema/ProtocolError.ts"
import * as Protocol from "../../schema/RaftProtocol.ts"
import { Disk, type DiskFailed, type Journal } from "../disk/Disk.ts"
import { type Log, type Options, SharedLog, type StateMachine } from "../log/SharedLog.ts"
import * as MonotonicClock from "../node/MonotonicClock.ts"
import { Peers } from "../node/Peers.ts"
import { Timers } from "../node/Timers.ts"
import type { Message } from "./Message.ts"
import * as Raft from "./Raft.ts"
import * as Records from "./Records.ts"
import type { Output, Ticket } from "./Server.ts"
import * as Settings from "./Settings.ts"

/** For how long a new node waits for a leader before it serves. */
const readyWithin = Duration.seconds(5)

/** What a client of this node waits for. */
interface Waiting {
  /** Evaluates the answer now, and gives it to the client. */
  readonly answer: () => void
  readonly refuse: () => void
}

const refusal = new ProtocolError.TemporarilyUnavailable({ text: "no leader is known that a majority follows" })

/** The requests of clients that wait, by their tickets. */
const makeDesk = () => {
  const waiting = new Map<Ticket, Waiting>()
  let count = 0
  const take = (ticket: Ticket): Waiting | undefined => {
    const found = waiting.get(ticket)
    waiting.delete(ticket)
    return found
  }
  return {
    take,
    /** Asks, and waits for what `evaluate` then makes of the state. */
    wait: <B>(evaluate: () => B, ask: (ticket: Ticket) => void) =>
      Effect.callback<B, ProtocolError.TemporarilyUnavailable>((resume) => {
        const ticket = ++count
        waiting.set(ticket, {
          answer: () => resume(Effect.runSyncExit(Effect.sync(evaluate))),
          refuse: () => resume(Effect.fail(refusal))
        })
        ask(ticket)
      })
  }
}

/** How messages of the state machine go over the network. */
const makePost = <A>(peers: Peers["Service"], operation: Schema.Codec<A, unknown>) => {
  const lead = Protocol.lead(operation)
  const relayed = Protocol.relayed(operation)
  const follow = Protocol.follow(operation)
  const detour = Protocol.detour(operation)
  const send = (to: NodeId, { body, type }: Message<A>): Effect.Effect<void> => {
    switch (type) {
      case "vote":
        return peers.send(to, Protocol.vote, body)
      case "voted":
        return peers.send(to, Protocol.voted, body)
      case "lead":
        return peers.send(to, lead, body)
      case "relayed":
        return peers.send(to, relayed, body)
      case "follow":
        return peers.send(to, follow, body)
      case "install":
        return peers.send(to, Protocol.install, body)
      case "detour":
        return peers.send(to, detour, body)
    }
  }
  const receive = (receive: (from: NodeId, message: Message<A>) => void) => {
    const take = (message: Exclude<Message<A>, { readonly type: "detour" }>, from: NodeId) => {
      if (Protocol.nodeOf(message.body.from) !== from) {
        const text = `${message.body.from} is no server of ${from}`
        return Effect.fail(new ProtocolError.MalformedRequest({ text }))
      }
      receive(from, message)
      return Effect.succeed({})
    }
    return peers.handle([Protocol.vote, Protocol.voted, lead, relayed, follow, Protocol.install, detour] as const, {
      raft_vote: (body, from) => take({ type: "vote", body }, from),
      raft_voted: (body, from) => take({ type: "voted", body }, from),
      raft_lead: (body, from) => take({ type: "lead", body }, from),
      raft_relayed: (body, from) => take({ type: "relayed", body }, from),
      raft_follow: (body, from) => take({ type: "follow", body }, from),
      raft_install: (body, from) => take({ type: "install", body }, from),
      raft_detour: (body, from) => Effect.sync(() => (receive(from, { type: "detour", body }), {}))
    })
  }
  return { send, receive }
}

/** The windows of the layer, or longer ones if the program lets its appends wait for others. */
const withLinger = (settings: Settings.Settings, linger: Duration.Duration): Settings.Settings => ({
  ...settings,
  requestWindow: Math.max(settings.requestWindow, Duration.toMillis(linger)),
  appendWindow: Math.max(settings.appendWindow, Duration.toMillis(linger))
})

/** Does what the server answers. */
const makePerform = <A, S>(
  { execute, restore, snapshot, state }: StateMachine<A, S>,
  desk: ReturnType<typeof makeDesk>,
  journal: Journal<Records.Record<A>>,
  send: (to: NodeId, message: Message<A>) => void,
  step: (input: Raft.Input<A>) => void
) => {
  const encodeState = Schema.encodeSync(state)
  const decodeState = Schema.decodeUnknownSync(state)
  return (output: Output<A>): void => {
    switch (output.type) {
      case "send":
        return send(output.to, output.message)
      case "write":
        return journal.append(output.records)
      case "replace":
        return journal.replace(output.records)
      case "deliver":
        if (output.ticket !== undefined) desk.take(output.ticket)?.answer()
        return execute(output.operation)
      case "restore":
        return restore(decodeState(output.state))
      case "answer":
        return desk.take(output.ticket)?.answer()
      case "refuse":
        return desk.take(output.ticket)?.refuse()
      case "forget":
        return void desk.take(output.ticket)
      case "snapshot":
        return step({ type: "snapshot", taking: output.taking, state: encodeState(snapshot()) })
    }
  }
}

/** Rings at the time that was asked for last, or earlier. */
const makeAlarm = (timers: Timers["Service"], now: () => number, run: Run, ring: () => void) => {
  const times: Array<number> = []
  return (at: number): void => {
    if (at === Infinity || times.some((other) => other <= at)) return
    times.push(at)
    const wake = Effect.sync(() => {
      times.splice(times.indexOf(at), 1)
      ring()
    })
    // In whole ms: a clock may be too coarse for less, and then the alarm would ring before its time, for ever.
    run(timers.after(Math.max(0, Math.ceil(at - now())), wake))
  }
}

type Run = (effect: Effect.Effect<unknown>) => unknown

/** Syncs the journal up to the write of this number, one sync after the other, and reports each. */
const makeSyncs = (
  journal: Pick<Journal<unknown>, "sync">,
  run: Run,
  stop: (failed: DiskFailed) => Effect.Effect<unknown>,
  synced: (write: number) => void
) => {
  let done = 0
  let isWorking = false
  return (write: number): void => {
    if (isWorking || write === done) return
    isWorking = true
    const onSuccess = () =>
      Effect.sync(() => {
        isWorking = false
        done = write
        synced(write)
      })
    run(Effect.matchEffect(journal.sync, { onSuccess, onFailure: stop }))
  }
}

/** Takes one input after the other, though taking one may bring another. */
const inTurn = <I>(take: (input: I) => void, rest: () => void) => {
  const inputs: Array<I> = []
  let isBusy = false
  return (input: I): void => {
    inputs.push(input)
    if (isBusy) return
    isBusy = true
    try {
      for (let next = inputs.shift(); next !== undefined; next = inputs.shift()) take(next)
    } finally {
      isBusy = false
    }
    rest()
  }
}

const join = <A, S>(machine: StateMachine<A, S>, { linger = Duration.zero }: Options, settings: Settings.Settings) =>
  Effect.gen(function*() {
    const { operation } = machine
    const peers = yield* Peers
    const now = yield* MonotonicClock.millis
    const random = yield* Random.Random
    const run = Effect.runForkWith(yield* Effect.context())
    const journal = yield* (yield* Disk).open(Records.Record(operation))
    const desk = makeDesk()
    const post = makePost(peers, operation)
    const ready = Deferred.makeUnsafe<void>()
    const suffix = Math.floor(random.nextDoubleUnsafe() * 36 ** 8).toString(36)
    const server = Raft.make<A>({
      node: peers.self,
      nodes: peers.members,
      settings: withLinger(settings, linger),
      records: journal.recovered,
      newId: Protocol.ServerId.make(`${peers.self}.${suffix}`),
      now: now(),
      chance: random.nextDoubleUnsafe()
    })

    const perform = makePerform(
      machine,
      desk,
      journal,
      (to, message) => run(post.send(to, message)),
      (input) => step(input)
    )
    const step = inTurn<Raft.Input<A>>(
      (input) => Raft.step(server, input, now(), random.nextDoubleUnsafe()).forEach(perform),
      () => {
        sync(server.disk.written)
        wakeLater(Raft.wakeAt(server))
        if (Raft.isReady(server)) Deferred.doneUnsafe(ready, Exit.void)
      }
    )
    const main = yield* Effect.withFiber((fiber) => Effect.succeed(fiber))
    // A server that does not know what is on its disk must say nothing more.
    const stop = ({ text }: DiskFailed) => Effect.andThen(Effect.logError(text), Fiber.interrupt(main))
    const sync = makeSyncs(journal, run, stop, (write) => step({ type: "synced", write }))
    const wakeLater = makeAlarm(yield* Timers, now, run, () => step({ type: "wake" }))

    yield* post.receive((from, message) => step({ type: "message", from, message }))
    step({ type: "wake" })
    if (journal.recovered.length === 0) yield* Effect.timeoutOption(Deferred.await(ready), readyWithin)

    return {
      append: (operation, evaluate) => desk.wait(evaluate, (ticket) => step({ type: "append", ticket, operation })),
      read: (evaluate) => desk.wait(evaluate, (ticket) => step({ type: "read", ticket }))
    } satisfies Log<A>
  })

export const layerRaft = Layer.effect(
  SharedLog,
  Effect.gen(function*() {
    const context = yield* Effect.context<Peers | Timers | Disk | Scope.Scope>()
    const settings = yield* Settings.config
    return SharedLog.of({
      join: (machine, options = {}) => Effect.provideContext(join(machine, options, settings), context)
    })
  })
)
