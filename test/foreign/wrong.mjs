#!/usr/bin/env node
// An echo node. Its first argument says in which way it goes wrong, if it is n1: at once, or at its third echo.
import { spawn } from "node:child_process"
import { once } from "node:events"
import { connect } from "node:net"
import { createInterface } from "node:readline"

const [, , way, socketPath] = process.argv
let node = ""
let echoes = 0
const send = (dest, body) => console.log(JSON.stringify({ src: node, dest, body }))

const ways = {
  throws: () => {
    throw new Error("escaped")
  },
  exits: () => {
    console.error("that was all")
    process.exit(0)
  },
  aborts: () => process.abort(),
  prints: () => console.log("DEBUG: got here"),
  printsNothing: () => console.log(),
  printsJson: () => console.log("[1]"),
  hasFieldTooMany: () => console.log(JSON.stringify({ src: node, dest: "n0", body: {}, time: 1 })),
  forges: (src) => console.log(JSON.stringify({ src, dest: "n0", body: { type: "hello" } })),
  forgesNobody: () => console.log(JSON.stringify({ src: "n7", dest: "n0", body: { type: "hello" } })),
  hasNoInteger: () => console.log(JSON.stringify({ id: null, src: node, dest: "n0", body: {} })),
  sendsToNobody: () => send("n7", { type: "hello" }),
  asksStrangely: () => {
    for (const type of ["increment", "increment", "ts"]) send("lin-kv", { type, key: "x", msg_id: 1 })
  },
  nests: () => {
    const deep = "[".repeat(100_000) + "]".repeat(100_000)
    console.log(`{"src":"n1","dest":"n0","body":{"type":"hello","deep":${deep}}}`)
  },
  floods: () => process.stdout.write("x".repeat((1 << 24) + 1))
}

/** Ends with neither its input nor a signal; nor does what it starts, which holds its output too, nor a daemon. */
const resist = async () => {
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => {})
  // Who listens there knows when the last of them is gone.
  const socket = connect(socketPath)
  await once(socket, "connect")
  const script = "trap '' TERM INT HUP; sleep 1000 & sleep 1000"
  spawn("sh", ["-c", script], { stdio: ["ignore", 1, 2, socket] })
  spawn("sh", ["-c", script], { stdio: ["ignore", 1, 2, socket], detached: true }).unref()
}

createInterface({ input: process.stdin }).on("line", async (line) => {
  const { body: { echo, msg_id, type, node_id }, src } = JSON.parse(line)
  node ||= node_id
  const reply = { type: `${type}_ok`, in_reply_to: msg_id }
  if (type === "init") {
    if (way === "silent" && node === "n1") return console.error("I would rather not")
    if (way === "hasNoNewline" && node === "n1") {
      return process.stdout.write(JSON.stringify({ src: node, dest: src, body: reply }))
    }
    if (way === "refuses" && node === "n1") return send(src, { ...reply, type: "error", code: 13, text: "no" })
    if (way === "resists") await resist()
    Object.assign(reply, { node_id, msg_id: null }) // of init_ok nothing is asked but its type
  } else if (way === "fails") {
    console.error("Traceback: kaboom")
    return send(src, { ...reply, type: "error", code: 13, text: `kaboom KeyError ${msg_id}` })
  } else if (type === "echo") {
    reply.echo = echo
    if (node === "n1" && ++echoes === 3) {
      if (way === "malforms") reply.extra = true
      if (way === "endsNoLine") return process.stdout.write(JSON.stringify({ src: node, dest: src, body: reply }))
      ways[way]?.(src)
    }
  }
  send(src, reply)
})
