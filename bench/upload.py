"""Loads `waymark serve` and, by turns, @tus/server with the same client; prints what became of it.

Both servers store on the same disk, and the client is `waymark bench upload` for both: for Waymark with a signed
manifest before each file, and until the clip has landed; for the peer a creation and a PATCH. A ratio is taken within
each pair of turns, and the median of these is printed. After each turn the clips that landed are counted on the disk:
as many as were acknowledged, or the turn fails.
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent

# What a server is run at, as shares of what it can: at ease, and as busy as in the soak.
USUAL_SHARES = [0.5, 0.8]


class Failed(Exception):
    """A server that did not do what it was asked."""


class Server:
    """A process that says where it listens, and its folder, whose files are empty when it is stopped.

    They are deleted with all others at the end: without a journal, ext4 looks for a new file's inode past each one that
    was freed in the last minutes, and every server would be slower than the one before it.
    """

    def __init__(self, command, scratch, read_url):
        self.folder = Path(tempfile.mkdtemp(dir=scratch))
        self.process = subprocess.Popen(
            command(self.folder), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.url = read_url(self.process.stdout.readline())

    def peak_mb(self):
        """The most memory that it has held."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
        raise Failed("the system does not say how much memory a process has held")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def rss_mb(self):
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        finally:
            self.process.kill()
            self.process.wait()
            for path in self.folder.rglob("*"):
                if path.is_file() and path.stat().st_size:
                    os.truncate(path, 0)


