"""Real photos with labels, as a folder that `waymark models check --truth` reads (COCO).

    bench/photos.py ASSETS OUT

Number plates were labelled by people (OpenALPR's benchmark). Faces, persons, vehicles, traffic lights and stop signs
are what public models see in the photos (reference_detections.json): a yardstick, not the truth. OUT gets links to the
photos, never copies.
"""

import json
import os
import sys
from pathlib import Path

# Which reference model says what, by which name of ours.
SEEN = {
    "yunet_n_640": {"face": "face"},
    "yolox_nano": {
        "person": "person",
        "car": "vehicle",
        "truck": "vehicle",
        "bus": "vehicle",
        "trafficlight": "traffic-light",
        "stopsign": "stop-sign",
    },
}
CLASSES = ["face", "plate", "person", "vehicle", "traffic-light", "stop-sign"]


def main():
    assets, out = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    reference = json.loads((assets / "reference" / "reference_detections.json").read_text())
    images, annotations = [], []
    for name, seen in reference.items():
        if name.startswith("_"):
            continue
        photo = assets / "images" / name
        link = out / name.replace("/", "-")
        if not link.exists():
            os.symlink(photo, link)
        width, height = seen["size"]
        images.append({"id": len(images), "file_name": link.name, "width": width, "height": height})
        annotations += [(len(images) - 1, *box) for box in [*plates(photo.with_suffix(".txt")), *known(seen)]]
    listed = [
        {"id": i, "image_id": image, "category_id": CLASSES.index(name), "bbox": box, "iscrowd": 0, "area": box[2] * box[3]}
        for i, (image, name, box) in enumerate(annotations)
    ]
    categories = [{"id": i, "name": name} for i, name in enumerate(CLASSES)]
    coco = {"images": images, "annotations": listed, "categories": categories}
    (out / "annotations.json").write_text(json.dumps(coco))


def plates(labels):
    """OpenALPR: file, left, top, width, height and text, separated by tabs."""
    if labels.exists():
        for line in labels.read_text().splitlines():
            yield "plate", [float(number) for number in line.split("\t")[1:5]]


def known(seen):
    for model, names in SEEN.items():
        for found in seen[model]:
            if found["class"] in names:
                left, top, right, bottom = found["box"]
                yield names[found["class"]], [left, top, right - left, bottom - top]


if __name__ == "__main__":
    main()
