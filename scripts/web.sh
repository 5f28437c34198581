#!/bin/sh
# Builds the map page into web/dist, from where the program takes it up, and installs what the tests of the page need:
# npm packages as the lock file says, every file checked by its hash. Without Node.js the program is built all the same
# and says, where the page would be, how to get it. What was built from the same sources is not built again.
set -eu
lock=web/package-lock.json

if ! node -e 'const [a, b] = process.versions.node.split("."); process.exit(+a > 20 || (+a === 20 && +b >= 19) ? 0 : 1)' \
    2>/dev/null || ! command -v npm >/dev/null; then
    echo "setup: Node.js 20.19 or newer with npm is missing: the program will have no map page, and its tests are skipped" >&2
    exit 0
fi

# The copy of the lock is written last: while it is missing or differs, the folder is not finished.
if ! cmp -s "$lock" web/node_modules/installed.json; then
    echo "setup: installing the JavaScript packages of $lock" >&2
    npm ci --prefix web --ignore-scripts --no-audit --no-fund --loglevel=error >&2
    cp "$lock" web/node_modules/installed.json
fi

sources=$(find web/src web/public web/index.html web/*.json web/*.ts web/*.mjs -type f | LC_ALL=C sort)
# shellcheck disable=SC2086 # One word for each file: none of ours has a space in its name.
state=$(sha256sum $sources | sha256sum)
if [ -f web/dist/favicon.svg ] && [ "$state" = "$(cat web/node_modules/built.txt 2>/dev/null)" ]; then exit 0; fi
echo "setup: building the map page" >&2
npm run --prefix web --silent build >&2
printf '%s\n' "$state" >web/node_modules/built.txt
