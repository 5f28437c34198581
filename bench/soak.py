"""Keeps `waymark serve` at a share of what it can for a while, and draws what it holds on to: memory and descriptors.

    bench/soak.py --waymark WAYMARK --minutes 30 --share 0.8 --out soak.png

Prints the slope of the memory, of the last nine tenths of the time, and fails if it is a megabyte a minute or more, or
if descriptors or unfinished files grow.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).resolve().parent))
from upload import Bench, Failed  # noqa: E402

# Clips of one call of the load generator: they are made before they are sent, and held in memory by it.
CALL_S = 20
SIZE = 20_000


def clear(server):
    """Half an hour of clips would fill the disk: what has landed is taken away, as a node that processes would."""
    store = server.folder / "store"
    for clip in (store / "inbox" / "clips").iterdir():
        shutil.rmtree(clip)
    for verdict in (store / "verdicts").rglob("*.parquet"):
        verdict.unlink()


def slope_per_minute(points):
    """Least squares over (seconds, value)."""
    times, values = [point[0] / 60 for point in points], [point[1] for point in points]
    middle, mean = statistics.mean(times), statistics.mean(values)
    spread = sum((at - middle) ** 2 for at in times)
    return sum((at - middle) * (value - mean) for at, value in zip(times, values, strict=True)) / spread if spread else 0


def watch(server, samples, ended):
    begun = time.monotonic()
    staging = server.folder / "store" / "inbox" / ".staging"
    while not ended.wait(2):
        unfinished = sum(1 for path in staging.rglob("*") if path.is_file())
        samples.append((time.monotonic() - begun, server.rss_mb(), server.descriptors(), unfinished))


def draw(samples, title, out):
    """Two curves over the same minutes, without a library: an image is a table of dots."""
    import struct
    import zlib

    width, height, edge = 900, 420, 40
    dots = bytearray(b"\xff" * (width * height * 3))

    def dot(x, y, colour):
        if 0 <= x < width and 0 <= y < height:
            dots[(y * width + x) * 3 : (y * width + x) * 3 + 3] = bytes(colour)

    for x in range(edge, width - edge):
        dot(x, height - edge, (0, 0, 0))
    for y in range(edge, height - edge):
        dot(edge, y, (0, 0, 0))
        dot(width - edge, y, (0, 0, 0))
    last = samples[-1][0]
    for column, colour in [(1, (200, 30, 30)), (2, (30, 60, 200))]:
        top = max(sample[column] for sample in samples) * 1.2 or 1
        for sample in samples:
            x = edge + int(sample[0] / last * (width - 2 * edge))
            y = height - edge - int(sample[column] / top * (height - 2 * edge))
            for dx in (-1, 0, 1):
                for dy in (-1, 0, 1):
                    dot(x + dx, y + dy, colour)
    rows = b"".join(b"\0" + bytes(dots[y * width * 3 : (y + 1) * width * 3]) for y in range(height))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    text = chunk(b"tEXt", b"Title\0" + title.encode("latin-1", "replace"))
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    Path(out).write_bytes(
        b"\x89PNG\r\n\x1a\n" + header + text + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    )


def soak(arguments, scratch):
    bench = Bench(SimpleNamespace(waymark=arguments.waymark, peer="", pairs=1), scratch)
    server = bench.serve()
    samples, ended = [], threading.Event()
    try:
        full = bench.checked(server, "--connections", 8, "--uploads", 1_000, "--size", SIZE)["per_second"]
        rate = full * arguments.share
        watcher = threading.Thread(target=watch, args=(server, samples, ended))
        watcher.start()
        until, landed, worst_ms = time.monotonic() + arguments.minutes * 60, 0, 0
        try:
            while time.monotonic() < until:
                report = bench.load(server, "--rate", rate, "--uploads", int(rate * CALL_S), "--size", SIZE)
                if report["failed"]:
                    raise Failed(f"after {landed} clips: {report['failed']}")
                landed, worst_ms = landed + report["done"], max(worst_ms, report["p99_ms"])
                clear(server)
        finally:
            ended.set()
            watcher.join()
    finally:
        server.stop()
    settled = samples[len(samples) // 10 :]
    slope = slope_per_minute([(at, rss) for at, rss, _, _ in settled])
    descriptors = [sample[2] for sample in settled]
    summary = (
        f"{arguments.minutes} min at {rate:.0f}/s ({arguments.share:.0%} of {full:.0f}/s): {landed} clips landed, "
        f"p99 at most {worst_ms:.0f} ms; memory {settled[0][1]:.0f} to {settled[-1][1]:.0f} MB, {slope:+.2f} MB/min; "
        f"descriptors {min(descriptors)} to {max(descriptors)}; unfinished files {settled[-1][3]} at the end"
    )
    print(summary)
    draw(samples, f"red: memory, blue: descriptors; {summary}", arguments.out)
    grows = slope_per_minute([(at, count) for at, _, count, _ in settled]) > 1
    if slope >= 1 or grows:
        raise Failed("it grows")


def main():
    parser = argparse.ArgumentParser(description="Keeps the endpoint busy and watches what it holds on to.")
    parser.add_argument("--waymark", required=True)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--share", type=float, default=0.8)
    parser.add_argument("--out", default="soak.png")
    arguments = parser.parse_args()
    arguments.waymark = str(Path(arguments.waymark).resolve())
    try:
        with tempfile.TemporaryDirectory(prefix="waymark-soak-") as scratch:
            soak(arguments, scratch)
    except Failed as failure:
        print(f"soak: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
