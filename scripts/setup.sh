#!/bin/sh
# Puts in place what a build or a test needs besides Rust and Python themselves.
#
#   scripts/setup.sh [PART…]      parts: packages onnxruntime python node web bench train deny
#
# Without a part: packages onnxruntime python node web. A part that is there already costs a few milliseconds. Interrupted, it
# goes on where it stopped when it is run again; of two that run at once, the second waits for the first.
set -eu
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- packages onnxruntime python node web

mkdir -p .tools
exec 9>.tools/setup.lock
if command -v flock >/dev/null && ! flock -n 9; then
    echo "setup: another setup is running here; waiting for it" >&2
    flock 9
fi

for part in "$@"; do
    case "$part" in
    packages) sh scripts/packages.sh ;;
    onnxruntime) sh scripts/onnxruntime.sh ;;
    python) sh scripts/venv.sh .venv scripts/requirements-test.txt ;;
    node) sh scripts/node.sh ;;
    web) sh scripts/web.sh ;;
    bench) sh scripts/venv.sh .venv-bench scripts/requirements-bench.txt ;;
    train) sh scripts/venv.sh .venv-train scripts/requirements-train.txt ;;
    deny) sh scripts/deny.sh ;;
    *)
        echo "setup: there is no part \"$part\" (packages onnxruntime python node web bench train deny)" >&2
        exit 2
        ;;
    esac
done
