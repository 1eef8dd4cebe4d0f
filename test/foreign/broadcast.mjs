#!/usr/bin/env node
// Echo and broadcast as one writes them first: each node tells its neighbours whatever is new to it, once.
// With the argument `stutters` its reads have everything twice, which Maelstrom does not mind.
import { createInterface } from "node:readline"

let node = ""
let neighbours = []
const seen = new Set()
const send = (dest, body) => console.log(JSON.stringify({ src: node, dest, body }))

createInterface({ input: process.stdin }).on("line", (line) => {
  const { body, src } = JSON.parse(line)
  const reply = { type: `${body.type}_ok`, in_reply_to: body.msg_id }
  if (body.type === "init") {
    node = body.node_id
    console.error(`I am ${node}`)
  }
  if (body.type === "topology") neighbours = body.topology[node]
  if (body.type === "read") reply.messages = process.argv[2] === "stutters" ? [...seen, ...seen] : [...seen]
  if (body.type === "echo") reply.echo = body.echo
  if (body.type === "broadcast" && !seen.has(body.message)) {
    seen.add(body.message)
    for (const other of neighbours) if (other !== src) send(other, { type: "broadcast", message: body.message })
  }
  if (body.msg_id !== undefined) send(src, reply)
})
