#!/bin/sh
# Installs the stock upload clients of JavaScript that the tests drive, as their lock file says, every file checked by its
# hash; and on Debian and Ubuntu the browser that one of them runs in. Without Node.js or a browser nothing else is
# missing: the tests that want them say that they were skipped.
set -eu
folder=.tools/tus-client
lock=scripts/tus-client/package-lock.json

install_browser() {
    for browser in chromium chromium-browser google-chrome; do
        if command -v "$browser" >/dev/null; then return; fi
    done
    if [ "$(id -u)" -eq 0 ]; then sudo=; elif sudo -n true 2>/dev/null; then sudo=sudo; else sudo=false; fi
    if command -v apt-get >/dev/null; then
        echo "setup: installing chromium" >&2
        export DEBIAN_FRONTEND=noninteractive
        if $sudo apt-get update -qq && $sudo apt-get install -y -qq --no-install-recommends chromium >/dev/null; then return; fi
    fi
    echo "setup: there is no chromium: the test with Uppy will be skipped" >&2
}

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
install_browser
cp "$lock" "$folder/installed.json"
