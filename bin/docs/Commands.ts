/**
 * Commands of the documents with what they print, each run when the documents are generated.
 */
import { execFile } from "node:child_process"
import { join } from "node:path"

interface Shown {
  /** What is run, with the words of a shell. */
  readonly command: ReadonlyArray<string>
  /** How many lines of its output are shown, from the first that has this in it. */
  readonly lines: number
  readonly from?: string
}

const simulate = (flags: string): ReadonlyArray<string> => ["simulate", ...flags.split(" ")]

/** A naive program in the place of one of ours. */
const naive = (name: string, flags: string, lines = 8, more: Partial<Shown> = {}): Shown => ({
  command: [
    "bin/try.mjs",
    "--file",
    `src/programs/${name}.ts`,
    "--instead",
    `docs/naive/${name}.ts`,
    "--",
    ...simulate(flags)
  ],
  lines,
  ...more
})

const changed = (file: string, change: ReadonlyArray<string>, flags: string, lines = 8): Shown => ({
  command: ["bin/try.mjs", "--file", file, ...change, "--", ...simulate(flags)],
  lines
})

const commands: Readonly<Record<string, Shown>> = {
  "naive-unique-ids": naive(
    "UniqueIds",
    "-w unique-ids --node-count 3 --rate 100 --time-limit 2 --shrink",
    20,
    { from: "Shrunk in" }
  ),
  "naive-broadcast": naive(
    "Broadcast",
    "-w broadcast --rate 10 --time-limit 20 --nemesis partition --shrink",
    20,
    { from: "Shrunk in" }
  ),
  "naive-counter": naive(
    "GCounterSeqKv",
    "-w g-counter --program seq-kv --node-count 3 --rate 10 --time-limit 5 --shrink",
    20,
    { from: "Shrunk in" }
  ),
  "naive-kafka": naive(
    "KafkaSharedLog",
    "-w kafka --program lin-kv --node-count 2 --rate 50 --time-limit 5 --latency 10 --latency-dist exponential"
  ),
  "naive-transactions": naive(
    "TxnRwRegister",
    "-w txn-rw-register --node-count 2 --rate 100 --time-limit 5 --latency 10 --shrink",
    20,
    { from: "Shrunk in" }
  ),
  "naive-lin-kv": naive(
    "LinKv",
    "-w lin-kv --node-count 3 --rate 100 --time-limit 3 --latency 10 --shrink",
    20,
    { from: "Shrunk in" }
  ),
  "without-sending-again": changed(
    "src/services/gossip/replica/Pace.ts",
    ["--change", "if (awaitingSince === undefined) return Infinity", "--to", "return Infinity"],
    "-w broadcast --node-count 3 --rate 1 --time-limit 4 --loss 0.4 --seed 1",
    10
  ),
  "without-reading-the-log": changed(
    "src/programs/LinKv.ts",
    ["--change", "log.read(() => values.get(name))", "--to", "Effect.sync(() => values.get(name))"],
    "-w lin-kv --node-count 3 --rate 100 --time-limit 3 --latency 10",
    10
  ),
  "without-node": changed(
    "src/services/ids/IdGenerator.ts",
    ["--change", "${hex(sequence, 4)}-${id}-${life}", "--to", "${hex(sequence, 4)}"],
    "-w unique-ids --node-count 3 --rate 100 --time-limit 2",
    20
  ),
  "without-commit": changed(
    "src/programs/GCounterSeqKv.ts",
    ["--without", "yield* commit"],
    "-w g-counter --program seq-kv --node-count 3 --rate 20 --time-limit 10",
    20
  ),
  "without-stability": changed(
    "src/programs/KafkaUnstable.ts",
    ["--change", "first !== undefined && isStable(first)", "--to", "first !== undefined"],
    "-w kafka --node-count 3 --rate 50 --time-limit 10 --latency 50 --latency-dist exponential",
    10
  ),
  "without-clock": changed(
    "src/programs/TxnRwRegister.ts",
    ["--without", "      clock = Math.max(clock, operation.stamp)"],
    "-w txn-rw-register --node-count 2 --rate 100 --time-limit 5 --latency 10",
    10
  )
}

const quote = (word: string): string => /^[\w./:=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`

/** Two at a time: each has a processor to itself on most machines. */
const turns: Array<Promise<unknown>> = [Promise.resolve(), Promise.resolve()]
let next = 0

/** What a command of this project prints, when its turn has come. */
export const output = (root: string, [script, ...args]: ReadonlyArray<string>): Promise<string> => {
  const path = join(root, script!) // a command has a script
  const run = () =>
    new Promise<string>((resolve, reject) =>
      execFile(process.execPath, [path, ...args], { cwd: root, maxBuffer: 2 ** 28 }, (error, stdout, stderr) => {
        const isVerdict = error === null || error.code === 1 // 1 says that the run is invalid
        if (isVerdict) resolve(stdout)
        else reject(new Error(`${script} fails: ${stderr}`))
      })
    )
  const turn = next++ % turns.length
  const done = turns[turn]!.then(run) // there is one for each turn
  turns[turn] = done.catch(() => "")
  return done
}

/** The command with the beginning of what it prints. */
export const show = (root: string) => async (name: string): Promise<string> => {
  const shown = commands[name]
  if (shown === undefined) throw new Error(`there is no command ${name}: there is ${Object.keys(commands).join(", ")}`)
  const { command, from = "", lines } = shown
  const all = (await output(root, command)).trimEnd().split("\n")
  const first = Math.max(0, all.findIndex((line) => line.includes(from)))
  const rest = all.length - first - lines
  return [
    "```console",
    `$ node ${command.map(quote).join(" ")}`,
    ...all.slice(first, first + lines),
    ...rest > 0 ? ["…"] : [],
    "```"
  ].join("\n")
}
