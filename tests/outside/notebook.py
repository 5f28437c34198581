"""Runs the code cells of the notebooks in order, as a reader would, against a store.

    python tests/outside/notebook.py STORE [NOTEBOOK…]

STORE is the folder of a `file://` store with at least one closed epoch; without a NOTEBOOK all of `notebooks/` run.
Prints what each cell shows. A cell that fails ends the run with 1 and is named.
"""

import ast
import json
import os
import sys
import traceback
from pathlib import Path

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"


def run_notebook(path):
    """Runs the cells of one notebook in one namespace."""
    cells = [cell for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]
    names = {"__name__": "__main__"}
    for number, cell in enumerate(cells, start=1):
        if cell["outputs"] or cell["execution_count"] is not None:
            raise ValueError(f"{path.name}, code cell {number}: holds an output; clear it before it is committed")
        run_cell("".join(cell["source"]), f"{path.name}, code cell {number}", names)


def run_cell(source, title, names):
    """Runs one cell; like Jupyter, shows the value of an expression that it ends in."""
    body = ast.parse(source, title).body
    shown = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), title, "exec"), names)
    if shown is not None:
        print(f"{title}:\n{eval(compile(ast.Expression(shown.value), title, 'eval'), names)}\n")


def main(arguments):
    if not arguments:
        print("usage: notebook.py STORE [NOTEBOOK…]", file=sys.stderr)
        return 2
    os.environ["WAYMARK_STORE"] = str(Path(arguments[0]).resolve())
    for path in [Path(name) for name in arguments[1:]] or sorted(NOTEBOOKS.glob("*.ipynb")):
        try:
            run_notebook(path)
        except Exception:  # Whatever a cell raises, the trace with its title is what the reader needs.
            traceback.print_exc()
            return 1
        print(f"{path.name}: every cell ran")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
