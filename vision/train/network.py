"""The detector of the pack `town`: a small convolutional network with a feature pyramid of four levels.

Input: [n, 3, height, width], RGB bytes as numbers 0 to 255, sides a multiple of 32.
Output: for each level [n, 4 + classes, height / stride, width / stride]: the box as in YOLOX (centre relative to the
cell in strides, logarithm of width and height in strides) and one logit per class.
"""

import math

import torch
from torch import nn

STRIDES = (4, 8, 16, 32)
STAGE_CHANNELS = (32, 64, 112, 160)
STAGE_DEPTHS = (3, 6, 5, 4)
PYRAMID_DEPTH = 2
PYRAMID_CHANNELS = 48
HEAD_CHANNELS = (32, 48, 64, 64)
# A class is rare: so sure is an untrained network that a cell shows none (Lin et al. 2017, arXiv:1708.02002).
PRIOR = 0.01


def conv(channels_in, channels_out, kernel=3, stride=1):
    """A convolution without bias, batch normalisation, ReLU."""
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(inplace=True),
    )


class Bottleneck(nn.Module):
    """Half as many channels, a look around, and the result added to what was there."""

    def __init__(self, channels):
        super().__init__()
        self.inner = nn.Sequential(conv(channels, channels // 2, 1), conv(channels // 2, channels))

    def forward(self, x):
        return x + self.inner(x)


def stage(channels_in, channels_out, depth):
    """Half the resolution, then `depth` looks around."""
    return nn.Sequential(conv(channels_in, channels_out, 3, 2), *(Bottleneck(channels_out) for _ in range(depth)))


class TownNet(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.stem = conv(3, 16, 3, 2)
        sizes = zip((16, *STAGE_CHANNELS), STAGE_CHANNELS, STAGE_DEPTHS)
        self.stages = nn.ModuleList([stage(*size) for size in sizes])
        self.lateral = nn.ModuleList([conv(channels, PYRAMID_CHANNELS, 1) for channels in STAGE_CHANNELS])
        self.merged = nn.ModuleList(
            [nn.Sequential(*(Bottleneck(PYRAMID_CHANNELS) for _ in range(PYRAMID_DEPTH))) for _ in STRIDES]
        )
        self.head = nn.ModuleList([conv(PYRAMID_CHANNELS, channels) for channels in HEAD_CHANNELS])
        self.out = nn.ModuleList([nn.Conv2d(channels, 4 + classes, 1) for channels in HEAD_CHANNELS])
        self.up = nn.Upsample(scale_factor=2, mode="nearest")
        for out in self.out:
            nn.init.normal_(out.weight, std=0.01)
            nn.init.zeros_(out.bias)
            # A box is centred in its cell until something else is learned.
            nn.init.constant_(out.bias[:2], 0.5)
            nn.init.constant_(out.bias[4:], -math.log((1 - PRIOR) / PRIOR))

    def forward(self, x):
        x = self.stem(x)
        levels = []
        for stage, lateral in zip(self.stages, self.lateral):
            x = stage(x)
            levels.append(lateral(x))
        for i in (3, 2, 1, 0):
            coarser = self.up(levels[i + 1]) if i + 1 < len(levels) else 0
            levels[i] = self.merged[i](levels[i] + coarser)
        return [out(head(level)) for level, head, out in zip(levels, self.head, self.out)]


class Exported(nn.Module):
    """The network with its output as the family `yolox` reads it: [n, cells, 5 + classes], the finest level first.

    It looks twice, the second time in a mirror, and says the mean of both: the same weights miss and invent less.
    `is_read` [classes]: what is read has no mirror image, and is looked at once.
    """

    def __init__(self, net, is_read):
        super().__init__()
        self.net = net
        # How much of a class's score is that of the picture as it is.
        self.register_buffer("upright", torch.tensor([1.0 if read else 0.5 for read in is_read])[:, None, None])

    def forward(self, images):
        rows = []
        for level, mirrored in zip(self.net(images), self.net(images.flip(3))):
            mirrored = mirrored.flip(3)
            # From the left edge of a cell, what was so far from it in the mirror is so far from the right one.
            x = (level[:, :1] + 1 - mirrored[:, :1]) / 2
            box = torch.cat([x, (level[:, 1:4] + mirrored[:, 1:4]) / 2], 1)
            scores = level[:, 4:].sigmoid() * self.upright + mirrored[:, 4:].sigmoid() * (1 - self.upright)
            # There is no objectness of its own: each class has its own score.
            row = torch.cat([box, torch.ones_like(x), scores], 1)
            rows.append(row.flatten(2).transpose(1, 2))
        return torch.cat(rows, 1)
