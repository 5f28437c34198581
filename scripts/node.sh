#!/bin/sh
# Installs the stock upload clients of JavaScript that the tests drive, as their lock file says, every file checked by its
# hash. Without Node.js nothing else is missing: their tests say that they were skipped.
set -eu
folder=.tools/tus-client
lock=scripts/tus-client/package-lock.json

# The copy of the lock is written last: while it is missing or differs, the folder is not finished.
if cmp -s "$lock" "$folder/installed.json"; then exit 0; fi

if ! node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)' 2>/dev/null || ! command -v npm >/dev/null; then
    echo "setup: Node.js 20 or newer with npm is missing: the tests with tus-js-client and Uppy will be skipped" >&2
    exit 0
fi
echo "setup: installing the JavaScript packages of $lock into $folder" >&2
rm -rf "$folder"
mkdir -p "$folder"
cp scripts/tus-client/package.json "$lock" "$folder"
npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --loglevel=error >&2
cp "$lock" "$folder/installed.json"
