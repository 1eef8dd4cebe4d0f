#!/usr/bin/env python3
"""Echo and broadcast as one writes them first: each node tells its neighbours whatever is new to it, once."""
import json
import sys

node = ""
neighbours = []
seen = set()
last_id = 0


def send(dest, **body):
    print(json.dumps({"src": node, "dest": dest, "body": body}), flush=True)


for line in sys.stdin:
    message = json.loads(line)
    src, body = message["src"], message["body"]
    kind, reply = body["type"], {}
    if kind == "init":
        node = body["node_id"]
        neighbours = [other for other in body["node_ids"] if other != node]
        print(f"I am {node}", file=sys.stderr, flush=True)
    elif kind == "topology":
        neighbours = body["topology"].get(node, [])
    elif kind == "broadcast":
        if body["message"] not in seen:
            seen.add(body["message"])
            for other in neighbours:
                if other != src:
                    send(other, type="broadcast", message=body["message"])
    elif kind == "read":
        reply = {"messages": sorted(seen)}
    elif kind == "echo":
        reply = {"echo": body["echo"]}
    if "msg_id" in body:
        send(src, type=kind + "_ok", in_reply_to=body["msg_id"], **reply)
