#!/usr/bin/env node
import { run } from "gossip-girl/Live"
import { WrongLock } from "./WrongLock.ts"

run(WrongLock)
