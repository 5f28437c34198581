"""Reads the published tables with programs that share no code with the one that wrote them.

    python tests/outside/readers.py STORE

STORE is the folder of a `file://` store. DuckDB, Polars and PyArrow must see the same rows, columns, values and
partitions; GeoPandas must see what the `geo` metadata promises. Prints one JSON object: for each table its files, its
rows, and the rows of each epoch. At the first difference prints a sentence on stderr and ends with 1.
"""

import json
import sys
from collections import Counter
from pathlib import Path

import duckdb
import geopandas
import polars
import pyarrow
import pyarrow.parquet

TABLES = ["frames", "detections", "verdicts", "coverage", "features", "usage", "statements", "payouts"]
GEO_TABLES = {"frames", "coverage", "features"}
HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"


class Difference(Exception):
    """What two readers do not agree on, or what a file promises and does not hold."""


def check_store(store):
    """The summary of every table below the folder `store`."""
    if not store.is_dir():
        raise Difference(f"{store}: there is no such folder")
    summary = {table: check_table(store, table) for table in TABLES}
    if not any(table["files"] for table in summary.values()):
        raise Difference(f"{store}: there is no Parquet file of any table")
    return summary


def check_table(store, table):
    files = sorted((store / table).rglob("*.parquet"))
    if not files:
        return {"files": 0, "rows": 0, "epochs": {}}
    by_arrow = read_with_arrow(table, files)
    names = [str(file) for file in files]
    partitions = partitions_of(store / table, files)
    check_polars(table, names, by_arrow, partitions)
    check_duckdb(table, names, by_arrow, partitions)
    if table in GEO_TABLES:
        for file in files:
            check_geoparquet(file)
    epochs = Counter()
    for (epoch, *_), rows in partitions.items():
        epochs[epoch or "none"] += rows
    return {"files": len(files), "rows": by_arrow.height, "epochs": dict(sorted(epochs.items()))}


def read_with_arrow(table, files):
    """The rows as PyArrow reads them: the side that the others are compared with."""
    parts = []
    for file in files:
        try:
            with pyarrow.parquet.ParquetFile(file) as parquet:
                parts.append(parquet.read())
        except (OSError, pyarrow.ArrowException) as error:
            raise Difference(f"{file}: PyArrow cannot read it: {error}") from error
        if parts[-1].schema != parts[0].schema:
            raise Difference(f"{table}: {file} has another schema than {files[0]}")
    return polars.from_arrow(pyarrow.concat_tables(parts))


def partitions_of(folder, files):
    """Rows by the values in the path: (epoch, region), or (epoch,) where the table has no regions."""
    partitions = Counter()
    for file in files:
        pairs = [part.split("=", 1) for part in file.relative_to(folder).parent.parts]
        if [name for name, _ in pairs] not in (["epoch"], ["epoch", "region"]):
            raise Difference(f"{file}: is not in a folder epoch=…, or epoch=…/region=…")
        values = tuple(None if value == HIVE_NULL else value for _, value in pairs)
        partitions[values] += pyarrow.parquet.read_metadata(file).num_rows
    if len({len(values) for values in partitions}) != 1:
        raise Difference(f"{folder}: some files have a region and some have none")
    return partitions


def hive_columns(partitions):
    return ["epoch", "region"][: len(next(iter(partitions)))]


def check_polars(table, names, by_arrow, partitions):
    columns = hive_columns(partitions)
    # Both are text: without this each reader would guess a type of its own from the paths.
    schema = {name: polars.String for name in columns}
    rows = polars.scan_parquet(names, hive_partitioning=True, hive_schema=schema).collect()
    compare(f"{table}: Polars", rows.drop(columns), by_arrow)
    compare_partitions(f"{table}: Polars", rows.group_by(columns).len().rows(), partitions)


