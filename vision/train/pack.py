"""The pack that is trained for: its classes are those of its `pack.toml`, in that order."""

import tomllib
from pathlib import Path

PACK = Path(__file__).parent.parent / "packs" / "town"


def class_names():
    model = tomllib.loads((PACK / "pack.toml").read_text())["model"][0]
    return [named["name"] for named in sorted(model["class"], key=lambda named: named["index"])]
