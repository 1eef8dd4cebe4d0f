#!/usr/bin/env node
import { run } from "gossip-girl/Live"
import { Broadcast } from "./Broadcast.ts"

run(Broadcast)
