"""Writes a trained network into its pack: the ONNX file, and its size and SHA-256 in `pack.toml`."""

import hashlib
import re

import numpy
import onnx
import torch

from crops import READ
from network import Exported

FILE = "town.onnx"
# The oldest set of operators that has what the network needs, so that old runtimes read it too.
OPSET = 13


def write(net, classes, pack):
    # Batch normalisation is folded into the convolutions before it.
    whole = Exported(net, [name.startswith(READ) for name in classes]).to("cpu", torch.float32).eval()
    picture = torch.zeros(1, 3, 736, 1280)
    sides = {2: "height", 3: "width"}
    file = pack / FILE
    torch.onnx.export(
        whole,
        (picture,),
        str(file),
        input_names=["images"],
        output_names=["output"],
        dynamic_axes={"images": sides, "output": {1: "cells"}},
        opset_version=OPSET,
        dynamo=False,
    )
    onnx.save(halved(onnx.load(file)), file)
    data = file.read_bytes()
    text = (pack / "pack.toml").read_text()
    text = re.sub(r'sha256 = "[0-9a-f]{64}"', f'sha256 = "{hashlib.sha256(data).hexdigest()}"', text)
    text = re.sub(r"size_bytes = \d+", f"size_bytes = {len(data)}", text)
    (pack / "pack.toml").write_text(text)
    print(f"{file}: {len(data)} bytes, {sum(p.numel() for p in net.parameters())} parameters")


def halved(model):
    """The model with each weight stored in 16 bits and widened to 32 when it is loaded: half as large a file, and weights
    that are off by no more than one part in 2,048. What is computed stays in 32 bits."""
    graph = model.graph
    for weights in [part for part in graph.initializer if part.data_type == onnx.TensorProto.FLOAT]:
        half = onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(weights).astype(numpy.float16), f"{weights.name}.half")
        graph.node.insert(0, onnx.helper.make_node("Cast", [half.name], [weights.name], to=onnx.TensorProto.FLOAT))
        graph.initializer.remove(weights)
        graph.initializer.append(half)
    onnx.checker.check_model(model)
    return model
