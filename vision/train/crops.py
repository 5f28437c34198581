"""What the network is shown: crops of frames, changed a little. The crops of a step follow from the seed and its number."""

import numpy
import torch
from torch.nn import functional

WIDTH, HEIGHT = 512, 384
BATCH = 12
# Boxes that are seen less, or are lower, are neither asked for nor counted against.
VISIBLE_MIN = 0.4
HEIGHT_MIN_PX = 6
# Large things are near and so rare: within each class, boxes of these ranges of height are drawn so often, relative to
# each other. Most of what has to be found, and is not, is in the middle one.
HEIGHTS_PX = {(HEIGHT_MIN_PX, 16): 1, (16, 32): 2, (32, 1e9): 1}
# The back of a head, where a person shows no face: what a face is most easily taken for. It is drawn, never asked for.
BACK = "back-of-head"
# A person's head is about so much of their height, and is looked at if it is as high as a face that is asked for.
HEAD_SHARE = 1 / 7
# How often crops of one piece are around a box of a class, relative to the others. What is missed of these two is a
# person's privacy.
WEIGHTS = {"face": 2, "plate": 2}
# Shares of crops around such a box, and somewhere at random; the others lie around the horizon.
AROUND, ANYWHERE = 0.7, 0.15
# Crops are made smaller or larger by up to so much.
ZOOM = (0.75, 1.8)
# What is read, and so has no mirror image.
READ = ("stop-sign", "speed-limit")
# What is flat, and how much narrower it is shown in half of the crops around it: from the side, as few drives pass it.
FLAT = ("stop-sign", "yield-sign", "no-entry-sign", "speed-limit", "traffic-light")
SQUEEZE_MAX = 3.5
# How far a picture is smeared, in pixels to either side: a camera that turns by night smears a face over twice its
# width.
SMEAR_PX = (2, 14)
# What is left of the light at dusk, and how noisy it is then, in levels of 255.
DUSK_GAIN, DUSK_NOISE = (0.3, 0.8), (2, 8)


