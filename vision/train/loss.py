"""What the network should have said, and how far it was off."""

import numpy
import torch
from torch.nn import functional

from network import STRIDES

# A level looks for boxes whose longer side is in this range, in pixels; they overlap, so that no size is at an edge.
SIDES_PX = ((0, 44), (28, 112), (72, 256), (180, 1e9))
# Cells whose middle is so near to the middle of a box, in strides, are to find it.
RADIUS_STRIDES = 1.0
BOX_WEIGHT = 2.0
TELL_WEIGHT = 2.0
# A cell that finds a thing badly placed is to be less sure, but no less than this.
QUALITY_MIN = 0.5


def targets(truths, shape, classes):
    """For each level of pictures of `shape` (rows, columns): the wanted class scores [n, classes, h, w] (1: find it
    here), where they count, and the boxes [n, 4, h, w] of the cells that are to find one."""
    found = []
    for stride, sides in zip(STRIDES, SIDES_PX):
        rows, columns = shape[0] // stride, shape[1] // stride
        wanted = numpy.zeros((len(truths), classes, rows, columns), numpy.float32)
        counts = numpy.ones_like(wanted)
        edges = numpy.zeros((len(truths), 4, rows, columns), numpy.float32)
        for i, truth in enumerate(truths):
            for kind, box, asked in by_area(truth):
                y, x = cells(box, stride, (rows, columns), asked)
                here = asked and sides[0] <= max(box[2] - box[0], box[3] - box[1]) < sides[1]
                # Another level finds it, or nobody need: a hint of it here is no fault.
                counts[i, kind, y, x] = here
                if here:
                    wanted[i, kind, y, x] = 1
                    edges[i, :, y, x] = numpy.array(box, numpy.float32)[:, None, None]
        found.append([torch.from_numpy(part) for part in (wanted, counts, edges)])
    return found


def by_area(truth):
    """Large boxes first, so that a small one in front of them keeps its cells."""
    kinds, boxes, asked = truth
    order = (-(boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])).argsort(kind="stable")
    return zip(kinds[order].tolist(), boxes[order].tolist(), asked[order].tolist())


def cells(box, stride, shape, asked):
    """The rows and columns of the cells around a box's middle; all that it touches if it is not asked for."""
    spans = []
    for low, high, limit in ((box[1], box[3], shape[0]), (box[0], box[2], shape[1])):
        low, high = low / stride, high / stride
        middle = (low + high) / 2
        if asked:
            # The middle of cell i is at i + 0.5.
            first = max(round(max(middle - RADIUS_STRIDES, low) + 1e-6), 0)
            last = min(round(min(middle + RADIUS_STRIDES, high) - 1e-6) - 1, limit - 1)
            nearest = min(max(int(middle), 0), limit - 1)
            first, last = min(first, nearest), max(last, nearest)
        else:
            first, last = max(int(low), 0), min(int(high), limit - 1)
        spans.append(slice(first, last + 1))
    return spans


def decoded(level, stride):
    """Edges [n, 4, h, w] in pixels of what a level says."""
    rows, columns = level.shape[2:]
    y = torch.arange(rows, device=level.device)[:, None]
    x = torch.arange(columns, device=level.device)[None, :]
    centre = torch.stack([level[:, 0] + x, level[:, 1] + y], 1) * stride
    half = level[:, 2:4].clamp(max=8).exp() * stride / 2
    return torch.cat([centre - half, centre + half], 1)


def giou(a, b):
    """Generalised intersection over union (Rezatofighi et al. 2019) and the plain one, of boxes [n, 4]."""
    area = lambda box: (box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1])
    both = (torch.minimum(a[:, 2:], b[:, 2:]) - torch.maximum(a[:, :2], b[:, :2])).clamp(min=0).prod(1)
    union = area(a) + area(b) - both
    hull = (torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])).prod(1)
    iou = both / union.clamp(min=1e-6)
    return iou - (hull - union) / hull.clamp(min=1e-6), iou


def loss(levels, wanted, compete, costs):
    """Quality focal loss (Li et al. 2020, arXiv:2006.04388) of the classes, GIoU of the boxes; per cell with a box.

    `costs` [classes] weighs the faults of each class. Where classes compete, the cross entropy of their softmax is added.
    Without it, signs that differ in a digit alone stay one: each of them scores as high as it is frequent, and nothing
    pulls them apart.
    """
    class_loss = box_loss = cells = 0
    for level, stride, (score, counts, edges) in zip(levels, STRIDES, wanted):
        level = level.float()
        logits, positive = level[:, 4:], score.amax(1) > 0
        if positive.any():
            generalised, iou = giou(*(maps.permute(0, 2, 3, 1)[positive] for maps in (decoded(level, stride), edges)))
            box_loss = box_loss + (1 - generalised).sum()
            if compete:
                logits_there, kinds = (maps.permute(0, 2, 3, 1)[positive] for maps in (logits, score))
                told = functional.cross_entropy(logits_there, kinds.argmax(1), reduction="sum")
                class_loss = class_loss + TELL_WEIGHT * told
            quality = torch.zeros_like(edges[:, 0])
            quality[positive] = iou.detach().clamp(QUALITY_MIN, 1)
            score = score * quality[:, None]
            cells += int(positive.sum())
        distance = (score - logits.sigmoid()).abs().square()
        entropy = functional.binary_cross_entropy_with_logits(logits, score, reduction="none")
        class_loss = class_loss + (entropy * distance * counts * costs[:, None, None]).sum()
    return class_loss / max(cells, 1), BOX_WEIGHT * box_loss / max(cells, 1)
