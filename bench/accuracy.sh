#!/bin/sh
# Measures the pack `town` on simulated towns that it was not trained on, and on real photos where there are any.
#
#   bench/accuracy.sh WAYMARK     WAYMARK is the binary; `make accuracy` builds it and runs this
#
# From the environment: SEEDS (601 to 612), DRIVES (16: they span ten hours of light), SECONDS_EACH (4), ASSETS.
set -eu
cd "$(dirname "$0")/.."
waymark=${1:-target/release/waymark}
assets=${ASSETS:-../shared/assets}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$waymark" models pull town --models "$work/models"
towns=
seeds=${SEEDS:-$(seq -s ' ' 601 612)}
for seed in $seeds; do
    "$waymark" simulate --seed "$seed" --drives "${DRIVES:-16}" --seconds "${SECONDS_EACH:-4}" --out "$work/$seed" >/dev/null
    towns="$towns --truth $work/$seed"
done
echo "The simulated town, seeds $seeds:"
# shellcheck disable=SC2086
"$waymark" models check --pack town --models "$work/models" $towns

if [ ! -d "$assets" ]; then
    echo "SKIPPED: real photos were not measured, $assets is not there."
    exit 0
fi
python3 bench/photos.py "$assets" "$work/photos"
echo "Real photos, which it was not made for:"
"$waymark" models check --pack town --models "$work/models" --truth "$work/photos"
