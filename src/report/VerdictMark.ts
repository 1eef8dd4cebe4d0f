/**
 * The verdict on a run as pages show it: a word, and a mark for those who see no colours.
 */
import type { Results } from "../simulator/Results.ts"
import type { Validity } from "../workloads/finding/Rules.ts"
import { type Html, html } from "./Html.ts"

export const marks = { valid: "✓", invalid: "✗", unknown: "?" } as const satisfies Record<Validity, string>

export const verdict = ({ validity }: Results): Html =>
  html`<span class="verdict ${validity}">${marks[validity]} ${validity}</span>`
