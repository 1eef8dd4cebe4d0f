#!/usr/bin/env node
// Echo as one writes it first: it logs what it gets to standard output, which is for messages alone.
import { createInterface } from "node:readline"

for await (const line of createInterface({ input: process.stdin })) {
  console.log("got", line)
  const { src, dest, body: { msg_id, type, ...rest } } = JSON.parse(line)
  const body = { ...rest, type: `${type}_ok`, in_reply_to: msg_id }
  console.log(
    JSON.stringify({ src: dest, dest: src, body: type === "init" ? { type: "init_ok", in_reply_to: msg_id } : body })
  )
}
