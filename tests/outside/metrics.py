"""Reads a server's metrics with the parser of Prometheus' own client and checks what the parser does not.

    python tests/outside/metrics.py URL

Prints every sample as JSON: its name with its labels, and its value.
"""

import json
import sys
import urllib.request

from prometheus_client.parser import text_string_to_metric_families


def check_histogram(family):
    """Buckets never fall, and the last one holds everything that was counted."""
    counts = {}
    for sample in family.samples:
        labels = tuple(sorted((key, value) for key, value in sample.labels.items() if key != "le"))
        found = counts.setdefault(labels, {"buckets": [], "count": None, "sum": None})
        if sample.name.endswith("_bucket"):
            found["buckets"].append((float(sample.labels["le"]), sample.value))
        else:
            found[sample.name.rsplit("_", 1)[1]] = sample.value
    for labels, found in counts.items():
        bounds = [bound for bound, _ in found["buckets"]]
        values = [value for _, value in found["buckets"]]
        if bounds != sorted(bounds) or bounds[-1] != float("inf") or values != sorted(values):
            raise SystemExit(f"{family.name}{dict(labels)}: its buckets are not in order")
        if values[-1] != found["count"] or found["sum"] is None:
            raise SystemExit(f"{family.name}{dict(labels)}: {values[-1]} in buckets, {found['count']} counted")


def main(arguments):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(arguments[0]) as answer:
        if not answer.headers["content-type"].startswith("text/plain; version=0.0.4"):
            raise SystemExit(f"content type {answer.headers['content-type']}")
        text = answer.read().decode()
    samples, names = {}, set()
    for family in text_string_to_metric_families(text):
        if family.name in names or not family.documentation or family.type == "unknown":
            raise SystemExit(f"{family.name}: twice, without help or without a type")
        names.add(family.name)
        if family.type == "histogram":
            check_histogram(family)
        for sample in family.samples:
            labels = ",".join(f"{key}={value}" for key, value in sorted(sample.labels.items()))
            samples[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    print(json.dumps(samples))


if __name__ == "__main__":
    main(sys.argv[1:])
