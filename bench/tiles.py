"""Builds map tiles with Waymark and with tippecanoe by turns, and dedupes frames with Waymark and with DuckDB.

    python bench/tiles.py --waymark WAYMARK [--pairs 3] [--rows 5000000]

Whole processes are timed, reading and writing included, on the same files. Prints a table of medians; a ratio is taken
within each pair of turns. Of tiles it also says how many features each archive kept, counted in the same way.
"""

import argparse
import gzip
import hashlib
import json
import math
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import duckdb
import h3
import numpy
from pmtiles.reader import MmapSource, all_tiles

POINTS = 200_000
# Rings of cells around one: 82,171 cells.
RINGS = 165
CLIP = 500
FRAME_FILES = 8


def feature(number, geometry):
    properties = {
        "id": number,
        "driver": f"driver-{number % 97}",
        "captured_at_ms": 1_765_000_000_000 + number * 250,
        "heading": number * 7 % 360,
    }
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def write_points(path):
    """Drives that turn now and then, ten metres from frame to frame, within some 40 km."""
    rng = random.Random(1)
    with path.open("w") as out:
        for number in range(POINTS):
            if number % CLIP == 0:
                lon, lat = rng.uniform(-122.5, -122.1), rng.uniform(37.6, 37.9)
                course = rng.uniform(0, 2 * math.pi)
            if rng.random() < 0.02:
                course += rng.choice([-1, 1]) * math.pi / 2
            lon += math.sin(course) * 1.1e-4
            lat += math.cos(course) * 9e-5
            point = {"type": "Point", "coordinates": [round(lon, 7), round(lat, 7)]}
            out.write(json.dumps(feature(number, point)) + "\n")


def write_cells(path):
    middle = h3.latlng_to_cell(37.77, -122.42, 10)
    with path.open("w") as out:
        for number, cell in enumerate(sorted(h3.grid_disk(middle, RINGS))):
            ring = [[round(lon, 7), round(lat, 7)] for lat, lon in h3.cell_to_boundary(cell)]
            polygon = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
            out.write(json.dumps(feature(number, polygon)) + "\n")


def write_frames(folder, rows):
    """As many rows per slot and clip as drives give, some 350,000 slots, in a few large files. Ids and keys of images
    are those that Waymark gives."""
    cells = sorted(h3.grid_disk(h3.latlng_to_cell(37.77, -122.42, 12), 120))
    db = duckdb.connect()
    db.execute("CREATE TABLE cells AS SELECT unnest(?) AS cell, unnest(?) AS number, unnest(?) AS region", [
        [h3.str_to_int(cell) for cell in cells], list(range(len(cells))), [h3.cell_to_parent(cell, 5) for cell in cells],
    ])
    folder.mkdir(parents=True)
    for number in range(FRAME_FILES):
        db.execute(f"""
            COPY (
                SELECT left(sha256('waymark frame 1'::BLOB || '\\x00'::BLOB || unhex(clip_id)
                        || unhex(printf('%08x', frame_index))), 32) AS frame_id,
                    clip_id, frame_index, device_id, captured_at_ms, h3_cell, heading_octant, quality_ppm, accuracy_mm,
                    'imagery/epoch=' || strftime(captured_at_ms, '%G-W%V') || '/region=' || region || '/' || frame_id
                        || '.jpg' AS image_path
                FROM (
                    SELECT i, md5((i // 300)::VARCHAR) AS clip_id, (i % 300)::UINTEGER AS frame_index,
                        rpad('device' || (i // 30000), 43, 'x') AS device_id,
                        epoch_ms(1765000000000 + i * 250)::TIMESTAMP_MS AS captured_at_ms, cell::UBIGINT AS h3_cell,
                        ((i // 300) % 8)::UINTEGER AS heading_octant, (hash(i) % 1000001)::UINTEGER AS quality_ppm,
                        (1000 + hash(i, 1) % 9000)::UINTEGER AS accuracy_mm, region
                    FROM range({rows * number // FRAME_FILES}, {rows * (number + 1) // FRAME_FILES}) t(i)
                    JOIN cells ON number = (hash(i // 300) + (i % 300) // 2) % {len(cells)}
                )
                ORDER BY i
            ) TO '{folder / f"{number}.parquet"}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 131072)""")