class Bench:
    def __init__(self, arguments, scratch):
        self.waymark = arguments.waymark
        self.peer_modules = arguments.peer
        self.pairs = arguments.pairs
        self.scratch = scratch

    def run(self, *arguments, before=()):
        command = [*before, self.waymark, "--json", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        lines = done.stdout.splitlines()
        if not lines:
            raise Failed(f"waymark {' '.join(map(str, arguments[:3]))} … ended with {done.returncode}: {done.stderr[-600:]}")
        return json.loads(lines[-1])

    def serve(self):
        def command(folder):
            return [self.waymark, "--json", "serve", "--store", folder / "store", "--listen", "127.0.0.1:0", "--ingest-only"]

        server = Server(command, self.scratch, lambda line: json.loads(line)["listening"])
        server.landed = 0
        return server

    def peer(self):
        command = lambda folder: ["node", HERE / "tus-server" / "server.mjs", self.peer_modules, folder]
        return Server(command, self.scratch, str.strip)

    def load(self, server, *options, before=()):
        return self.run("bench", "upload", "--to", server.url, "--store", server.folder / "store", *options, before=before)

    def load_peer(self, server, *options):
        return self.run("bench", "upload", "--to", server.url, "--protocol", "tus", *options)

    def checked(self, server, *options):
        """A load of ours without a failure, after which all that was acknowledged is on the disk."""
        report = self.load(server, *options)
        if report["failed"]:
            raise Failed(f"waymark {options}: {report['failed']}")
        clips = server.folder / "store" / "inbox" / "clips"
        landed = sum(1 for _ in clips.glob("*/*.landed.json"))
        if landed != server.landed + report["done"]:
            raise Failed(f"{report['done']} were acknowledged, {landed - server.landed} landed")
        server.landed = landed
        return report


def print_row(*cells):
    print("{:<34} {:>16} {:>16} {:>7} {:>12}".format(*cells), flush=True)


def throughput(bench):
    """8 connections, beside the peer."""
    print_row("8 connections", "Waymark", "@tus/server", "ratio", "from–to")
    for size, warming, uploads, unit, key in [
        (1_000_000, 200, 1_000, "uploads/s", "per_second"),
        (20_000_000, 10, 40, "MB/s", "megabytes_per_second"),
    ]:
        options = ["--connections", 8, "--size", size, "--uploads"]
        ours, theirs = [], []
        for _ in range(bench.pairs):
            for make, load, values in [
                (bench.serve, bench.checked, ours),
                (bench.peer, bench.load_peer, theirs),
            ]:
                server = make()
                try:
                    # As it is while it runs, and not in its first second.
                    load(server, *options, warming)
                    values.append(load(server, *options, uploads)[key])
                finally:
                    server.stop()
        ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
        spread = f"{min(ratios):.2f}–{max(ratios):.2f}"
        medians = [f"{statistics.median(values):.0f} {unit}" for values in (ours, theirs)]
        print_row(f"{size / 1e6:.0f} MB each", *medians, f"{statistics.median(ratios):.2f}", spread)


def say(what, report, *more):
    times = f"p50 {report['p50_ms']:.0f} ms, p99 {report['p99_ms']:.0f} ms, longest {report['max_ms']:.0f} ms"
    away = f"{report['sent_away']} sent away (p99 {report['sent_away_p99_ms']:.0f} ms)"
    rate = f"{report['per_second']:.0f}/s"
    print(f"{what}: {report['done']} landed, {rate}, {times}; {away}, {sum(report['failed'].values())} failed", *more, flush=True)


def burst(bench):
    """Ten thousand connections in the same moment."""
    for size in [4_000, 64_000]:
        server = bench.serve()
        try:
            report = bench.checked(server, "--connections", 10_000, "--uploads", 10_000, "--size", size, "--devices", 1_000)
            say(f"10,000 connections at once x {size // 1000} KB", report, f"peak memory {server.peak_mb():.0f} MB")
        finally:
            server.stop()


def slow(bench):
    """Two thousand clients that hold on to their connections, and honest ones between them."""
    server = bench.serve()
    options = ["--connections", 8, "--uploads", 2_000, "--size", 200_000]
    try:
        bench.checked(server, *options)
        shares = []
        for _ in range(bench.pairs):
            alone = bench.checked(server, *options)
            say("honest clients alone", alone)
            beside = bench.checked(server, *options, "--slow", 2_000)
            shares.append(beside["per_second"] / alone["per_second"])
            say("beside 2,000 slow ones", beside, f"{shares[-1]:.0%} of the throughput")
        spread = f"{min(shares):.0%}–{max(shares):.0%}"
        print(f"beside slow ones honest clients keep {statistics.median(shares):.0%} of the throughput, {spread}", flush=True)
        # None of the slow ones may stay: of a header 30 s, of a body as long.
        held = bench.checked(server, "--uploads", 60, "--size", 4_000, "--rate", 1, "--slow", 2_000)
        print(f"of {held['slow']} slow connections {held['slow_cut']} were cut within a minute", flush=True)
    finally:
        server.stop()


def overload(bench):
    """Three times what it can, for a minute; then what it is like again."""
    server = bench.serve()
    try:
        # The first warms up.
        for _ in range(2):
            rate = bench.checked(server, "--connections", 8, "--uploads", 2_000, "--size", 100_000)["per_second"]
        usual_p99_ms = []

        def run_as_usual(when):
            for share in USUAL_SHARES:
                options = ["--rate", rate * share, "--uploads", int(rate * share * 10), "--size", 100_000]
                report = bench.checked(server, *options)
                say(f"{when}, at {share:.0%} of {rate:.0f}/s", report)
                usual_p99_ms.append(report["p99_ms"])

        run_as_usual("before")
        over = bench.checked(server, "--rate", rate * 3, "--uploads", int(rate * 180), "--size", 100_000, "--devices", 1_000)
        say("at three times as much for 60 s", over, f"peak memory {server.peak_mb():.0f} MB")
        run_as_usual("right after")
        ratios = ", ".join(f"{over['p99_ms'] / p99_ms:.2f}" for p99_ms in usual_p99_ms)
        print(f"p99 of what landed in the overload, beside each of these: x {ratios}", flush=True)
    finally:
        server.stop()


def flood(bench):
    """One driver uploads as fast as a hundred; the others do what they did before."""
    server = bench.serve()
    polite = ["--rate", 20, "--uploads", 400, "--size", 100_000]
    # Whoever floods has a processor of their own: here it takes what the others leave of this one.
    flooding = ["--connections", 64, "--uploads", 2_000, "--size", 100_000, "--devices", 1]

    def push(ended):
        while not ended.is_set():
            bench.load(server, *flooding, before=["nice", "-n", "19"])

    try:
        bench.checked(server, *polite)
        ratios = []
        for _ in range(bench.pairs):
            alone = bench.load(server, *polite)
            say("others alone", alone)
            ended = threading.Event()
            flooder = threading.Thread(target=push, args=(ended,))
            flooder.start()
            try:
                time.sleep(2)
                beside = bench.load(server, *polite)
            finally:
                ended.set()
                flooder.join()
            ratios.append(beside["p99_ms"] / alone["p99_ms"])
            say("beside one that floods", beside, f"p99 x {ratios[-1]:.2f}")
        print(f"the others' p99: x {statistics.median(ratios):.2f}, {min(ratios):.2f}–{max(ratios):.2f}", flush=True)
    finally:
        server.stop()


PARTS = {"throughput": throughput, "burst": burst, "slow": slow, "overload": overload, "flood": flood}


def parse_arguments():
    parser = argparse.ArgumentParser(description="Loads the endpoint.")
    parser.add_argument("--waymark", required=True)
    parser.add_argument("--peer", required=True)
    parser.add_argument("--pairs", type=int, required=True)
    parser.add_argument("parts", nargs="*", metavar="PART")
    arguments = parser.parse_args()
    for part in arguments.parts:
        if part not in PARTS:
            parser.error(f"there is no part {part} ({' '.join(PARTS)})")
    return arguments


def main():
    arguments = parse_arguments()
    arguments.waymark = str(Path(arguments.waymark).resolve())
    # Ends like an exception, so that servers are stopped and folders removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    parts = arguments.parts or ["throughput", "burst"]
    if not Path(arguments.peer).is_dir() and "throughput" in parts:
        print("SKIPPED: the throughput, which is measured beside @tus/server only", file=sys.stderr)
        parts.remove("throughput")
    try:
        with tempfile.TemporaryDirectory(prefix="waymark-load-", dir=os.environ.get("BENCH_DIR")) as scratch:
            bench = Bench(arguments, scratch)
            for part in parts:
                PARTS[part](bench)
    except Failed as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
