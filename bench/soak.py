"""Keeps `waymark serve` at a share of what it can for a while, and draws what it holds on to: memory and descriptors.

    bench/soak.py --waymark WAYMARK --minutes 30 --share 0.8 --out soak.png

Prints the slope of the memory, of the last nine tenths of the time, and fails if it is a megabyte a minute or more, or
if descriptors or unfinished files grow.
"""

import argparse
import statistics
import sys
import tempfile
import textwrap
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy

sys.path.insert(0, str(Path(__file__).resolve().parent))
from upload import Bench, Failed  # noqa: E402

# Clips of one call of the load generator: they are made before they are sent, and held in memory by it.
CALL_S = 20
SIZE = 20_000


def clear(server):
    """Half an hour of clips would fill the disk: what has landed is taken away, as a node that processes would."""
    for landed in (server.folder / "store" / "inbox" / "clips").rglob("*.*"):
        landed.unlink()


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
    """Memory and descriptors over the same minutes, each from nought."""
    width, height, edge = 1_200, 500, 60
    picture = numpy.full((height, width, 3), 255, numpy.uint8)
    last = samples[-1][0]

    def write(text, place, colour=(0, 0, 0)):
        cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.42, colour, 1, cv2.LINE_AA)

    cv2.rectangle(picture, (edge, edge), (width - edge, height - edge), (0, 0, 0), 1)
    for row, line in enumerate(textwrap.wrap(title, 150)):
        write(line, (edge, 20 + 16 * row))
    write("0 min", (edge, height - edge + 18))
    write(f"{last / 60:.0f} min", (width - edge - 40, height - edge + 18))
    for column, name, colour, x in [(1, "MB", (30, 30, 200), 4), (2, "files", (200, 60, 30), width - edge + 4)]:
        top = max(sample[column] for sample in samples) * 1.2 or 1
        place = lambda sample: (
            edge + int(sample[0] / last * (width - 2 * edge)),
            height - edge - int(sample[column] / top * (height - 2 * edge)),
        )
        cv2.polylines(picture, [numpy.array([place(sample) for sample in samples])], False, colour, 1, cv2.LINE_AA)
        write(f"{top:.0f}", (x, edge + 10), colour)
        write(name, (x, edge + 26), colour)
    if not cv2.imwrite(out, picture):
        raise Failed(f"{out} cannot be written")


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
    draw(samples, summary, arguments.out)
    # Between two calls nobody is connected: what is open then, in each two minutes, is the server's own.
    own = {}
    for at, _, count, _ in settled:
        own[at // 120] = min(count, own.get(at // 120, count))
    grows = slope_per_minute([(window * 120, count) for window, count in own.items()]) > 1
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
