"""Reads the map of a running server with stock clients; says how much each of them saw."""

import io
import json
import sys
import urllib.request

import geopandas
import pyarrow.ipc
import pystac_client
from jsonschema import Draft7Validator
from pystac.validation.local_validator import get_local_schema_cache
from referencing import Registry, Resource
from stac_pydantic.api import Collections, ItemCollection, LandingPage


def get(path, accept="*/*"):
    request = urllib.request.Request(server + path, headers={"accept": accept})
    with urllib.request.urlopen(request) as answer:
        return answer.read()


def check_tilejson(tilejson):
    """What https://github.com/mapbox/tilejson-spec/tree/master/3.0.0 demands."""
    assert tilejson["tilejson"] == "3.0.0" and tilejson["scheme"] == "xyz"
    assert all("{z}/{x}/{y}" in url for url in tilejson["tiles"]) and tilejson["tiles"]
    assert 0 <= tilejson["minzoom"] <= tilejson["center"][2] <= tilejson["maxzoom"] <= 30
    west, south, east, north = tilejson["bounds"]
    assert -180 <= west < east <= 180 and -90 <= south < north <= 90
    layers = {layer["id"]: layer["fields"] for layer in tilejson["vector_layers"]}
    assert {"coverage", "frames", "features", "sequences"} <= layers.keys(), layers.keys()
    assert all(isinstance(kind, str) for fields in layers.values() for kind in fields.values())
    return layers


def check_style(style, layers):
    """Every layer draws what there is, by attributes that there are."""
    assert style["version"] == 8 and len(style["layers"]) > 3
    for layer in style["layers"]:
        if layer["type"] == "background":
            continue
        fields = layers[layer["source-layer"]]
        assert asked(layer["paint"]) <= fields.keys(), (layer["id"], asked(layer["paint"]), fields.keys())


def asked(expression):
    if isinstance(expression, list) and expression[:1] == ["get"]:
        return {expression[1]}
    parts = expression.values() if isinstance(expression, dict) else expression if isinstance(expression, list) else []
    return set().union(*map(asked, parts))


def check_schema(kind, objects):
    """Against the JSON schemas of STAC 1.1.0, which come with pystac."""
    registry = Registry().with_resources(
        [(uri, Resource.from_contents(schema)) for uri, schema in get_local_schema_cache().items()]
    )
    uri = f"https://schemas.stacspec.org/v1.1.0/{kind}-spec/json-schema/{kind}.json"
    for checked in objects:
        Draft7Validator({"$ref": uri}, registry=registry).validate(checked)


server = sys.argv[1]
check_style(json.loads(get("/style.json")), check_tilejson(json.loads(get("/tiles.json"))))
check_style(json.loads(get("/style.json?theme=dark")), check_tilejson(json.loads(get("/tiles.json"))))

LandingPage.model_validate_json(get("/stac"))
Collections.model_validate_json(get("/stac/collections"))
ItemCollection.model_validate_json(get("/stac/collections/frames/items?limit=20"))
ItemCollection.model_validate_json(get("/stac/search?limit=20"))

client = pystac_client.Client.open(server + "/stac")
collection = client.get_collection("frames")
items = list(client.search(method="GET", collections=["frames"], limit=7).items())
by_post = list(client.search(method="POST", bbox=collection.extent.spatial.bboxes[0], limit=7).items())
first = items[0]
near = client.search(intersects=first.geometry, datetime=first.datetime).item_collection()
assert first.id in [item.id for item in near]
assert [item.id for item in client.search(ids=[first.id]).items()] == [first.id]
check_schema("item", [item.to_dict() for item in items[:20]])
check_schema("collection", [json.loads(get("/stac/collections/frames"))])
check_schema("catalog", [json.loads(get("/stac"))])
assert all(item.properties["view:azimuth"] >= 0 for item in items)

slots = geopandas.read_file(io.BytesIO(get("/v1/coverage?limit=10000")))
stream = pyarrow.ipc.open_stream(get("/v1/coverage?limit=10000", "application/vnd.apache.arrow.stream")).read_all()
from_arrow = geopandas.GeoDataFrame.from_arrow(stream)
assert from_arrow.geometry.is_valid.all() and from_arrow.crs.to_epsg() in (4326, None)
assert sorted(slots.frame_id) == sorted(from_arrow.frame_id)

print(json.dumps({
    "items": len(items),
    "items_by_post": len(by_post),
    "slots": len(slots),
    "slots_by_arrow": len(from_arrow),
}))
