/**
 * The editor, in which visitors read and change the program. It offers the names that modules of Effect and of this
 * project export.
 */
import {
  autocompletion,
  closeBrackets,
  type CompletionContext,
  completionKeymap,
  type CompletionResult
} from "@codemirror/autocomplete"
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands"
import {
  bracketMatching,
  defaultHighlightStyle,
  indentOnInput,
  StreamLanguage,
  syntaxHighlighting
} from "@codemirror/language"
import { typescript } from "@codemirror/legacy-modes/mode/javascript"
import { EditorState, StateEffect, StateField } from "@codemirror/state"
import {
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  highlightActiveLine,
  keymap,
  lineNumbers
} from "@codemirror/view"
import { el } from "../../page/Dom.ts"

export interface Editor {
  readonly element: HTMLElement
  readonly text: () => string
  readonly show: (text: string) => void
  /** Underlines these passages, and none besides. */
  readonly mark: (passages: ReadonlyArray<Passage>) => void
  /** Puts the cursor there, and scrolls to it. */
  readonly goTo: (offset: number) => void
}

interface Passage {
  readonly from: number
  readonly to: number
  /** Why the passage is marked. */
  readonly message: string
}

const setMarks = StateEffect.define<ReadonlyArray<Passage>>()

const marks = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (now, { changes, effects }) =>
    effects.reduce(
      (marks, effect) =>
        effect.is(setMarks)
          ? Decoration.set(
            effect.value.filter(({ from, to }) => from < to).map(({ from, message, to }) =>
              Decoration.mark({ class: "mistake", attributes: { title: message } }).range(from, to)
            ),
            true
          )
          : marks,
      now.map(changes)
    ),
  provide: (field) => EditorView.decorations.from(field)
})

declare const EXPORTS: Readonly<Record<string, ReadonlyArray<string>>>

/**
 * Offers, after `Effect.`, the names that effect/Effect exports; likewise for any module that the text imports as a
 * whole.
 */
const complete = (context: CompletionContext): CompletionResult | null => {
  const found = context.matchBefore(/\b[A-Z]\w*\.\w*/)
  if (found === null) return null
  const [name = "", typed = ""] = found.text.split(".")
  const text = context.state.doc.toString()
  const [, module] = new RegExp(`import \\* as ${name} from "([^"]+)"`).exec(text) ?? []
  const names = module === undefined ? undefined : EXPORTS[module]
  if (names === undefined) return null
  return { from: found.to - typed.length, options: names.map((label) => ({ label })) }
}

/** How long after the last key a change counts, in ms. */
const pause = 200

export const make = (text: string, onChange: (text: string) => void): Editor => {
  const hint = el("p", { class: "hint" }, "Tab indents. Escape, then Tab, leaves the program.")
  const element = el("div", { class: "editor" }, hint)
  let isShowing = false
  let due: ReturnType<typeof setTimeout> | undefined
  const view = new EditorView({
    parent: element,
    doc: text,
    extensions: [
      lineNumbers(),
      history(),
      drawSelection(),
      highlightActiveLine(),
      indentOnInput(),
      bracketMatching(),
      closeBrackets(),
      autocompletion({ override: [complete] }),
      marks,
      syntaxHighlighting(defaultHighlightStyle),
      EditorState.tabSize.of(2),
      keymap.of([...completionKeymap, ...defaultKeymap, ...historyKeymap, indentWithTab]),
      // a tenth of the size of the one that parses it all
      StreamLanguage.define(typescript),
      EditorView.contentAttributes.of({ "aria-label": "The program of every node" }),
      EditorView.updateListener.of(({ docChanged, state }) => {
        if (!docChanged || isShowing) return
        clearTimeout(due)
        due = setTimeout(() => onChange(state.doc.toString()), pause)
      })
    ]
  })
  view.scrollDOM.tabIndex = 0 // so that keys scroll here as well
  return {
    element,
    text: () => view.state.doc.toString(),
    show: (text) => {
      clearTimeout(due)
      isShowing = true
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } })
      isShowing = false
    },
    mark: (passages) => view.dispatch({ effects: setMarks.of(passages) }),
    goTo: (offset) => {
      view.dispatch({ selection: { anchor: offset }, scrollIntoView: true })
      view.focus()
    }
  }
}
