#!/bin/sh
# Node n0 in Python, all others in TypeScript: the first line, which is init, says which one this is.
cd "$(dirname "$0")" || exit 1
IFS= read -r init
case $init in
  *'"node_id":"n0"'*) set -- python3 broadcast.py ;;
  *) set -- node ../dist/mixed/node.js ;;
esac
{ printf '%s\n' "$init"; exec cat; } | "$@"
