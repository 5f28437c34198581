#!/bin/sh
# Makes a virtual environment that holds what a lock file lists, every file checked by its SHA-256.
#
#   scripts/venv.sh FOLDER LOCK
set -eu
folder=$1
lock=$2
. scripts/python.sh

# The copy of the lock is written last: while it is missing or differs, the environment is not finished.
if [ -x "$folder/bin/python" ] && cmp -s "$lock" "$folder/installed.txt"; then exit 0; fi

python=$(find_python)
echo "setup: installing the Python packages of $lock into $folder" >&2
"$python" -m venv --clear "$folder"
# The lock is the whole closure, so pip resolves nothing (--no-deps) and runs no package's code (no source builds).
"$folder/bin/python" -m pip install --quiet --no-input --disable-pip-version-check \
    --no-deps --require-hashes --only-binary=:all: -r "$lock" >&2
cp "$lock" "$folder/installed.txt.new"
mv "$folder/installed.txt.new" "$folder/installed.txt"
