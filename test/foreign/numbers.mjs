#!/usr/bin/env node
// Numbers that JavaScript has not: written, and read, as text. Its first argument says which.
import { createInterface } from "node:readline"

const [, , way] = process.argv
let node = ""
let next = ""
let count = 0
/** Of two nodes, all of one millisecond: doubles there lie 256 apart, so a hundred of these are one of them. */
const snowflake = () => 1234567890123456789n + 2n * BigInt(count++) + BigInt(node.slice(1))
const send = (dest, body) => console.log(`{"src":"${node}","dest":"${dest}","body":${body}}`)

const asks = new Map()
let lastAsk = 0
/** What a request to lin-kv is answered: the whole line. */
const ask = (fields) =>
  new Promise((resolve) => {
    asks.set(++lastAsk, resolve)
    send("lin-kv", `{"msg_id":${lastAsk},${fields}}`)
  })

/** Sets it to one less, then twice to what to doubles would be the same, and reads. To Clojure, 0 is true. */
const store = async (id) => {
  const key = `"key":${id}`
  const cas = (from, to, create = "null") =>
    ask(`"type":"cas",${key},"from":${from},"to":${to},"create_if_not_exists":${create}`)
  await cas(id, id - 1n, "0")
  const refusal = await cas(id, 1)
  if (!refusal.includes(`current value ${id - 1n} is not ${id}`)) throw new Error(refusal)
  await cas(id - 1n, id)
  const line = await ask(`"type":"read",${key}`)
  return /"value":(\d+)[,}]/.exec(line)[1]
}

const ways = {
  snowflakes: () => snowflake(),
  repeats: () => 1234567890123456789n,
  doubles: () => `${count++}.0`
}

createInterface({ input: process.stdin }).on("line", async (line) => {
  const { body, src } = JSON.parse(line)
  const { in_reply_to, msg_id, type } = body
  const reply = (fields = "", to = src, id = msg_id) =>
    send(to, `{"type":"${type === "store" ? "generate" : type}_ok","in_reply_to":${id}${fields}}`)
  if (type === "init") {
    node = body.node_id
    next = body.node_ids[(body.node_ids.indexOf(node) + 1) % body.node_ids.length]
    reply()
  } else if (type === "generate" && way === "stores") {
    send(next, `{"type":"store","id":${snowflake()},"client":"${src}","ask":${msg_id}}`)
  } else if (type === "store") {
    const id = BigInt(/"id":(\d+),/.exec(line)[1])
    reply(`,"id":${await store(id)}`, body.client, body.ask)
  } else if (type === "generate") {
    reply(`,"id":${ways[way]()}`)
  } else if (type === "add") {
    reply()
  } else if (type === "read") {
    reply(`,"value":3.0`)
  } else {
    asks.get(in_reply_to)(line)
  }
})