def write_clips(folder, frames):
    """The same rows as Waymark has them: a file for each clip."""
    folder.mkdir(parents=True)
    db = duckdb.connect()
    db.execute("SET partitioned_write_max_open_files = 100000")
    # Read back, moments would be written in microseconds.
    db.execute(f"""COPY (
            SELECT * REPLACE (captured_at_ms::TIMESTAMP_MS AS captured_at_ms), clip_id AS clip
            FROM '{frames}/*.parquet' ORDER BY clip_id
        ) TO '{folder}' (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (clip), OVERWRITE_OR_IGNORE)""")
    for written in list(folder.iterdir()):
        (part,) = written.iterdir()
        part.rename(folder / f"{written.name.removeprefix('clip=')}.parquet")
        written.rmdir()


def timed(command):
    start = time.perf_counter()
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} … ended with {done.returncode}: {done.stderr.strip()[-600:]}")
    return time.perf_counter() - start, done.stdout


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def count_features(path):
    """Features of all tiles, as messages in their layers."""
    count = 0
    with path.open("rb") as file:
        for _, packed in all_tiles(MmapSource(file)):
            tile = gzip.decompress(packed)
            at = 0
            while at < len(tile):
                _, at = varint(tile, at)
                length, at = varint(tile, at)
                end = at + length
                while at < end:
                    key, at = varint(tile, at)
                    if key & 7 == 2:
                        length, at = varint(tile, at)
                        at += length
                        count += key >> 3 == 2
                    else:
                        _, at = varint(tile, at)
    return count


def print_row(cells):
    print("{:<62} {:>20} {:>20} {:>7} {:>12}".format(*cells), flush=True)


def row(name, pairs, ours, theirs, form):
    ours(), theirs()
    results = [(ours(), theirs()) for _ in range(pairs)]
    ratios = [their / our for our, their in results]
    mine, others = (statistics.median(side) for side in zip(*results, strict=True))
    print_row([name, form(mine), form(others), f"{statistics.median(ratios):.2f}", f"{min(ratios):.2f}–{max(ratios):.2f}"])


def tiles(arguments, scratch, name, source, count, zooms):
    ours, theirs = scratch / "ours.pmtiles", scratch / "theirs.pmtiles"
    first, last = zooms
    build = [arguments.waymark, "bench", "tiles", "--input", source, "--out", ours, "--min-zoom", first, "--max-zoom", last]
    # tippecanoe drops points below its base zoom by itself; -r1 keeps them at a single zoom, as we do.
    options = ["-r1"] if first == last else ["--drop-densest-as-needed"]
    peer = [Path(sys.executable).parent / "tippecanoe", "-q", "-P", "-f", "-o", theirs, f"-Z{first}", f"-z{last}"]
    peer += [*options, "-l", "things", source]
    row(f"{name} z{first}–{last} | tippecanoe", arguments.pairs, lambda: timed(build)[0], lambda: timed(peer)[0],
        lambda seconds: f"{count / seconds:,.0f} features/s")
    sizes = [f"{count_features(path):,} features in {path.stat().st_size / 1e6:.1f} MB" for path in [ours, theirs]]
    print(f"    kept: {sizes[0]}; tippecanoe: {sizes[1]}")


# The rule that coverage goes by.
BEST = "(1000000 - quality_ppm, accuracy_mm, captured_at_ms, frame_id)"
# Kept as tables: of a query whose rows are merely counted, DuckDB leaves out what nobody asks for.
QUERIES = {
    "all columns": f"""count(DISTINCT clip_id) AS passes, count(DISTINCT device_id) AS devices,
        min(captured_at_ms) AS first_seen, max(captured_at_ms) AS last_seen,
        arg_min({{'id': frame_id, 'path': image_path, 'at': captured_at_ms}}, {BEST}) AS best""",
    "best id alone": f"arg_min(frame_id, {BEST}) AS best",
    "first id alone": "arg_min(frame_id, captured_at_ms) AS best",
}


def dedupe(arguments, scratch):
    at = "frames/epoch=2025-W50/region=85283083fffffff"
    large, by_clip = scratch / "large" / at, scratch / "clips" / at
    write_frames(large, arguments.rows)
    write_clips(by_clip, large)
    for layout, frames in {"8 files": large, f"{len(list(by_clip.iterdir())):,} files": by_clip}.items():
        ours = [arguments.waymark, "--json", "bench", "dedupe", "--store", frames.parents[2]]

        def query(columns, frames=frames):
            start = time.perf_counter()
            duckdb.sql(f"""CREATE OR REPLACE TEMP TABLE coverage AS
                SELECT h3_cell, heading_octant, {columns} FROM '{frames}/*.parquet' GROUP BY ALL""")
            return time.perf_counter() - start

        for name, columns in QUERIES.items():
            row(f"dedupe of {layout} | DuckDB, {name}", arguments.pairs,
                lambda ours=ours: json.loads(timed(ours)[1])["total_s"],
                lambda columns=columns, query=query: query(columns),
                lambda seconds: f"{arguments.rows / seconds / 1e6:.2f} M rows/s")
            if "passes" in columns:
                same_rows(json.loads(timed(ours)[1]))


