/**
 * The playground: a cluster that one can break, in a page.
 */
import { diagram } from "../../page/Diagram.ts"
import { button, el } from "../../page/Dom.ts"
import * as Words from "../../page/Words.ts"
import type { Recording } from "../Recording.ts"
import * as Scene from "../Scene.ts"
import type { Setup } from "../Setup.ts"
import { shown } from "../Shown.ts"
import * as Bench from "./Bench.ts"
import * as Controls from "./Controls.ts"
import * as Editor from "./Editor.ts"
import * as Hand from "./Hand.ts"
import * as LessonPanel from "./LessonPanel.ts"
import * as Player from "./Player.ts"
import * as Ring from "./Ring.ts"
import * as Timeline from "./Timeline.ts"
import * as TypeChecker from "./TypeChecker.ts"
import * as Verdict from "./Verdict.ts"

declare const SOURCES: Readonly<Record<string, string>>
declare const FILES: Readonly<Record<string, string>>

/** The text of a program as it is in its file. */
const textOf = ({ program, workload }: Setup): string => shown(SOURCES[FILES[`${workload} ${program}`] ?? ""] ?? "")

const first: Setup = { workload: "broadcast", program: "star", flags: {} }

/** The setup without changes of the program. */
const unedited = ({ source: _source, ...setup }: Setup): Setup => setup

/** The setup with this text as its program. */
const edited = (setup: Setup, source: string): Setup =>
  source === textOf(setup) ? unedited(setup) : { ...setup, source }

/** The setup with these deeds by hand. */
const scripted = ({ script: _script, ...setup }: Setup, script: NonNullable<Setup["script"]>): Setup =>
  script.length === 0 ? setup : { ...setup, script }

/** The diagram of the run. It is drawn when somebody opens it. */
const fold = () => {
  const mount = el("div", { class: "mount" })
  const element = el("details", { class: "fold" }, el("summary", {}, "Space-time diagram of the run"), mount)
  let recording: Recording | undefined
  const draw = (): void => {
    if (element.open && recording !== undefined && mount.childElementCount === 0) diagram(recording.data, mount)
  }
  element.addEventListener("toggle", draw)
  return {
    element,
    load: (loaded: Recording): void => {
      recording = loaded
      mount.replaceChildren()
      draw()
    }
  }
}

/** The setup, and the last run that was made of it. */
interface State {
  setup: Setup
  recording: Recording | undefined
  sceneAt: ((time: number) => Scene.Scene) | undefined
}

/** The cluster at a moment, and what one can do to it. */
const stageOf = (state: State, change: (setup: Setup) => void, onMove: (time: number, isPlaying: boolean) => void) => {
  const detail = el("p", { class: "detail", role: "status" })
  const done = (): NonNullable<Setup["script"]> => state.setup.script ?? []
  const player: Player.Player = Player.make((time) => {
    if (state.sceneAt === undefined) return
    ring.draw(state.sceneAt(time), hand.selected())
    hand.show()
    timeline.move(time)
    onMove(time, player.isPlaying())
  })
  const hand = Hand.make({
    deed: (deeds) => change(scripted(state.setup, [...done(), ...deeds(Math.ceil(player.time()))])),
    undo: () => change(scripted(state.setup, done().slice(0, -1))),
    deeds: () => done().length,
    askableUntil: () => state.recording?.data.timeLimit ?? 0,
    scene: () => state.sceneAt?.(player.time()),
    redraw: () => player.seek(player.time())
  })
  const ring = Ring.make(hand.select, (index) => {
    player.pause()
    if (state.recording !== undefined) detail.textContent = Words.of(state.recording.data, { kind: "message", index })
  })
  const timeline = Timeline.make((time) => player.seek(time))
  return { player, hand, timeline, parts: [ring.element, hand.element, timeline.element, detail] }
}

const lay = (
  lessons: HTMLElement,
  cluster: ReadonlyArray<HTMLElement>,
  run: ReadonlyArray<HTMLElement>,
  diagram: HTMLElement
): void =>
  document.querySelector("#playground")?.replaceChildren(
    lessons,
    el(
      "div",
      { class: "columns" },
      el("section", { "aria-label": "The cluster" }, ...cluster),
      el("section", { "aria-label": "The run" }, ...run)
    ),
    diagram
  )

/** Lets the page draw and hear keys: nothing that begins the page may block it for long. */
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))

const run = async (): Promise<void> => {
  const state: State = { setup: first, recording: undefined, sceneAt: undefined }
  const bench = Bench.make()
  const hash = location.hash.length < 2 ? undefined : location.hash
  const asked = bench.ask("run", hash ?? first)
  await turn()
  const verdict = el("div", { class: "verdict" })
  const spaceTime = fold()

  const show = (answer: Recording | string): void => {
    controls.busy("")
    if (typeof answer === "string") return Verdict.fail(verdict, answer)
    const { data, fragment, setup } = answer
    Object.assign(state, { setup, recording: answer, sceneAt: Scene.make(data) })
    hand.load(answer.requests)
    timeline.load(data)
    player.load(Scene.moments(data), data.duration)
    Verdict.show(verdict, answer, player.seek)
    controls.show(setup)
    lessons.judge(answer)
    spaceTime.load(answer)
    history.replaceState(null, "", `#${fragment}`)
  }
  const ask = (what: "run" | "search" | "shrink"): void => {
    controls.busy(what === "run" ? "running" : "searching")
    void bench.ask(what, state.setup, (runs) => controls.busy(`${runs} runs`)).then(show)
  }
  const change = (setup: Setup): void => {
    state.setup = setup
    const text = setup.source ?? textOf(setup)
    if (editor.text() !== text) {
      editor.show(text)
      types.forget()
    }
    ask("run")
  }
  const { hand, parts, player, timeline } = stageOf(state, change, (time, isPlaying) => controls.moved(time, isPlaying))
  const editor = Editor.make(textOf(first), (source) => change(edited(state.setup, source)))
  await turn()
  const types = TypeChecker.make(editor)
  const nextFinding = (): void => {
    const time = state.recording && Verdict.nextFinding(state.recording, player.time())
    if (time !== undefined) player.seek(time)
  }
  const controls = Controls.make({ player, change, ask, setup: () => state.setup, nextFinding })
  const lessons = LessonPanel.make((setup) => {
    change(setup)
    player.seek(0)
  }, textOf)
  const restore = button("the program as it was", () => change(unedited(state.setup)))
  lay(
    lessons.element,
    [controls.transport, ...parts],
    [
      controls.settings,
      verdict,
      el("div", { class: "bar" }, restore, ...types.controls),
      types.list,
      editor.element
    ],
    spaceTime.element
  )
  hand.listen(document, player)
  controls.busy("running")
  const answer = await asked
  if (hash === undefined) return show(answer)
  if (typeof answer === "string") return change(first)
  editor.show(answer.setup.source ?? textOf(answer.setup))
  await turn()
  show(answer)
}

void run()
