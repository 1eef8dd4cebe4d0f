/**
 * The controls: buttons and keys that move the run, and fields that say what is run.
 */
import { button, el } from "../../page/Dom.ts"
import * as Format from "../../page/Format.ts"
import type { Setup } from "../Setup.ts"
import type { Player } from "./Player.ts"

declare const PROGRAMS: Readonly<Record<string, ReadonlyArray<string>>>
/** Each flag with its help, and its usual value in the playground. */
declare const FLAGS: ReadonlyArray<readonly [flag: string, help: string, usual: string]>

interface Acts {
  readonly player: Player
  readonly setup: () => Setup
  readonly change: (setup: Setup) => void
  readonly ask: (what: "run" | "search" | "shrink") => void
  readonly nextFinding: () => void
}

const speeds = [["0.05 ×", 50], ["0.25 ×", 250], ["1 ×", 1000], ["4 ×", 4000]] as const

const select = (
  label: string,
  values: ReadonlyArray<string>,
  onChange: (value: string) => void
): readonly [HTMLLabelElement, HTMLSelectElement] => {
  const element = el("select", {}, ...values.map((value) => el("option", { value }, value)))
  element.addEventListener("change", () => onChange(element.value))
  return [el("label", {}, `${label} `, element), element]
}

const transportOf = ({ ask, nextFinding, player }: Acts) => {
  const play = button("play", () => player.isPlaying() ? player.pause() : player.play(), {
    "aria-keyshortcuts": "Space"
  })
  const clock = el("output", { class: "clock", "aria-live": "off" }, "0 s")
  const busy = el("output", { class: "busy", role: "status" })
  const [speed, speedSelect] = select(
    "speed",
    speeds.map(([name]) => name),
    (name) => player.setSpeed(speeds.find(([one]) => one === name)![1])
  )
  speedSelect.value = "1 ×"
  const element = el(
    "div",
    { class: "bar", role: "toolbar", "aria-label": "Time" },
    play,
    button("back", () => player.step(-1), { "aria-keyshortcuts": "ArrowLeft" }),
    button("step", () => player.step(1), { "aria-keyshortcuts": "ArrowRight" }),
    button("start", () => player.seek(0)),
    button("next finding", nextFinding, { "aria-keyshortcuts": "e" }),
    speed,
    clock,
    button("look for a seed", () => ask("search")),
    button("make it small", () => ask("shrink")),
    busy
  )
  return { element, play, clock, busy }
}

const settingsOf = ({ change, setup }: Acts) => {
  const [workloadLabel, workload] = select(
    "workload",
    Object.keys(PROGRAMS),
    (name) => change({ workload: name, program: PROGRAMS[name]![0]!, flags: {} })
  )
  const [programLabel, program] = select("program", [], (name) => {
    const { script, ...rest } = setup()
    const { source: _, ...others } = rest
    change({ ...others, program: name, ...script && { script } })
  })
  const inputs = FLAGS.map(([flag, help, usual]) => {
    const input = el("input", { name: flag, size: 8, title: help, autocomplete: "off", spellcheck: "false" })
    input.addEventListener("change", () => {
      const { [flag]: _, ...others } = setup().flags
      change({ ...setup(), flags: input.value === usual ? others : { ...others, [flag]: input.value } })
    })
    return { input, flag, usual }
  })
  const byHand = button("nothing by hand", () => {
    const { script: _, ...rest } = setup()
    change(rest)
  })
  const element = el(
    "div",
    { class: "settings" },
    workloadLabel,
    programLabel,
    ...inputs.map(({ flag, input }) => el("label", {}, `${flag} `, input)),
    byHand
  )
  const show = (now: Setup): void => {
    workload.value = now.workload
    program.replaceChildren(...(PROGRAMS[now.workload] ?? []).map((value) => el("option", { value }, value)))
    program.value = now.program
    for (const { flag, input, usual } of inputs) input.value = now.flags[flag] ?? usual
    byHand.hidden = (now.script ?? []).length === 0
  }
  return { element, show }
}

export const make = (acts: Acts) => {
  const { player } = acts
  const { busy, clock, element: transport, play } = transportOf(acts)
  const { element: settings, show } = settingsOf(acts)
  return {
    transport,
    settings,
    show,
    busy: (text: string): void => {
      busy.textContent = text
    },
    moved: (time: number, isPlaying: boolean): void => {
      const frames = Math.round(player.frameRate())
      const slow = isPlaying && frames < 55 ? `, ${frames} frames a second` : ""
      clock.textContent = `${Format.moment(Math.round(time))}${slow}`
      play.textContent = isPlaying ? "pause" : "play"
    }
  }
}
