#!/usr/bin/env python3
"""The same node as Broadcast.ts, in Python: it tells each new value to every other node until that has acknowledged it."""
import json
import sys
import threading

lock = threading.Lock()
node, peers, seen = "", [], []
waiting = {}  # what has not been acknowledged, by the id of the last message that said so
last_id = 0


def send(dest, body):
    print(json.dumps({"src": node, "dest": dest, "body": body}), flush=True)


def tell(peer, message):
    global last_id
    last_id += 1
    waiting[last_id] = (peer, message)
    send(peer, {"type": "tell", "msg_id": last_id, "message": message})


def tell_again():
    """Whatever has not been acknowledged by the next turn is told once more."""
    overdue = []
    while not ended.wait(0.5):
        with lock:
            for id in overdue:
                if id in waiting:
                    tell(*waiting.pop(id))
            overdue = list(waiting)


ended = threading.Event()
threading.Thread(target=tell_again, daemon=True).start()

for line in sys.stdin:
    envelope = json.loads(line)
    src, body = envelope["src"], envelope["body"]
    with lock:
        kind, reply = body["type"], {}
        if kind == "tell_ok":
            waiting.pop(body["in_reply_to"], None)
        if "in_reply_to" in body:
            continue
        if kind == "init":
            node = body["node_id"]
            peers = [other for other in body["node_ids"] if other != node]
        elif kind in ("broadcast", "tell"):
            is_new = body["message"] not in seen
            if is_new:
                seen.append(body["message"])
            if is_new and kind == "broadcast":
                for peer in peers:
                    tell(peer, body["message"])
        elif kind == "read":
            reply = {"messages": seen}
        send(src, {"type": kind + "_ok", "in_reply_to": body["msg_id"], **reply})
ended.set()
