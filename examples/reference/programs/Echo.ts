import { run } from "gossip-girl/Live"
import { Echo } from "gossip-girl/programs/Echo"

run(Echo)
