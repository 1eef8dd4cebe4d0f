/**
 * What visitors do by hand: they choose nodes in the ring, and do something to them, or ask them something, by button
 * and by key.
 */
import type { NodeId } from "../../../src/schema/Address.ts"
import type { Deed } from "../../../src/simulator/faults/Script.ts"
import { button, el } from "../../page/Dom.ts"
import * as Format from "../../page/Format.ts"
import type { Scene } from "../Scene.ts"
import * as Ask from "./Ask.ts"
import type { Player } from "./Player.ts"

interface Acts {
  /** Adds the deeds that the function makes of the present moment, in ms. */
  readonly deed: (deeds: (at: number) => ReadonlyArray<Deed>) => void
  /** Takes the last deed back. */
  readonly undo: () => void
  /** How many deeds there are. */
  readonly deeds: () => number
  /** When clients stop asking, in ms. */
  readonly askableUntil: () => number
  readonly scene: () => Scene | undefined
  readonly redraw: () => void
}

/** The ring shows names of nodes; to check that, the page would have to hold a library. */
const nodeId = (name: string): NodeId => name as NodeId

const nobody = "no node is chosen"

/** How far a clock is set forward, in ms. */
const skew = 60_000

/** Cuts all links between the two sides. */
const apart = (some: ReadonlyArray<NodeId>, others: ReadonlyArray<NodeId>): Record<NodeId, ReadonlyArray<NodeId>> =>
  Object.fromEntries([...some.map((node) => [node, others] as const), ...others.map((node) => [node, some] as const)])

/** What one can do to the chosen nodes. */
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

/** The form for an operation, which goes to the first of the chosen nodes. */
const askOf = (chosen: ReadonlySet<NodeId>, { askableUntil, deed, scene }: Acts) => {
  const node = (): NodeId | undefined => (scene()?.time ?? 0) < askableUntil() ? [...chosen][0] : undefined
  const form = Ask.make(() => {
    const asked = node()
    if (asked !== undefined) deed((at) => [{ deed: "ask", node: asked, at, ...form.take() }])
  })
  return {
    ...form,
    show: (): void =>
      form.show(node(), chosen.size === 0 ? nobody : `clients ask until ${Format.moment(askableUntil())}`)
  }
}

/** Has keys act, except where they mean something else. */
const listen = (target: Document, keys: Readonly<Record<string, () => void>>): void =>
  target.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const at = event.target instanceof Element ? event.target : undefined
    if (at?.closest("input, select, textarea, button, summary, .editor, .stage, [role=slider]")) return
    const act = keys[event.key]
    if (act === undefined || event.key === " " && at?.closest("[data-node]")) return
    event.preventDefault()
    act()
  })

export const make = (acts: Acts) => {
  const { deeds, redraw, undo } = acts
  const chosen = new Set<NodeId>()
  const { clock, cut, cutLink, heal, kill, pause, stateOf } = actsOn(chosen, acts)
  const name = el("output", {}, "")
  const ofNodes = [
    button("kill / start (k)", kill),
    button("pause / resume (p)", pause),
    button("cut off (c)", cut),
    button("cut the link (l)", cutLink),
    button("clock + 60 s (t)", clock)
  ]
  const asks = askOf(chosen, acts)
  const takeBack = button("take back (u)", () => {
    if (deeds() > 0) undo()
  })
  const show = (): void => {
    const names = chosen.size === 0 ? nobody : [...chosen].join(", ")
    if (name.textContent !== names) name.textContent = names
    for (const one of ofNodes) one.disabled = chosen.size === 0
    takeBack.disabled = deeds() === 0
    asks.show()
  }
  show()
  const select = (name: string, adds: boolean): void => {
    const id = nodeId(name)
    const had = chosen.has(id)
    if (!adds) chosen.clear()
    if (had) chosen.delete(id)
    else chosen.add(id)
    redraw()
  }
  const keys = (player: Player): Readonly<Record<string, () => void>> => ({
    " ": () => player.isPlaying() ? player.pause() : player.play(),
    ArrowLeft: () => player.step(-1),
    ArrowRight: () => player.step(1),
    a: asks.ask,
    k: kill,
    p: pause,
    c: cut,
    l: cutLink,
    t: clock,
    h: heal,
    u: () => takeBack.click(),
    ...Object.fromEntries(Array.from({ length: 10 }, (_, i) => [
      String(i),
      () => {
        if (stateOf(`n${i}`) !== undefined) select(`n${i}`, false)
      }
    ]))
  })
  const faults = el(
    "div",
    { class: "bar", role: "toolbar", "aria-label": "Faults by hand" },
    name,
    ...ofNodes,
    button("heal (h)", heal),
    takeBack
  )
  return {
    element: el("div", {}, faults, asks.element),
    selected: (): ReadonlySet<string> => chosen,
    select,
    /** The moment has changed, or what one can do in it. */
    show,
    load: asks.load,
    listen: (target: Document, player: Player): void => listen(target, keys(player))
  }
}
