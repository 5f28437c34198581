"""Measures how fast warm tiles are served: a real `waymark serve`, asked by wrk for every tile that a store has.

    bench/tiles_http.py WAYMARK STORE [--seconds 8] [--connections 64]

Prints a line of JSON: requests and megabytes a second, latencies, how many requests were answered otherwise, and the
processor time that the server took for each, which says most on a machine that has other things to do.
"""

import argparse
import json
import math
import os
import re
import subprocess
import sys
import tempfile
import urllib.request

# Enough to go beyond one hot tile, few enough to be found quickly.
TILES_MAX = 831
# One address asks here for as much as it can get.
OPEN = "[access]\npublic_requests_per_s = 100_000_000\npublic_requests_burst = 100_000_000\n"


def get(url):
    request = urllib.request.Request(url, headers={"accept-encoding": "gzip"})
    with urllib.request.urlopen(request) as answer:
        return answer.status, answer.read()


def column(longitude, zoom):
    return int((longitude + 180) / 360 * 2**zoom)


def row(latitude, zoom):
    north = math.asinh(math.tan(math.radians(latitude)))
    return int((1 - north / math.pi) / 2 * 2**zoom)


def tiles_of(tilejson):
    """Paths of the tiles that are there, from afar to near."""
    west, south, east, north = tilejson["bounds"]
    template = tilejson["tiles"][0]
    found = []
    for zoom in range(tilejson["minzoom"], tilejson["maxzoom"] + 1):
        for x in range(column(west, zoom), column(east, zoom) + 1):
            for y in range(row(north, zoom), row(south, zoom) + 1):
                url = template.replace("{z}", str(zoom)).replace("{x}", str(x)).replace("{y}", str(y))
                status, body = get(url)
                if status == 200:
                    found.append((url[url.index("/tiles/"):], len(body)))
                if len(found) == TILES_MAX:
                    return found
    return found


SCRIPT = """
local paths = {%s}
local at = 0
request = function()
  at = at %% #paths + 1
  return wrk.format("GET", paths[at], {["accept-encoding"] = "gzip"})
end
done = function(summary, latency)
  local errors = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status
  io.write(string.format("figures %%d %%d %%d %%d %%d %%d\\n", summary.requests, summary.duration, summary.bytes,
    latency:percentile(50), latency:percentile(99), errors + summary.errors.timeout))
end
"""


def measure(url, paths, seconds, connections):
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(SCRIPT % ",".join(json.dumps(path) for path in paths))
        script.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", script.name, url]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    figures = re.search(r"figures (.*)", said).group(1)
    requests, duration_us, size_bytes, p50_us, p99_us, errors = map(int, figures.split())
    return {
        "requests_per_s": round(requests / duration_us * 1e6),
        "megabytes_per_s": round(size_bytes / duration_us, 1),
        "p50_ms": p50_us / 1e3,
        "p99_ms": p99_us / 1e3,
        "errors": errors,
    }


def cpu_s(process):
    """What a process has taken of processors, on Linux."""
    with open(f"/proc/{process.pid}/stat", encoding="ascii") as file:
        user, system = file.read().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("waymark")
    parser.add_argument("store")
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--connections", type=int, default=64)
    asked = parser.parse_args()
    serve = ["--json", "serve", "--store", asked.store, "--listen", "127.0.0.1:0", "--ingest-only"]
    with tempfile.TemporaryFile() as log, tempfile.NamedTemporaryFile("w", suffix=".toml") as config:
        config.write(OPEN)
        config.flush()
        command = [asked.waymark, "--config", config.name, *serve]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            url = json.loads(server.stdout.readline())["listening"]
            tiles = tiles_of(json.loads(get(url + "/tiles.json")[1]))
            paths = [path for path, _ in tiles]
            measure(url, paths, 1, asked.connections)
            before_s = cpu_s(server)
            figures = measure(url, paths, asked.seconds, asked.connections)
            requests = figures["requests_per_s"] * asked.seconds
            figures["cpu_us_per_request"] = round((cpu_s(server) - before_s) / requests * 1e6, 1)
        finally:
            server.terminate()
            server.wait()
    mean = sum(size for _, size in tiles) / len(tiles)
    print(json.dumps({"tiles": len(tiles), "mean_bytes": round(mean), **figures}))
    return 0 if figures["errors"] == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
