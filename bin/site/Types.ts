/**
 * Type errors of a program in the editor, found by TypeScript itself among files in memory.
 */
import ts from "typescript"

/** Which passage of the text is wrong, as offsets, and why. */
export interface TypeError {
  readonly from: number
  readonly to: number
  /** The first line is 1. */
  readonly line: number
  readonly message: string
}

/** The texts of files by their paths; types.mjs makes them. */
export type Files = Readonly<Record<string, string>>

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  lib: ["lib.es2023.d.ts"],
  types: [],
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  moduleDetection: ts.ModuleDetectionKind.Force,
  allowImportingTsExtensions: true,
  noEmit: true,
  skipLibCheck: true,
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true
}

const program = "/program.ts"

/** The editor has only a part of these modules. */
const parts = new Set(["effect/Config", "effect/Schedule", "effect/Schema"])

/** The path to which an import in a file leads. */
const pathOf = (name: string, from: string): string => {
  if (name.startsWith("gossip-girl/")) return `/src/${name.slice("gossip-girl/".length)}.ts`
  if (from === program && parts.has(name)) return `/site/${name.slice("effect/".length)}.ts`
  if (!name.startsWith(".")) return `/${name}.d.ts`
  const { pathname } = new URL(name, `file://${from}`)
  return from.startsWith("/src/") || from.startsWith("/site/") ? pathname : pathname.replace(/\.[jt]s$/, ".d.ts")
}

/** Reads files once. Checks each text anew, but not what has not changed. */
export const make = (files: Files): (text: string) => ReadonlyArray<TypeError> => {
  const sources = new Map<string, ts.SourceFile>()
  let text = ""
  let before: ts.Program | undefined
  const has = (path: string): boolean => path === program || files[path] !== undefined
  const host: ts.CompilerHost = {
    getSourceFile: (path) => {
      if (path === program) return ts.createSourceFile(path, text, options.target!)
      const known = sources.get(path)
      const content = files[path]
      if (known !== undefined || content === undefined) return known
      const source = ts.createSourceFile(path, content, options.target!)
      sources.set(path, source)
      return source
    },
    resolveModuleNameLiterals: (literals, from) =>
      literals.map(({ text: name }) => {
        const resolvedFileName = pathOf(name, from)
        const extension = resolvedFileName.endsWith(".d.ts") ? ts.Extension.Dts : ts.Extension.Ts
        return { resolvedModule: has(resolvedFileName) ? { resolvedFileName, extension } : undefined }
      }),
    fileExists: has,
    readFile: (path) => files[path],
    getDefaultLibFileName: () => "/lib/lib.es2023.d.ts",
    getDefaultLibLocation: () => "/lib",
    getCurrentDirectory: () => "/",
    getCanonicalFileName: (path) => path,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => "\n",
    writeFile: () => {}
  }
  return (newText) => {
    text = newText
    const checked: ts.Program = ts.createProgram({
      rootNames: [program],
      options,
      host,
      ...before !== undefined && { oldProgram: before }
    })
    before = checked
    const source = checked.getSourceFile(program)
    return [...checked.getSyntacticDiagnostics(source), ...checked.getSemanticDiagnostics(source)].map(
      ({ length = 0, messageText, start = 0 }) => ({
        from: start,
        to: start + length,
        line: (source?.getLineAndCharacterOfPosition(start).line ?? 0) + 1,
        message: ts.flattenDiagnosticMessageText(messageText, "\n")
      })
    )
  }
}
