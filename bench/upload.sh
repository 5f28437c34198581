#!/bin/sh
# Loads the endpoint beside @tus/server of the same machine, then with bursts, slow clients and too much of everything.
#
#   bench/upload.sh WAYMARK [PART…]   parts: throughput burst slow overload flood; throughput and burst unless named
#
# From the environment: PAIRS (5), BENCH_DIR (where both servers store: a disk, not memory), PYTHON.
set -eu
cd "$(dirname "$0")/.."
waymark=${1:-target/release/waymark}
[ $# -eq 0 ] || shift

peer=.tools/tus-server
lock=bench/tus-server/package-lock.json
if ! cmp -s "$lock" "$peer/installed.json"; then
    if command -v npm >/dev/null; then
        rm -rf "$peer" && mkdir -p "$peer"
        cp bench/tus-server/package.json "$lock" "$peer"
        npm ci --prefix "$peer" --ignore-scripts --no-audit --no-fund --loglevel=error >&2
        cp "$lock" "$peer/installed.json"
    else
        echo "SKIPPED: nothing is measured beside @tus/server: Node.js with npm is missing" >&2
    fi
fi

# Ten thousand connections need as many descriptors.
ulimit -n "$(ulimit -Hn)"
exec "${PYTHON:-python3}" bench/upload.py --waymark "$waymark" --peer "$peer/node_modules" --pairs "${PAIRS:-5}" "$@"
