#!/bin/sh
# Puts ONNX Runtime's C library at .ort/libonnxruntime.so, taken out of the Python wheel: the one build of it that is
# the same file everywhere and comes from a package registry.
set -eu
. scripts/python.sh

case "$(uname -s) $(uname -m)" in
"Linux x86_64")
    platform=manylinux_2_28_x86_64
    sha256=fc44112fbe06d7d689c57e11d3862031f64711007e4ee020f8eed5185fd2c1d3
    ;;
"Linux aarch64")
    platform=manylinux_2_28_aarch64
    sha256=8aa3b76b28c778a2b1dd660d34161adb1d508c9ccd04ff9dc80e26eca5df8467
    ;;
"Darwin arm64")
    platform=macosx_14_0_arm64
    sha256=d586cbe89effc085a09d3341b3cfbd5c322517f9d397aeb20814af21433f2b36
    ;;
*)
    echo "setup: there is no ONNX Runtime wheel for $(uname -s) $(uname -m)." >&2
    echo "setup: build the library from its sources and name it by ORT_DYLIB_PATH." >&2
    exit 1
    ;;
esac

is_library() {
    [ -f "$1" ] || return 1
    if command -v sha256sum >/dev/null; then found=$(sha256sum "$1"); else found=$(shasum -a 256 "$1"); fi
    [ "${found%% *}" = "$sha256" ]
}

if is_library .ort/libonnxruntime.so; then exit 0; fi

python=$(find_python)
echo "setup: fetching ONNX Runtime into .ort (24 MB)" >&2
# Setup runs once at a time, so whatever an interrupted one left here is nobody's.
rm -rf .ort/fetch
mkdir -p .ort/fetch
"$python" -m venv .ort/fetch/venv
.ort/fetch/venv/bin/python -m pip download --quiet --no-input --disable-pip-version-check --dest .ort/fetch \
    --no-deps --require-hashes --only-binary=:all: --python-version 3.12 --platform "$platform" \
    -r scripts/onnxruntime.txt >&2
"$python" -m zipfile -e .ort/fetch/onnxruntime-*.whl .ort/fetch/wheel
for library in .ort/fetch/wheel/onnxruntime/capi/libonnxruntime.*; do
    is_library "$library" || {
        echo "setup: $library is not the library that scripts/onnxruntime.sh names." >&2
        exit 1
    }
    mv "$library" .ort/libonnxruntime.so
done
for notice in LICENSE ThirdPartyNotices.txt; do mv ".ort/fetch/wheel/onnxruntime/$notice" .ort/; done
rm -rf .ort/fetch
