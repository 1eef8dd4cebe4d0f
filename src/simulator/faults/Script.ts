/**
 * What is done by hand: somebody says what befalls which node, or what a client asks it, and when. Faults come on top of
 * those of the nemesis, are recorded as its deeds are, and so excuse what those excuse. Operations come on top of those
 * that the workload draws, and count as they do.
 *
 * A script is data, and a part of a run's options: the same script and seed give the same run.
 */
import * as Schema from "effect/Schema"
import { NodeId } from "../../schema/Address.ts"
import { Json } from "../../schema/Json.ts"
import * as Workload from "../../workloads/Workload.ts"
import type { Extra } from "../clients/Load.ts"
import type { Network } from "../network/Network.ts"
import type { Member } from "../nodes/Member.ts"
import type { Timeline } from "../time/Timeline.ts"
import type { Grudge } from "./Partition.ts"

/** When it happens, in ms since clients began to work. */
const at = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))

/** A codec of names: a name is written as it is. */
const Name = Schema.toType(NodeId)
const node = { at, node: Name }

/** What is done, and when. */
export const Deed = Schema.Union([
  Schema.Struct({ deed: Schema.Literals(["kill", "start", "pause", "resume"]), ...node }),
  /** From now on these receivers drop what these senders send, on top of what they drop already. */
  Schema.Struct({ deed: Schema.Literal("cut"), at, drops: Schema.Record(Name, Schema.Array(Name)) }),
  /** All links that deeds have cut carry messages again. */
  Schema.Struct({ deed: Schema.Literal("heal"), at }),
  /** The node's clock is so many ms ahead of the true time from now on. */
  Schema.Struct({ deed: Schema.Literal("clock"), ...node, offset: Schema.Int }),
  /** A client of its own asks the node this. When the time limit is over, clients ask nothing any more. */
  Schema.Struct({
    deed: Schema.Literal("ask"),
    ...node,
    type: Schema.String,
    fields: Schema.Record(Schema.String, Json)
  })
])
export type Deed = typeof Deed.Type

export const Script = Schema.Array(Deed).check(Schema.isMaxLength(1000))
export type Script = typeof Script.Type

/** The operations among the deeds. Throws a RangeError when the workload has no such operation. */
export const operations = (script: Script, workload: Workload.Workload): ReadonlyArray<Extra> =>
  script.flatMap((one) => {
    if (one.deed !== "ask") return []
    const { at, fields, node, type } = one
    return [{ at, node, invocation: Workload.byHand(workload, type, fields) }]
  })

export interface Stage {
  readonly timeline: Timeline
  readonly network: Network
  readonly nodes: ReadonlyArray<Member>
  /** Starts a node and tells it who it is. */
  readonly boot: (node: Member) => void
  readonly record: (f: string, value: Json) => void
}

/** Begins and ends the faults of a kind that a node is in; what is so already changes nothing. */
const standing = (stage: Stage, fault: "kill" | "pause") => {
  const struck = new Set<NodeId>()
  return (node: NodeId, strikes: boolean, act: (member: Member) => void): void => {
    const member = stage.nodes.find(({ id }) => id === node)
    if (member === undefined || struck.has(node) === strikes) return
    if (strikes) struck.add(node)
    else struck.delete(node)
    stage.record(`${strikes ? "start" : "stop"}-${fault}`, [node])
    act(member)
  }
}

const grudgeOf = (drops: Readonly<Record<NodeId, ReadonlyArray<NodeId>>>): Grudge =>
  // the keys of a record are strings to TypeScript
  new Map(Object.entries(drops).map(([receiver, senders]) => [receiver as NodeId, new Set(senders)]))

/** Sees to it that each fault happens in its time; the clients begin to work now. */
export const schedule = (script: Script, stage: Stage): void => {
  const { boot, network, nodes, record, timeline } = stage
  const life = standing(stage, "kill")
  const stand = standing(stage, "pause")
  const perform = (one: Deed): void => {
    switch (one.deed) {
      case "kill":
        return life(one.node, true, (member) => member.kill())
      case "start":
        return life(one.node, false, boot)
      case "pause":
        return stand(one.node, true, (member) => member.pause())
      case "resume":
        return stand(one.node, false, (member) => member.resume())
      case "cut":
        record("start-partition", { drops: one.drops })
        return network.cut(grudgeOf(one.drops))
      case "heal":
        record("stop-partition", null)
        return network.heal()
      case "clock":
        record("start-clock", { [one.node]: { offset: one.offset, frozen: false } })
        return nodes.find(({ id }) => id === one.node)?.setClock(one.offset, false)
      case "ask": // clients do that
        return
    }
  }
  for (const one of script) timeline.after(one.at, () => perform(one))
}
