#!/usr/bin/env node
// An echo node that is not ready, however long it takes, before it has heard from all others; but not before it has been
// told who it is.
import { createInterface } from "node:readline"

let node = ""
let isHeard = () => {}
const send = (dest, body) => console.log(JSON.stringify({ src: node, dest, body }))

const heard = new Set()
const hear = (from) => {
  heard.add(from)
  isHeard()
}

createInterface({ input: process.stdin }).on("line", (line) => {
  const { body: { echo, msg_id, node_id, node_ids, type }, src } = JSON.parse(line)
  if (node === "" && type !== "init") process.exit(7)
  if (type === "hello") return hear(src)
  if (type === "echo") return send(src, { type: "echo_ok", in_reply_to: msg_id, echo })
  node = node_id
  const others = node_ids.filter((id) => id !== node)
  for (const other of others) send(other, { type: "hello" })
  isHeard = () => {
    if (!others.every((other) => heard.has(other))) return
    isHeard = () => {}
    send(src, { type: "init_ok", in_reply_to: msg_id })
  }
  isHeard()
})
