"""Times a bare inference loop of ONNX Runtime: what calling it costs without anything around it.

    python bench/infer.py --model FILE --threads N --runs R

The input is zeros of the model's own shape; dimensions that the model leaves open are 1. Prints one JSON object with
the median time of a run in milliseconds.
"""

import argparse
import json
import statistics
import time

import numpy
import onnxruntime

WARM_UP_RUNS = 3


def median_ms(model, threads, runs):
    """The median time of `runs` runs on `threads` threads, after a few that do not count."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    entry = session.get_inputs()[0]
    shape = [size if isinstance(size, int) else 1 for size in entry.shape]
    tensor = {entry.name: numpy.zeros(shape, numpy.float32)}
    times_ms = []
    for _ in range(WARM_UP_RUNS + runs):
        start_s = time.perf_counter()
        session.run(None, tensor)
        times_ms.append((time.perf_counter() - start_s) * 1e3)
    return statistics.median(times_ms[WARM_UP_RUNS:])


def main():
    parser = argparse.ArgumentParser(description="Times a bare inference loop of ONNX Runtime.")
    parser.add_argument("--model", required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--runs", type=int, required=True)
    arguments = parser.parse_args()
    print(json.dumps({"median_ms": median_ms(arguments.model, arguments.threads, arguments.runs)}))


if __name__ == "__main__":
    main()
