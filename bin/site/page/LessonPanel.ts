/**
 * The lessons, one at a time. The browser keeps which ones are solved.
 */
import { button, el } from "../../page/Dom.ts"
import { type Lesson, lessons, solved } from "../Lessons.ts"
import type { Recording } from "../Recording.ts"
import type { Setup } from "../Setup.ts"

const storageKey = "gossip-girl lessons"

/** The lessons that are solved, if the browser keeps anything for a page from disk. */
const remembered = (): ReadonlySet<string> => {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(storageKey) ?? "[]")
    return new Set(Array.isArray(kept) ? kept.map(String) : [])
  } catch {
    return new Set()
  }
}

const remember = (titles: ReadonlySet<string>): void => {
  try {
    localStorage.setItem(storageKey, JSON.stringify([...titles]))
  } catch {
    // the browser keeps nothing
  }
}

export const make = (start: (setup: Setup) => void, textOf: (setup: Setup) => string) => {
  const done = new Set(remembered())
  let current: Lesson | undefined
  const body = el("div", { class: "lesson", hidden: true })
  const choice = el("select", { "aria-label": "Lesson" })

  const names = (): void => {
    const chosen = choice.value
    choice.replaceChildren(
      el("option", { value: "" }, "no lesson"),
      ...lessons.map(({ title }, i) =>
        el("option", { value: title }, `${i + 1}. ${title}${done.has(title) ? " ✓" : ""}`)
      )
    )
    choice.value = chosen
  }
  const open = (lesson: Lesson | undefined): void => {
    current = lesson
    body.hidden = lesson === undefined
    if (lesson === undefined) return
    const solution = el("p", { class: "explanation", hidden: true }, lesson.explanation)
    body.replaceChildren(
      el("h2", {}, lesson.title),
      el("p", {}, lesson.question),
      el("p", { class: "goal" }, `It is solved when the verdict is ${lesson.goal}.`),
      el(
        "div",
        { class: "bar" },
        button("from the beginning", () => start(lesson.setup)),
        button("show the solution", () => {
          solution.hidden = false
          start(solved(lesson, textOf(lesson.setup)))
        })
      ),
      solution
    )
    start(lesson.setup)
  }
  choice.addEventListener("change", () => open(lessons.find(({ title }) => title === choice.value)))
  names()
  return {
    element: el("section", { "aria-label": "Lessons" }, el("label", {}, "Lesson ", choice), body),
    /** Looks whether this run solves the lesson. */
    judge: ({ setup, validity }: Recording): void => {
      if (current === undefined || validity !== current.goal || setup === current.setup) return
      if (JSON.stringify(setup) === JSON.stringify(current.setup)) return
      const explanation = body.querySelector<HTMLElement>(".explanation")
      if (explanation !== null) explanation.hidden = false
      done.add(current.title)
      remember(done)
      names()
    }
  }
}
