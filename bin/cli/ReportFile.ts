/**
 * Reports as files: with the bundles of bin/page in them, which the build puts here.
 */
import type { Assets } from "../../src/report/Html.ts"
import { report } from "../../src/report/HtmlReport.ts"
import type { Run } from "../../src/simulator/Run.ts"

// defined by bin/build.mjs
declare const PAGE_ASSETS: Assets

export const assets = (): Assets => PAGE_ASSETS

/** The whole of report.html. */
export const of = (run: Run): string => report(run, assets())
