#!/usr/bin/env node
import { run } from "gossip-girl/Live"
import { Lock } from "./Lock.ts"

run(Lock)
