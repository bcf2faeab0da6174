#!/usr/bin/env bash
# usage: moto_start.sh PORT LOG : starts the emulated AWS on 127.0.0.1:PORT and prints its process id once it answers
set -euo pipefail
nohup python3 "$(dirname "$0")/moto_plus.py" -H 127.0.0.1 -p "$1" > "$2" 2>&1 &
pid=$!
for _ in $(seq 300); do
  if curl -sf -o /dev/null "http://127.0.0.1:$1/moto-api/"; then echo "$pid"; exit 0; fi
  kill -0 "$pid" 2> /dev/null || break
  sleep 0.1
done
echo "the emulator did not start on port $1: see $2" >&2
exit 1
