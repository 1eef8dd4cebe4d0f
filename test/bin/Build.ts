/**
 * Before all tests: builds what is tested as it is built, if nobody has. Who changes a source builds again.
 */
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { join } from "node:path"

export default (): void => {
  const root = join(import.meta.dirname, "../..")
  if (existsSync(join(root, "dist"))) return
  const { status, stderr } = spawnSync(process.execPath, ["bin/build.mjs"], { cwd: root, encoding: "utf8" })
  if (status !== 0) throw new Error(`it cannot be built: ${stderr}`)
}
