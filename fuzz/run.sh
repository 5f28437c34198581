#!/bin/sh
# Fuzzes what reads strangers' bytes, each target for SECONDS (60), from the seeds of fuzz/seeds.sh.
#
#   fuzz/run.sh [TARGET…]      all of them unless named
#
# libFuzzer needs the compiler's coverage counters, but no nightly compiler: they are a pass of LLVM that the stable one
# runs as well. With `cargo +nightly fuzz run TARGET` the same targets run under AddressSanitizer.
set -eu
cd "$(dirname "$0")"
seconds=${SECONDS_EACH:-60}
host=$(rustc -vV | sed -n 's/^host: //p')
counters="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1"

RUSTFLAGS="--cfg fuzzing $counters" cargo build --release --locked --target "$host" --bins
[ $# -gt 0 ] || set -- manifest tracks exif gpmf tus still video
target=${CARGO_TARGET_DIR:-target}/$host/release
for name in "$@"; do
    work=${FUZZ_WORK:-corpus}/$name
    mkdir -p "$work" "crashes/$name"
    ./seeds.sh "$name" "$work"
    echo "fuzz: $name for $seconds s, from $(find "$work" -type f | wc -l) inputs"
    # 512 MiB and 10 s for an input are more than any of them should need.
    "$target/$name" -max_total_time="$seconds" -rss_limit_mb=512 -timeout=10 -max_len=65536 -print_final_stats=1 \
        -artifact_prefix="crashes/$name/" "$work" 2>&1 |
        grep -E 'ERROR|SUMMARY|panicked|stat::(number_of_executed_units|peak_rss_mb)|artifact|Test unit' || true
    if [ -n "$(ls "crashes/$name")" ]; then
        echo "fuzz: $name failed: fuzz/crashes/$name" >&2
        exit 1
    fi
done
echo "No target crashed, hung or took more than 512 MiB."
