/**
 * Faults made by hand: what is chosen in the ring, and what can be done to it, by button and by key.
 */
import type { NodeId } from "../../../src/schema/Address.ts"
import type { Deed } from "../../../src/simulator/faults/Script.ts"
import { button, el } from "../../page/Dom.ts"
import type { Scene } from "../Scene.ts"
import type { Player } from "./Player.ts"

interface Acts {
  /** Adds what is made of this moment, in ms. */
  readonly deed: (deeds: (at: number) => ReadonlyArray<Deed>) => void
  readonly scene: () => Scene | undefined
  readonly redraw: () => void
}

/** The ring shows names of nodes; to check that, the page would have to hold a library. */
const nodeId = (name: string): NodeId => name as NodeId

/** How far a clock is set forward, in ms. */
const skew = 60_000

/** Nobody of the one side hears anybody of the other. */
const apart = (some: ReadonlyArray<NodeId>, others: ReadonlyArray<NodeId>): Record<NodeId, ReadonlyArray<NodeId>> =>
  Object.fromEntries([...some.map((node) => [node, others] as const), ...others.map((node) => [node, some] as const)])

/** What can be done to the nodes that are chosen. */
const actsOn = (chosen: ReadonlySet<NodeId>, { deed, scene }: Pick<Acts, "deed" | "scene">) => {
  const nodes = (): ReadonlyArray<NodeId> => [...chosen]
  const stateOf = (id: string) => scene()?.nodes.find((node) => node.id === id)
  const each = (make: (node: NodeId, at: number) => Deed) => (): void => {
    if (chosen.size > 0) deed((at) => nodes().map((node) => make(node, at)))
  }
  return {
    stateOf,
    kill: each((node, at) => ({ deed: stateOf(node)?.isKilled === true ? "start" : "kill", node, at })),
    pause: each((node, at) => ({ deed: stateOf(node)?.isPaused === true ? "resume" : "pause", node, at })),
    clock: each((node, at) => ({ deed: "clock", node, at, offset: skew })),
    cut: (): void => {
      const others = (scene()?.nodes ?? []).map(({ id }) => nodeId(id)).filter((id) => !chosen.has(id))
      if (chosen.size > 0 && others.length > 0) deed((at) => [{ deed: "cut", at, drops: apart(nodes(), others) }])
    },
    cutLink: (): void => {
      const [one, ...others] = nodes()
      if (one !== undefined && others.length > 0) deed((at) => [{ deed: "cut", at, drops: apart([one], others) }])
    },
    heal: (): void => deed((at) => [{ deed: "heal", at }])
  }
}

export const make = ({ deed, redraw, scene }: Acts) => {
  const chosen = new Set<NodeId>()
  const { clock, cut, cutLink, heal, kill, pause, stateOf } = actsOn(chosen, { deed, scene })
  const name = el("output", {}, "no node is chosen")
  const ofNodes = [
    button("kill / start (k)", kill),
    button("pause / resume (p)", pause),
    button("cut off (c)", cut),
    button("cut the link (l)", cutLink),
    button("clock + 60 s (t)", clock)
  ]
  const show = (): void => {
    name.textContent = chosen.size === 0 ? "no node is chosen" : [...chosen].join(", ")
    for (const one of ofNodes) one.disabled = chosen.size === 0
  }
  show()
  const select = (name: string, adds: boolean): void => {
    const id = nodeId(name)
    const had = chosen.has(id)
    if (!adds) chosen.clear()
    if (had) chosen.delete(id)
    else chosen.add(id)
    show()
    redraw()
  }
  const keys = (player: Player): Readonly<Record<string, () => void>> => ({
    " ": () => player.isPlaying() ? player.pause() : player.play(),
    ArrowLeft: () => player.step(-1),
    ArrowRight: () => player.step(1),
    k: kill,
    p: pause,
    c: cut,
    l: cutLink,
    t: clock,
    h: heal,
    ...Object.fromEntries(Array.from({ length: 10 }, (_, i) => [
      String(i),
      () => {
        if (stateOf(`n${i}`) !== undefined) select(`n${i}`, false)
      }
    ]))
  })
  return {
    element: el(
      "div",
      { class: "bar", role: "toolbar", "aria-label": "Faults by hand" },
      name,
      ...ofNodes,
      button("heal (h)", heal)
    ),
    selected: (): ReadonlySet<string> => chosen,
    select,
    listen: (target: Document, player: Player): void =>
      target.addEventListener("keydown", (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey) return
        const at = event.target instanceof Element ? event.target : undefined
        if (at?.closest("input, select, textarea, button, summary, .editor, .stage, [role=slider]")) return
        const act = keys(player)[event.key]
        if (act === undefined || event.key === " " && at?.closest("[data-node]")) return
        event.preventDefault()
        act()
      })
  }
}
