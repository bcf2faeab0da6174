# Sourced by the benchmarks: their options; the scripted local Bedrock and the real toolbox, each as a process of its own; and what they measure with.
# shellcheck shell=bash disable=SC2034 # what is set here is used there
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

seconds=10 warm_up=30 heap=512m native=no both=no earlier="" people=""
given=()
while [ $# -gt 0 ]; do
  case $1 in
    --native) native=yes ;;
    --both) both=yes ;;
    --seconds) seconds=$2; given+=("$1" "$2"); shift ;;
    --warm-up) warm_up=$2; given+=("$1" "$2"); shift ;;
    --before) earlier=$(realpath "$2"); shift ;;
    --people) people=$2; shift ;;
    --heap) heap=$2; given+=("$1" "$2"); shift ;;
    *) echo "usage: $0 [--native | --both] [--seconds N] [--warm-up N] [--heap SIZE] [--before FILE | --people memory|dynamodb, for compare]" >&2; exit 2 ;;
  esac
  shift
done
for tool in wrk curl taskset; do command -v "$tool" >/dev/null || { echo "bench: install $tool" >&2; exit 2; }; done

java=$(./mvnw -v | sed -n 's/.*runtime: //p')/bin/java
out=target/bench; mkdir -p "$out"
agent_port=8190 bedrock_port=8191 toolbox_port=8192
ticks=$(getconf CLK_TCK)
pids=()
finish() { for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; wait 2>/dev/null || true; pids=(); }
trap finish EXIT

# The JVM's flags are those of its image, but for the heap.
if [ $native = yes ]; then agent=(target/*-runner); else agent=("$java" -XX:+UseSerialGC -XX:+UseCompactObjectHeaders "-Xmx$heap" -jar target/quarkus-app/quarkus-run.jar); fi
export QUARKUS_HTTP_HOST=127.0.0.1 QUARKUS_HTTP_PORT=$agent_port MCP_URL=http://127.0.0.1:$toolbox_port/mcp \
  AWS_ENDPOINT_URL_BEDROCK_RUNTIME=http://127.0.0.1:$bedrock_port AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=bench AWS_SECRET_ACCESS_KEY=bench \
  AGENT_ACCESS_OPEN=true AGENT_ACCESS_REQUESTS_PER_MINUTE=10000000 AGENT_ACCESS_CONCURRENT_TURNS=1000 QUARKUS_LOG_LEVEL=WARN

await() { for _ in $(seq 300); do curl -fso /dev/null "$1" && return; sleep 0.1; done; echo "bench: $1 does not answer" >&2; exit 1; }

start_toolbox() { # PORT CONFIGURATIONS
  SHOP_DB=$PWD/$out/shop.db "$toolbox" --configs "$2" --port "$1" --disable-reload --disable-version-check --log-level ERROR \
    > "$out/toolbox-$1.log" 2>&1 & pids+=($!)
  await http://127.0.0.1:"$1"/healthz
}

start_services() { # a turn is: model, one SQLite tool, model, an answer of 20 words; the model takes no time
  local jackson
  jackson=$(find target/quarkus-app/lib -name 'com.fasterxml.jackson.core.jackson-*.jar' | tr '\n' ':')
  toolbox=${TOOLBOX_BIN:-$(find toolbox-config/node_modules -path '*/bin/toolbox' -type f | head -n 1)}
  if [ -z "$toolbox" ]; then echo "bench: run the tests or dev mode once, for the toolbox" >&2; exit 2; fi
  echo '{"always": {"rounds": [{"tools": [{"name": "get_customer", "input": {"customer_id": 7}}]}, {"words": 20}]}}' > "$out/script.json"
  "$java" -Xmx512m -cp "target/test-classes:$jackson" io.mcpagent.local.bedrock.LocalBedrock --port $bedrock_port --script "$out/script.json" \
    > "$out/bedrock.log" 2>&1 & pids+=($!)
  "$java" -cp "target/test-classes:$jackson" src/bench/Shop.java "$toolbox" toolbox-config/sample/sqlite.sql "$out/shop.db"
  start_toolbox $toolbox_port toolbox-config/tools.sqlite.yaml
  await http://127.0.0.1:$bedrock_port/_state
}

script() { # what the model does from now on
  curl -fs -X PUT -H 'Content-Type: application/json' -d "$1" http://127.0.0.1:$bedrock_port/_script > /dev/null
}

# Not curl: starting one takes longer than what is measured here.
healthy() {
  (exec 3<> "/dev/tcp/127.0.0.1/$agent_port" && printf 'GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3 &&
    read -r _ status _ <&3 && [ "$status" = 200 ]) 2> /dev/null
}

start_agent() { # says in start_ms how long it took to its first /health 200
  local began; began=$(date +%s%N)
  "${agent[@]}" > "$out/agent.log" 2>&1 & agent_pid=$!
  until healthy; do
    kill -0 "$agent_pid" 2> /dev/null || { echo "bench: the agent ended before it was ready, see $out/agent.log" >&2; exit 1; }
    sleep 0.002
  done
  start_ms=$((($(date +%s%N) - began) / 1000000))
}

cpu_ms() { awk -v t="$ticks" '{ sub(/^.*\) /, ""); split($0, f, " "); printf "%d", (f[12] + f[13]) * 1000 / t }' /proc/"$1"/stat; }
rss_mb() { awk '/^VmRSS/ { printf "%d", $2 / 1024 }' /proc/"$1"/status; }

# ask PID PORT ACCEPT CONNECTIONS SECONDS [TOKENS]: prints the CPU ms that it took, turns, turns/s, p50 and p99 in ms, errors
ask() {
  local before after
  before=$(cpu_ms "$1")
  wrk -t1 -c"$4" -d"$5"s --timeout 30s -s src/bench/chat.lua "http://127.0.0.1:$2/chat" -- "$3" ${6:+"$6"} > "$out/wrk.log"
  after=$(cpu_ms "$1")
  awk -v cpu=$((after - before)) '/^RESULT/ { printf "%d %d %.0f %.2f %.2f %d\n", cpu, $2, $3, $4, $5, $6 }' "$out/wrk.log"
}

middle() { sort -g | awk '{ line[NR] = $0 } END { print line[int((NR + 1) / 2)] }'; } # the median of an odd number of lines
