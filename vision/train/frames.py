"""Frames and true boxes of simulated drives, as `waymark simulate` wrote them, gathered into two files.

`frames.npy` holds every STEP-th frame of every drive, [n, height, width, 3], RGB bytes; `boxes.npz` the boxes on them.
"""

from pathlib import Path

import av
import numpy
import pyarrow.parquet

# At ten frames a second and the speeds of a town, so many frames apart two pictures differ.
STEP = 8
COLUMNS = ["drive", "frame", "class", "x_min_px", "y_min_px", "x_max_px", "y_max_px", "visible_ppm"]


class Frames:
    """All pictures, and of each box: its frame, its class, its edges (left, top, right, bottom), its visible share."""

    def __init__(self, folder):
        self.pictures = numpy.load(folder / "frames.npy", mmap_mode="r")
        boxes = numpy.load(folder / "boxes.npz")
        self.frame, self.kind, self.edges, self.visible = (boxes[k] for k in ("frame", "kind", "edges", "visible"))
        order = numpy.searchsorted(self.frame, numpy.arange(len(self.pictures) + 1))
        self.of_frame = [slice(a, b) for a, b in zip(order, order[1:])]


def gather(towns, classes, folder):
    """Decodes the drives of `towns` (folders of `waymark simulate`) into `folder`; nothing where that is done."""
    if (folder / "boxes.npz").exists():
        return
    drives = [(town, drive) for town in towns for drive in sorted((town / "drives").iterdir())]
    first = decoded(drives[0][1])
    shape = (len(drives) * len(first), *first[0].shape)
    pictures = numpy.lib.format.open_memmap(folder / "frames.npy", "w+", numpy.uint8, shape)
    rows = []
    for i, (town, drive) in enumerate(drives):
        start = i * len(first)
        pictures[start : start + len(first)] = decoded(drive)
        rows += boxes(town, int(drive.name), start, classes)
        print(f"\rframes of drive {i + 1} of {len(drives)}", end="", flush=True)
    print()
    pictures.flush()
    rows.sort()
    frame, kind, edges, visible = zip(*rows)
    with open(folder / "boxes.partial", "wb") as file:
        numpy.savez(
            file,
            frame=numpy.array(frame, numpy.int64),
            kind=numpy.array(kind, numpy.int64),
            edges=numpy.array(edges, numpy.float32),
            visible=numpy.array(visible, numpy.float32),
        )
    (folder / "boxes.partial").rename(folder / "boxes.npz")


def decoded(drive):
    with av.open(str(drive / "drive.mp4")) as video:
        frames = video.decode(video=0)
        return [frame.to_ndarray(format="rgb24") for i, frame in enumerate(frames) if i % STEP == 0]


def boxes(town, drive, start, classes):
    """(frame, class, edges, visible share) of the frames of one drive that were taken."""
    table = pyarrow.parquet.read_table(Path(town) / "truth" / "boxes.parquet", columns=COLUMNS)
    for number, frame, name, *edges, visible in zip(*(table[column].to_pylist() for column in COLUMNS)):
        if number == drive and frame % STEP == 0:
            # A class that the pack does not know is a fault of the pack, so it fails here.
            yield start + frame // STEP, classes.index(name), tuple(edges), visible / 1e6