class Crops:
    def __init__(self, frames, classes, seed):
        self.frames, self.seed = frames, seed
        self.is_read, self.is_flat = (numpy.array([name.startswith(of) for name in classes]) for of in (READ, FLAT))
        heights = frames.edges[:, 3] - frames.edges[:, 1]
        backs = backs_of_heads(frames, classes)
        self.edges = numpy.concatenate([frames.edges, backs[1]])
        self.frame = numpy.concatenate([frames.frame, backs[0]])
        self.kinds = []
        for kind, name in enumerate(classes):
            asked = (frames.visible >= VISIBLE_MIN) & (frames.kind == kind)
            within = {span: numpy.flatnonzero(asked & (heights >= span[0]) & (heights < span[1])) for span in HEIGHTS_PX}
            whole = sum(HEIGHTS_PX[span] for span, boxes in within.items() if len(boxes))
            self.kinds += [(name, HEIGHTS_PX[span] / whole, boxes) for span, boxes in within.items() if len(boxes)]
        self.kinds.append((BACK, 1.0, numpy.arange(len(frames.edges), len(self.edges))))
        self.whole_shares = self.shares(WEIGHTS)

    def shares(self, weights):
        """Cumulated, over classes and ranges of height: a class that is not named has 1."""
        shares = [weights.get(name, name != BACK) * share for name, share, _ in self.kinds]
        return numpy.cumsum(shares) / sum(shares)

    def batch(self, step, phase):
        """Pictures [n, 3, HEIGHT, WIDTH] as float, of which a share are mosaics, and of each picture its boxes:
        (class, edges, whether it is asked for)."""
        random = numpy.random.default_rng([self.seed, step])
        shares = self.shares(phase.draws)
        is_mosaic = lambda: phase.mosaics and random.random() < phase.mosaics
        make = lambda: self.mosaic(random, shares) if is_mosaic() else self.part(random, (WIDTH, HEIGHT), None)
        pictures, truths = zip(*(make() for _ in range(BATCH)))
        if phase.hardships:
            hard = (harden(random, picture, truth, phase.hardships) for picture, truth in zip(pictures, truths))
            pictures, truths = zip(*hard)
        if phase.mirrors:
            pictures, truths = zip(*map(lambda *shown: self.mirrored(random, *shown), pictures, truths))
        return torch.stack(pictures), truths

    def mirrored(self, random, picture, truth):
        """A picture and its boxes, left and right exchanged in every other one that shows nothing to be read."""
        kinds, edges, asked = truth
        if self.is_read[kinds].any() or random.random() < 0.5:
            return picture, truth
        edges = numpy.stack([WIDTH - edges[:, 2], edges[:, 1], WIDTH - edges[:, 0], edges[:, 3]], 1)
        return picture.flip(2), (kinds, edges, asked)

    def mosaic(self, random, shares):
        """Four crops around boxes, put together (Bochkovskiy et al. 2020, arXiv:2004.10934): many small things in one
        picture."""
        size = (WIDTH // 2, HEIGHT // 2)
        parts = [self.squeezed(random, size, self.around(random, shares)) for _ in range(4)]
        corners = [(x, y) for y in (0, size[1]) for x in (0, size[0])]
        rows = [torch.cat([parts[i][0], parts[i + 1][0]], 2) for i in (0, 2)]
        kinds, edges, asked = zip(*(truth for _, truth in parts))
        edges = [boxes + numpy.array(corner * 2) for boxes, corner in zip(edges, corners)]
        return torch.cat(rows, 1), tuple(numpy.concatenate(part) for part in (kinds, edges, asked))

    def squeezed(self, random, size, box):
        """A piece around a box, of which half that are around something flat show it narrower; what is not flat does not
        look so from anywhere, and is not asked for there."""
        is_flat = box < len(self.frames.kind) and self.is_flat[self.frames.kind[box]]
        if not is_flat or random.random() < 0.5:
            return self.part(random, size, box)
        squeeze = float(numpy.exp(random.uniform(0, numpy.log(SQUEEZE_MAX))))
        picture, (kinds, edges, asked) = self.part(random, size, box, squeeze)
        return picture, (kinds, edges, asked & self.is_flat[kinds])

    def part(self, random, size, box, squeeze=1.0):
        """A piece of a frame as a picture of `size`: around a box, or anywhere."""
        frames = self.frames
        scale = 1.0 if random.random() < 0.4 else float(numpy.exp(random.uniform(*numpy.log(ZOOM))))
        width, height = round(size[0] / scale * squeeze), round(size[1] / scale)
        frame, (x, y) = self.place(random, (width, height), box)
        picture = torch.from_numpy(frames.pictures[frame, y : y + height, x : x + width].copy()).permute(2, 0, 1).float()
        if picture.shape[1:] != size[::-1]:
            picture = functional.interpolate(picture[None], size[::-1], mode="bilinear", align_corners=False)[0]
        span = frames.of_frame[frame]
        shift, zoom = numpy.array([x, y, x, y]), numpy.array([size[0] / width, size[1] / height] * 2)
        truth = cut((frames.edges[span] - shift) * zoom, frames.kind[span], frames.visible[span], size)
        return self.light(random, picture), truth

    def around(self, random, shares):
        """A box: of a class, of a range of height, and of those any."""
        return random.choice(self.kinds[numpy.searchsorted(shares, random.random())][2])

    def place(self, random, size, box):
        """A frame, and where in it a crop of `size` begins."""
        frames, dice = self.frames, random.random()
        limits = (frames.pictures.shape[2] - size[0], frames.pictures.shape[1] - size[1])
        if box is None and dice < AROUND:
            box = self.around(random, self.whole_shares)
        if box is not None:
            left, top, right, bottom = self.edges[box]
            middle = ((left + right) / 2, (top + bottom) / 2)
            corner = [int(m - s * random.uniform(0.15, 0.85)) for m, s in zip(middle, size)]
            frame = self.frame[box]
        else:
            frame = random.integers(len(frames.pictures))
            share = (random.random(), 0.25 if dice > AROUND + ANYWHERE else random.random())
            corner = [int(limit * part) for limit, part in zip(limits, share)]
        return frame, [int(numpy.clip(c, 0, limit)) for c, limit in zip(corner, limits)]

    @staticmethod
    def light(random, picture):
        """Another exposure, contrast, colour of light, and more noise."""
        if random.random() < 0.5:
            gains = random.uniform(0.93, 1.07, (3, 1, 1)) * random.uniform(0.75, 1.3)
            picture = picture * torch.from_numpy(gains).float() + float(random.uniform(-12, 12))
        if random.random() < 0.3:
            noise = random.standard_normal(picture.shape, numpy.float32) * random.uniform(0, 6)
            picture = picture + torch.from_numpy(noise)
        return picture.clamp(0, 255)


def harden(random, picture, truth, share):
    """Smears a share of pictures, mostly sideways as a camera does that turns, and dims a share of them. What is
    smeared shows as far as its light fell."""
    if random.random() < share:
        reach = int(random.integers(SMEAR_PX[0], SMEAR_PX[1] + 1))
        down, across = (0, reach) if random.random() < 0.8 else (reach, 0)
        window = (2 * down + 1, 2 * across + 1)
        picture = functional.avg_pool2d(picture[None], window, 1, (down, across), count_include_pad=False)[0]
        kinds, edges, asked = truth
        height, width = picture.shape[1:]
        wider = (edges + [-across, -down, across, down]).clip(0, [width, height, width, height])
        truth = (kinds, wider, asked)
    if random.random() < share:
        noise = random.standard_normal(picture.shape, numpy.float32) * random.uniform(*DUSK_NOISE)
        picture = (picture * random.uniform(*DUSK_GAIN) + torch.from_numpy(noise)).clamp(0, 255)
    return picture, truth


def backs_of_heads(frames, classes):
    """Frames and edges of the heads of persons, well seen, whose face no box shows."""
    persons = (frames.kind == classes.index("person")) & (frames.visible >= 0.6)
    persons &= (frames.edges[:, 3] - frames.edges[:, 1]) * HEAD_SHARE >= HEIGHT_MIN_PX
    heads = frames.edges.copy()
    heads[:, 3] = heads[:, 1] + (heads[:, 3] - heads[:, 1]) * HEAD_SHARE
    faces = frames.kind == classes.index("face")
    found = []
    for person in numpy.flatnonzero(persons):
        others = frames.of_frame[frames.frame[person]]
        face = frames.edges[others][faces[others]]
        apart = (face[:, :2] > heads[person, 2:]).any(1) | (face[:, 2:] < heads[person, :2]).any(1)
        if apart.all():
            found.append(person)
    return frames.frame[found], heads[found]


def cut(edges, kinds, visible, size):
    """The boxes as the crop shows them."""
    inside = edges.clip(0, [*size, *size])
    sides, whole = inside[:, 2:] - inside[:, :2], edges[:, 2:] - edges[:, :2]
    seen = sides.prod(1) / numpy.maximum(whole.prod(1), 1e-6)
    there = (sides > 1).all(1)
    asked = (visible * seen >= VISIBLE_MIN) & (sides[:, 1] >= HEIGHT_MIN_PX)
    return kinds[there], inside[there], asked[there]