def same_rows(found):
    """Ends the run unless DuckDB's coverage is Waymark's, row by row."""
    query = "SELECT passes, devices, best.path FROM coverage ORDER BY h3_cell, heading_octant"
    lines = "".join(f"{passes} {devices} {path}\n" for passes, devices, path in duckdb.sql(query).fetchall())
    if hashlib.sha256(lines.encode()).hexdigest() != found["rows_sha256"]:
        raise SystemExit(f"dedupe: Waymark's {found['slots']} slots are not DuckDB's {lines.count(chr(10))}")


STAGES = {
    "trust": (30, 30, 200), "coverage": (200, 60, 30), "features": (30, 140, 30), "snapshot": (170, 30, 170), "tiles": (20, 130, 220),
}


def rebuild(waymark, out):
    """Measures what one more clip costs on maps of several sizes, says it, and draws it."""
    maps = json.loads(timed([waymark, "--json", "bench", "rebuild"])[1])
    totals = [sum(line[stage] for stage in STAGES) for line in maps]
    for line, total in zip(maps, totals, strict=True):
        stages = ", ".join(f"{stage} {line[stage]:.3f}" for stage in STAGES)
        print(f"one more clip on {line['regions']} regions ({line['frames']:,} frames): {total:.3f} s ({stages}); all of "
              f"it anew: {line['first']:.3f} s")
    width, height, edge = 900, 480, 60
    picture = numpy.full((height, width, 3), 255, numpy.uint8)
    top, most = max(totals) * 1.15, math.log(maps[-1]["regions"] or 1) or 1
    across = lambda line: edge + int(math.log(line["regions"]) / most * (width - 3 * edge))
    up = lambda seconds: height - edge - int(seconds / top * (height - 2 * edge))

    def write(text, place, colour=(0, 0, 0)):
        cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.42, colour, 1, cv2.LINE_AA)

    write("Seconds from one more clip to its tiles, by the size of the map", (edge, 24))
    cv2.line(picture, (edge, edge), (edge, height - edge), (0, 0, 0), 1)
    cv2.line(picture, (edge, height - edge), (width - 2 * edge, height - edge), (0, 0, 0), 1)
    write(f"{top:.1f} s", (8, edge))
    curves = {"together": ((0, 0, 0), totals), **{stage: (colour, [line[stage] for line in maps]) for stage, colour in STAGES.items()}}
    for row, (name, (colour, seconds)) in enumerate(curves.items()):
        spots = [(across(line), up(value)) for line, value in zip(maps, seconds, strict=True)]
        cv2.polylines(picture, [numpy.array(spots)], False, colour, 2 if name == "together" else 1, cv2.LINE_AA)
        write(name, (width - 2 * edge + 10, edge + 18 * row), colour)
    for line in maps:
        write(f"{line['regions']} regions", (across(line) - 20, height - edge + 18))
        write(f"{line['frames']:,} frames", (across(line) - 20, height - edge + 34))
    cv2.imwrite(str(out), picture)
    print(f"drawn: {out}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--waymark", required=True, type=Path)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--plot", type=Path, default=Path("rebuild.png"))
    arguments = parser.parse_args()
    arguments.waymark = arguments.waymark.resolve()
    print_row(["Waymark | beside", "Waymark", "beside", "ratio", "from–to"])
    with tempfile.TemporaryDirectory(prefix="waymark-bench-") as folder:
        scratch = Path(folder)
        points, cells = scratch / "points.ndjson", scratch / "cells.ndjson"
        write_points(points)
        write_cells(cells)
        tiles(arguments, scratch, "points", points, POINTS, (0, 14))
        tiles(arguments, scratch, "points", points, POINTS, (14, 14))
        tiles(arguments, scratch, "H3 cells", cells, 1 + 3 * RINGS * (RINGS + 1), (6, 14))
        dedupe(arguments, scratch)
    print(timed([arguments.waymark, "bench", "h3"])[1].strip())
    rebuild(arguments.waymark, arguments.plot)
    print("The ratio is how many times Waymark is as fast; median of the pairs.")


if __name__ == "__main__":
    main()
