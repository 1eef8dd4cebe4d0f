import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Executable from "../../bin/cli/Executable.ts"

let directory = ""

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "gossip-girl-"))
})

afterAll(() => rmSync(directory, { recursive: true }))

const file = (text: string, mode = 0o755): string => {
  const path = join(directory, "node")
  rmSync(path, { force: true })
  writeFileSync(path, text, { mode })
  return path
}

describe("Executable", () => {
  it.each([
    ["#!/bin/sh\n"],
    ["#! /bin/sh -e\n"],
    ["#!/usr/bin/env node\n"],
    ["#!/usr/bin/env -S node --enable-source-maps\n"],
    ["#!/usr/bin/env LANG=C sh\n"],
    ["#!/bin/sh"],
    ["\u007fELF and so on"]
  ])("can be run: %j", (text) => assert.isUndefined(Executable.fault(file(text))))

  it.each([
    ["#!/nowhere/python\n", "its first line asks for the interpreter /nowhere/python, which is not there"],
    ["#!/usr/bin/env pythn3\n", "its first line asks for the interpreter pythn3, which is nowhere in PATH"],
    ["#!/usr/bin/env node\r\n", "its first line ends with a carriage return, as on Windows, "]
  ])("cannot be run: %j", (text, says) => assert.include(Executable.fault(file(text)), says))

  it("tells what is missing, is a directory, is no file, and lacks its mode", () => {
    const plain = file("#!/bin/sh\n", 0o644)
    assert.strictEqual(Executable.fault(join(directory, "nothing")), "there is no such file")
    assert.match(Executable.fault(join(directory, "sh"))!, /^there is no such file; the command .* is \/.*\/sh$/)
    assert.strictEqual(Executable.fault("python3 x.py"), "there is no such file; arguments go behind --")
    assert.strictEqual(Executable.fault(directory), "that is a directory")
    assert.strictEqual(Executable.fault("/dev/null"), "that is no regular file")
    assert.strictEqual(Executable.fault(plain), `that file is not executable (chmod +x ${plain})`)
  })
})