def check_duckdb(table, names, by_arrow, partitions):
    columns = hive_columns(partitions)
    types = ", ".join(f"'{name}': VARCHAR" for name in columns)
    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as session:
        session.execute("SET TimeZone = 'UTC'")
        source = f"read_parquet($names, hive_partitioning = true, hive_types = {{{types}}})"
        parameters = {"names": names}
        # Geometry comes in a type of DuckDB's own, which nobody else takes; GeoPandas looks at that column.
        kept = [name for name in by_arrow.columns if name != "geometry"]
        listed = ", ".join(f'"{name}"' for name in kept)
        rows = polars.from_arrow(session.sql(f"SELECT {listed} FROM {source}", params=parameters).to_arrow_table())
        grouped = f"SELECT {', '.join(columns)}, count(*) FROM {source} GROUP BY ALL"
        counts = session.sql(grouped, params=parameters).fetchall()
        if table in GEO_TABLES:
            types = session.sql(f"SELECT DISTINCT typeof(geometry) FROM {source}", params=parameters).fetchall()
            if types not in ([("GEOMETRY('OGC:CRS84')",)], []):
                raise Difference(f"{table}: DuckDB sees {types} in the column geometry, not GEOMETRY('OGC:CRS84')")
    wanted = by_arrow.select(kept)
    compare(f"{table}: DuckDB", rows.cast(dict(wanted.schema)), wanted)
    compare_partitions(f"{table}: DuckDB", counts, partitions)


def compare(who, rows, wanted):
    if rows.columns != wanted.columns:
        raise Difference(f"{who} sees the columns {rows.columns}, PyArrow {wanted.columns}")
    if rows.height != wanted.height:
        raise Difference(f"{who} sees {rows.height} rows, PyArrow {wanted.height}")
    for name in wanted.columns:
        if not rows[name].equals(wanted[name]):
            raise Difference(f"{who} sees other values in the column {name} than PyArrow")


def compare_partitions(who, counts, partitions):
    found = {tuple(values): rows for *values, rows in counts}
    wanted = {values: rows for values, rows in partitions.items() if rows}
    if found != wanted:
        raise Difference(f"{who} finds the partitions {found}, the paths say {wanted}")


def check_geoparquet(file):
    """GeoParquet 1.1: coordinate system, bounds, covering and geometry of one file."""
    metadata = pyarrow.parquet.read_schema(file).metadata or {}
    if b"geo" not in metadata:
        raise Difference(f"{file}: has no geo metadata")
    geo = json.loads(metadata[b"geo"])
    column = geo["columns"][geo["primary_column"]]
    if not geo["version"].startswith("1.1"):
        raise Difference(f"{file}: is GeoParquet {geo['version']}, not 1.1")
    rows = geopandas.read_parquet(file)
    if rows.crs is None or rows.crs.to_authority() != ("OGC", "CRS84"):
        raise Difference(f"{file}: has the coordinate system {rows.crs}, not OGC:CRS84")
    if rows.empty:
        return
    shapes = rows.geometry
    if not (shapes.notna() & ~shapes.is_empty & shapes.is_valid).all():
        raise Difference(f"{file}: has a geometry that is missing, empty or not valid")
    unlisted = set(shapes.geom_type) - set(column["geometry_types"])
    if unlisted:
        raise Difference(f"{file}: has {sorted(unlisted)}, which its metadata does not list")
    check_bounds(file, column, shapes)


def check_bounds(file, column, shapes):
    bounds = [float(value) for value in shapes.total_bounds]
    if column.get("bbox") != bounds:
        raise Difference(f"{file}: covers {bounds}, its metadata says {column.get('bbox')}")
    sides = ["xmin", "ymin", "xmax", "ymax"]
    paths = column["covering"]["bbox"]
    covering = pyarrow.parquet.read_table(file, columns=[paths["xmin"][0]], partitioning=None)
    for side, wanted in zip(sides, ["minx", "miny", "maxx", "maxy"], strict=True):
        struct, field = paths[side]
        values = covering[struct].combine_chunks().field(field).to_pylist()
        if values != shapes.bounds[wanted].tolist():
            raise Difference(f"{file}: {struct}.{field} is not the bounds of the geometry beside it")


def main(arguments):
    if len(arguments) != 1:
        print("usage: readers.py STORE", file=sys.stderr)
        return 2
    try:
        summary = check_store(Path(arguments[0]))
    except (Difference, OSError, pyarrow.ArrowException, duckdb.Error, polars.exceptions.PolarsError) as difference:
        print(difference, file=sys.stderr)
        return 1
    print(json.dumps(summary))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
