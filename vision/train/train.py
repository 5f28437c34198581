"""Trains the detector of the pack `town` on simulated drives, and writes it into the pack.

    python vision/train/train.py --waymark target/release/waymark --work FOLDER

What is there already in the work folder is not made again: drives, frames, and the state of training, which is saved
every SAVE_STEPS steps, so that an interrupted run goes on. Nothing is read but what `waymark simulate` makes.
"""

import argparse
import math
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import torch

import crops
import export
import frames
from loss import loss, targets
from network import TownNet
from pack import PACK, class_names

# Towns of these seeds are for training alone: whoever measures the model takes others.
SEEDS = range(1000, 1195)
DRIVES, SECONDS = 4, 8
# Hours (UTC) at which the first of a town's drives begins: dawn, day, dusk and night of the simulated longitude. From
# DARK_FROM on three drives in five are at dusk or by night, when what moves is smeared; before it, two in five.
HOURS, DARK_HOURS = (13, 16, 19, 22, 1, 4, 8), (4, 8, 1, 20, 6, 3, 14)
DARK_FROM = 1150
SEED = 1
WARM_UP_STEPS = 200
WEIGHT_DECAY = 1e-3
# Of the weights that are exported, the running mean of those that are trained.
MEAN_DECAY = 0.998
SAVE_STEPS = 250


class Phase(NamedTuple):
    """A stretch of training. The rate falls along half a cosine of `fall_steps`; with fewer `steps` it is left early."""

    steps: int
    rate: float
    fall_steps: int
    # See `loss`.
    compete: bool
    # The share of pictures that are mosaics, and how often the classes are drawn for them.
    mosaics: float
    draws: dict
    # What a fault costs, by class.
    costs: dict
    # The share of pictures that are smeared, and the share that is dim.
    hardships: float = 0.0
    # Whether every other picture is mirrored.
    mirrors: bool = False


# Faces and the heads that they are taken for.
HEADS = {"face": 8, crops.BACK: 8}
SELDOM = {"plate": 2, "traffic-light": 2, "street-lamp": 2}
# A lamp on the other side of a crossing, and a light seen from its side.
BY_THE_SIDE = {"plate": 2, "traffic-light": 3, "street-lamp": 4}
# First things are found, then told apart, then faces from the backs of heads, which takes longest, then what is smeared
# or in the dark, and last what stands by the side.
PHASES = (
    Phase(3500, 2e-3, 5800, False, 0.0, {}, {}),
    Phase(2000, 1.5e-3, 3500, True, 0.6, {"face": 3} | {f"speed-limit-{kmh}": 2 for kmh in (30, 40, 50, 60)}, {}),
    Phase(2400, 1e-3, 2400, True, 0.5, HEADS, {"face": 4}),
    Phase(2000, 7e-4, 2000, True, 0.5, HEADS, {"face": 4}),
    Phase(3100, 1e-3, 7000, True, 0.5, HEADS, {"face": 4}),
    Phase(4500, 8e-4, 4500, True, 0.5, HEADS, {"face": 4}, 0.25),
    Phase(3000, 6e-4, 3000, True, 0.5, HEADS, {"face": 4}, 0.25, True),
    Phase(3500, 6e-4, 3500, True, 0.5, HEADS, {"face": 4}, 0.25, True),
    Phase(5000, 1e-3, 5000, True, 0.5, HEADS, {"face": 4}, 0.25, True),
    Phase(2500, 1e-3, 2600, True, 0.5, HEADS, {"face": 4}, 0.25, True),
    Phase(1500, 1e-3, 4000, True, 0.5, HEADS, {"face": 4}, 0.25, True),
    Phase(2500, 7e-4, 2500, True, 0.5, HEADS | {"traffic-light": 2}, {"face": 4}, 0.25, True),
    Phase(3000, 5e-4, 3000, True, 0.5, HEADS | SELDOM, {"face": 4}, 0.35, True),
    Phase(2600, 5e-4, 2600, True, 0.5, HEADS | BY_THE_SIDE, {"face": 4}, 0.35, True),
)


def main():
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--waymark", type=Path, required=True, help="the program")
    ask.add_argument("--work", type=Path, required=True, help="folder for drives, frames and the state of training")
    what = ask.parse_args()
    names = class_names()
    towns = [simulated(what.waymark, what.work / "towns" / str(seed), seed) for seed in SEEDS]
    frames.gather(towns, names, what.work)
    net = train(frames.Frames(what.work), names, what.work / "state.pt")
    export.write(net, names, PACK)


