/**
 * What a piece of work costs, in steps, which are the same on a busy machine and on a quiet one. A step is a call of a
 * function of this project, or one turn of a loop in it. What a built-in function does inside, as `includes` of a long
 * list, is none.
 */
import { build, type Plugin } from "esbuild"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import ts from "typescript"

const root = join(import.meta.dirname, "..")

/** Has every function and every turn of a loop begin with `steps.count++`. */
const counting: ts.TransformerFactory<ts.SourceFile> = (context) => {
  const { factory } = context
  const count = factory.createPostfixIncrement(
    factory.createPropertyAccessExpression(factory.createIdentifier("steps"), "count")
  )
  const counted = factory.createExpressionStatement(count)
  const visit = (node: ts.Node): ts.Node => {
    const visited = ts.visitEachChild(node, visit, context)
    if (ts.isArrowFunction(visited) && !ts.isBlock(visited.body)) {
      const { equalsGreaterThanToken, modifiers, parameters, type, typeParameters } = visited
      const body = factory.createParenthesizedExpression(factory.createComma(count, visited.body))
      return factory.updateArrowFunction(
        visited,
        modifiers,
        typeParameters,
        parameters,
        type,
        equalsGreaterThanToken,
        body
      )
    }
    if (ts.isIterationStatement(node.parent, false) && node === node.parent.statement) {
      return factory.createBlock([counted, visited as ts.Statement])
    }
    if (ts.isBlock(visited) && ts.isFunctionLike(node.parent)) {
      return factory.updateBlock(visited, [counted, ...visited.statements])
    }
    return visited
  }
  return (file) => ts.visitEachChild(file, visit, context)
}

const countingPlugin: Plugin = {
  name: "counting",
  setup: ({ onLoad }) =>
    onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => {
      if (!path.startsWith(join(root, "src/"))) return undefined
      const { outputText } = ts.transpileModule(readFileSync(path, "utf8"), {
        compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext },
        transformers: { before: [counting] }
      })
      return { contents: outputText, loader: "js" }
    })
}

/** A module and all that it imports, made anew so that it counts. The path is from the root. */
export const counted = async <Module>(path: string) => {
  const { outputFiles } = await build({
    entryPoints: [join(root, path)],
    bundle: true,
    write: false,
    format: "iife",
    globalName: "counted",
    target: "es2023",
    logLevel: "silent",
    plugins: [countingPlugin]
  })
  const counter = { count: 0 }
  // oxlint-disable-next-line no-new-func -- the text is this project's own
  const module: Module = new Function("steps", `${outputFiles[0]!.text}\nreturn counted`)(counter)
  return {
    module,
    steps: (work: (module: Module) => void): number => {
      const before = counter.count
      work(module)
      return counter.count - before
    }
  }
}
