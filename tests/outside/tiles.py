"""Reads what `waymark export` wrote with programs that share no code with the one that wrote it.

    python tests/outside/tiles.py MAP.pmtiles FOLDER ITEMS.parquet

Every tile of the archive is decoded; directories must be in order, and the header must say what is there. FOLDER holds
one GeoParquet file for each table, ITEMS.parquet frames as STAC items. Prints one JSON object. At the first difference
prints a sentence on stderr and ends with 1.
"""

import gzip
import json
import sys
from collections import Counter, defaultdict
from pathlib import Path

import geopandas
import mapbox_vector_tile
import pyarrow.parquet
from pmtiles.reader import MmapSource, Reader, all_tiles
from pmtiles.tile import Compression, TileType, zxy_to_tileid

TILE_BYTES_MAX = 500_000
EXTENT, BUFFER = 4096, 64


class Difference(Exception):
    """What a file promises and does not hold."""


def need(holds, sentence):
    if not holds:
        raise Difference(sentence)


def corners(geometry):
    """All places of a geometry of GeoJSON."""
    places = [geometry["coordinates"]]
    while places and isinstance(places[0][0], list | tuple):
        places = [inner for outer in places for inner in outer]
    return places


def check_archive(path):
    with path.open("rb") as file:
        source = MmapSource(file)
        reader = Reader(source)
        header, metadata = reader.header(), reader.metadata()
        need(header["tile_type"] == TileType.MVT, "tiles are not MVT")
        need(header["tile_compression"] == Compression.GZIP, "tiles are not gzip files")
        need(header["clustered"], "the archive is not clustered")
        layers, ids, last, count = defaultdict(Counter), defaultdict(set), -1, 0
        for (zoom, x, y), packed in all_tiles(source):
            tile_id = zxy_to_tileid(zoom, x, y)
            need(tile_id > last, f"tile {zoom}/{x}/{y} is out of order")
            need(len(packed) <= TILE_BYTES_MAX, f"tile {zoom}/{x}/{y} has {len(packed)} bytes")
            need(reader.get(zoom, x, y) == packed, f"tile {zoom}/{x}/{y} is found elsewhere")
            last, count = tile_id, count + 1
            decoded = mapbox_vector_tile.decode(gzip.decompress(packed))
            need(decoded, f"tile {zoom}/{x}/{y} is empty")
            for name, layer in decoded.items():
                need(layer["version"] == 2 and layer["extent"] == EXTENT, f"layer {name} of {zoom}/{x}/{y}")
                check_layer(name, layer, (zoom, layers, ids))
        need(count == header["addressed_tiles_count"], f"{count} tiles, the header says otherwise")
    known = {layer["id"]: layer for layer in metadata["vector_layers"]}
    for name, zooms in layers.items():
        need(min(zooms) >= known[name]["minzoom"], f"layer {name} is at zoom level {min(zooms)}")
    return {
        "tiles": count,
        "layers": {name: {str(zoom): zooms[zoom] for zoom in sorted(zooms)} for name, zooms in layers.items()},
        "frames": sorted(ids["frames"]),
        "features": sorted(ids["features"]),
        "cells": sorted(ids["coverage"]),
    }


NAMES = {"frames": "frame_id", "features": "feature_id", "coverage": "h3_cell"}


def check_layer(name, layer, found):
    zoom, layers, ids = found
    layers[name][zoom] += len(layer["features"])
    for feature in layer["features"]:
        for x, y in corners(feature["geometry"]):
            inside = -BUFFER <= x <= EXTENT + BUFFER and -BUFFER <= y <= EXTENT + BUFFER
            need(inside, f"{name}: {x},{y} lies beyond the buffer")
        if zoom == 14 and name in NAMES:
            ids[name].add(feature["properties"][NAMES[name]])


def check_tables(folder):
    rows = {}
    for table in ["frames", "coverage", "features"]:
        path = folder / f"{table}.parquet"
        frame = geopandas.read_parquet(path)
        need(frame.geometry.is_valid.all() and frame.crs == "OGC:CRS84", f"{table}: geometry")
        need(frame["epoch"].notna().all(), f"{table}: epoch")
        cells = frame["h3_cell"]
        need((cells.sort_values(ignore_index=True) == cells.reset_index(drop=True)).all(), f"{table}: not in order")
        box = json.loads(pyarrow.parquet.read_schema(path).metadata[b"geo"])["columns"]["geometry"]["bbox"]
        need(list(frame.total_bounds) == box, f"{table}: {box} is not the box around it")
        rows[table] = len(frame)
    return rows


def check_items(path):
    table = pyarrow.parquet.read_table(path)
    stac = json.loads(table.schema.metadata[b"stac-geoparquet"])
    need(list(stac["collections"]) == ["frames"], "the collection is missing")
    items = table.to_pylist()
    for item in items:
        need(item["stac_version"] == "1.1.0" and item["collection"] == "frames", f"item {item['id']}")
        need(item["assets"]["image"]["href"].startswith("https://map.example/imagery/"), f"image of {item['id']}")
        need(0 <= item["view:azimuth"] < 360 and item["datetime"].tzinfo is not None, f"pose of {item['id']}")
    need(len(geopandas.read_parquet(path)) == len(items), "GeoPandas sees other rows")
    return len(items)


def main():
    archive, folder, items = map(Path, sys.argv[1:4])
    try:
        found = {"map": check_archive(archive), "tables": check_tables(folder), "items": check_items(items)}
    except Difference as difference:
        print(difference, file=sys.stderr)
        return 1
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
