/**
 * Before all tests: builds what is tested as it is built, if nobody has, or if another version of Node has, whose code
 * caches are of no use to this one. Who changes a source builds again.
 */
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dirname, "../..")

const isBuilt = (): boolean => {
  try {
    return JSON.parse(readFileSync(join(root, "dist/package.json"), "utf8")).builtBy === process.version
  } catch {
    return false
  }
}

export default (): void => {
  if (isBuilt()) return
  const { status, stderr } = spawnSync(process.execPath, ["bin/build.mjs"], { cwd: root, encoding: "utf8" })
  if (status !== 0) throw new Error(`it cannot be built: ${stderr}`)
}
