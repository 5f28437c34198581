#!/bin/sh
# Builds cargo-deny into .tools, for `make check`.
set -eu
version=0.20.2

if [ "$(.tools/bin/cargo-deny --version 2>/dev/null)" = "cargo-deny $version" ]; then exit 0; fi
echo "setup: building cargo-deny $version (a few minutes, once)" >&2
cargo install --quiet --locked --root .tools "cargo-deny@$version" >&2
