/**
 * `npm run docs`: generates those parts of the documents that follow from the code, see Regions. With `--check` it changes
 * nothing, and fails where a document is not current.
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import * as Documents from "./docs/Documents.ts"
import { generatorsIn } from "./docs/Generators.ts"

const root = join(import.meta.dirname, "..")

const main = async (args: ReadonlyArray<string>): Promise<void> => {
  if (args.includes("--help")) {
    return console.log("docs [--check]: generates tables, pictures, code and output of commands in the documents")
  }
  for (const { current, name, text } of await Documents.generate(root, generatorsIn(root))) {
    if (current === text) continue
    if (!args.includes("--check")) {
      mkdirSync(dirname(join(root, name)), { recursive: true })
      writeFileSync(join(root, name), current)
      console.log(name)
    } else {
      console.error(`${name} is not current: npm run docs`)
      process.exitCode = 1
    }
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error)
  process.exitCode = 3
})
