/**
 * `npm run docs`: generates those parts of the documents that follow from the code and from runs, see Regions and Figures.
 * With `--check` it changes nothing, and fails where a document is not current. With `--real` it measures real processes
 * first, with `--bench` it makes `npm run bench` first: both take many minutes and want a machine that does nothing else.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import * as Documents from "./docs/Documents.ts"
import * as Figures from "./docs/Figures.ts"
import { generatorsIn } from "./docs/Generators.ts"

const root = join(import.meta.dirname, "..")

const help =
  `docs [--check | --real | --bench]: generates tables, pictures, code, figures and output of commands in the documents
  --check  changes nothing, and fails where a document is not current
  --real   measures real processes as well, for twelve minutes
  --bench  measures speed as well, as npm run bench does, for some ten minutes`

const isCurrent = (name: string, text: string): boolean => {
  const path = join(root, name)
  return existsSync(path) && readFileSync(path, "utf8") === text
}

const write = (name: string, text: string): void => {
  if (isCurrent(name, text)) return
  mkdirSync(dirname(join(root, name)), { recursive: true })
  writeFileSync(join(root, name), text)
  console.log(name)
}

const check = (name: string, text: string): void => {
  if (isCurrent(name, text)) return
  console.error(`${name} is not current: npm run docs`)
  process.exitCode = 1
}

const main = async (args: ReadonlyArray<string>): Promise<void> => {
  if (args.includes("--help")) return console.log(help)
  const done = args.includes("--check") ? check : write
  if (args.includes("--real")) write(Figures.files.real, await Figures.measure(root, new Date()))
  if (args.includes("--bench")) write(Figures.files.benchmark, Figures.bench(root, new Date()))
  done(Figures.files.simulated, await Figures.simulate(root))
  for (const { current, name } of await Documents.generate(root, generatorsIn(root))) done(name, current)
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error)
  process.exitCode = 3
})