def simulated(waymark, folder, seed):
    """The folder of a town's drives; its last file is written when all is there."""
    done = folder / "done"
    if not done.exists():
        hours = DARK_HOURS if seed >= DARK_FROM else HOURS
        start = f"2026-01-12T{hours[seed % len(hours)]:02}:{seed * 13 % 60:02}:00Z"
        options = {"seed": seed, "drives": DRIVES, "seconds": SECONDS, "start": start, "out": folder}
        words = [str(word) for name, value in options.items() for word in (f"--{name}", value)]
        print(f"simulating town {seed}", flush=True)
        subprocess.run([waymark, "simulate", *words], check=True, stdout=subprocess.DEVNULL)
        done.touch()
    return folder


def train(data, classes, state_file):
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(SEED)
    net = TownNet(len(classes)).to(device, memory_format=torch.channels_last)
    mean = torch.optim.swa_utils.AveragedModel(
        net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(MEAN_DECAY), use_buffers=True
    )
    weights = torch.optim.AdamW(net.parameters(), weight_decay=WEIGHT_DECAY)
    parts = {"net": net, "mean": mean, "weights": weights}
    begin = load(state_file, parts, device)
    source = crops.Crops(data, classes, SEED)

    def batch(step):
        phase, _ = phase_of(step)
        pictures, truths = source.batch(step, phase)
        return pictures, targets(truths, pictures.shape[2:], len(classes))

    with ThreadPoolExecutor(1) as loader:
        coming = loader.submit(batch, begin)
        clock, sums = time.monotonic(), torch.zeros(2)
        for step in range(begin, sum(phase.steps for phase in PHASES)):
            phase, _ = phase_of(step)
            costs = torch.tensor([phase.costs.get(name, 1.0) for name in classes], device=device)
            pictures, wanted = coming.result()
            coming = loader.submit(batch, step + 1)
            for group in weights.param_groups:
                group["lr"] = learning_rate(step)
            wanted = [[maps.to(device) for maps in level] for level in wanted]
            sums += advance(net, weights, (pictures.to(device), wanted), (phase.compete, costs))
            mean.update_parameters(net)
            if (step + 1) % SAVE_STEPS == 0:
                seconds, clock = time.monotonic() - clock, time.monotonic()
                save(state_file, parts, step + 1)
                class_loss, box_loss = (sums / SAVE_STEPS).tolist()
                print(f"step {step + 1}: class {class_loss:.4f}, box {box_loss:.4f}, {seconds:.0f} s", flush=True)
                sums.zero_()
    return mean.module


def phase_of(step):
    """The phase that a step belongs to, and its place in it. The step after the last one belongs to the last phase."""
    for phase in PHASES:
        if step < phase.steps or phase is PHASES[-1]:
            return phase, step
        step -= phase.steps


def learning_rate(step):
    if step < WARM_UP_STEPS:
        return PHASES[0].rate * (0.05 + 0.95 * step / WARM_UP_STEPS)
    phase, place = phase_of(step)
    place -= WARM_UP_STEPS if phase is PHASES[0] else 0
    # To a hundredth of what it was.
    return phase.rate * (0.01 + 0.99 * (1 + math.cos(math.pi * place / phase.fall_steps)) / 2)


def advance(net, weights, batch, terms):
    """One step; the two parts of its loss."""
    pictures, wanted = batch
    with torch.autocast(pictures.device.type, torch.bfloat16):
        levels = net(pictures.contiguous(memory_format=torch.channels_last))
    class_loss, box_loss = loss(levels, wanted, *terms)
    weights.zero_grad()
    (class_loss + box_loss).backward()
    torch.nn.utils.clip_grad_norm_(net.parameters(), 10.0)
    weights.step()
    return torch.tensor([class_loss.item(), box_loss.item()])


def load(file, parts, device):
    """The step to go on from."""
    if not file.exists():
        return 0
    state = torch.load(file, device, weights_only=True)
    for name, part in parts.items():
        part.load_state_dict(state[name])
    return state["step"]


def save(file, parts, step):
    partial = file.with_suffix(".partial")
    torch.save({"step": step, **{name: part.state_dict() for name, part in parts.items()}}, partial)
    partial.rename(file)


if __name__ == "__main__":
    main()
