"""Writes a trained network into its pack: the ONNX file, and its size and SHA-256 in `pack.toml`."""

import hashlib
import re

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
    data = file.read_bytes()
    text = (pack / "pack.toml").read_text()
    text = re.sub(r'sha256 = "[0-9a-f]{64}"', f'sha256 = "{hashlib.sha256(data).hexdigest()}"', text)
    text = re.sub(r"size_bytes = \d+", f"size_bytes = {len(data)}", text)
    (pack / "pack.toml").write_text(text)
    print(f"{file}: {len(data)} bytes, {sum(p.numel() for p in net.parameters())} parameters")
