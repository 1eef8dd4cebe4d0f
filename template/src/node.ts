#!/usr/bin/env node
import { run } from "gossip-girl/Live"
import { Counter } from "./Counter.ts"

run(Counter)
