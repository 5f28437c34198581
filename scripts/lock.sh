#!/bin/sh
# Renews the lock files of Python packages from their .in files. For whoever changes those; nothing else runs this.
set -eu
cd "$(dirname "$0")/.."
. scripts/python.sh

tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
"$(find_python)" -m venv "$tools"
"$tools/bin/pip" install --quiet uv==0.13.8
# Two more things than pip-compile does: one lock for every Python from 3.11 on and every system, and packages dropped.
for name in test bench train; do
    UV_CUSTOM_COMPILE_COMMAND=scripts/lock.sh "$tools/bin/uv" pip compile --quiet --upgrade --universal \
        --python-version 3.11 --no-build --generate-hashes --no-emit-index-url --no-emit-find-links \
        --overrides scripts/requirements-dropped.in \
        "scripts/requirements-$name.in" -o "scripts/requirements-$name.txt"
done
