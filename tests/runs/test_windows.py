"""Rows of a stored table without the table."""

import numpy as np
import pandas as pd
import pandas.testing as pdt
import pytest

from lst_workbench.runs import pieces, where
from lst_workbench.runs.disk import write_table
from lst_workbench.runs.result import StoredTables

ROWS = 200_000


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    (folder / "tables").mkdir()
    rng = np.random.default_rng(1)
    table = pd.DataFrame(
        {
            "store_id": np.arange(ROWS),
            "kind": pd.Categorical(rng.choice(["a", "b"], ROWS)),
            "month": pd.Timestamp("2017-09-01"),
            "place": rng.integers(0, 50, ROWS).astype("int32"),
        }
    )
    write_table(folder / "tables" / "rows.parquet", table)
    return StoredTables(folder, {"stage": {"tables": {"rows": {}}}}), table


@pytest.mark.parametrize(
    ("wanted", "columns"),
    [
        ({"store_id": (70_000, 70_010)}, None),
        ({"store_id": [5, 199_999, 10**9]}, ["store_id", "kind"]),
        ({"store_id": (0, 90_000), "place": (3, 3)}, ["place"]),
        ({"store_id": (-5, -1)}, None),
        ({"kind": ["a"]}, ["store_id"]),
    ],
)
def test_a_window_of_a_file_is_that_of_the_table(stored, wanted, columns):
    tables, table = stored
    there = where(tables, "rows", wanted, columns)
    pdt.assert_frame_equal(there, where({"rows": table}, "rows", wanted, columns), check_categorical=False)
    assert tables.path_of("rows") is not None, "the table was not read"


def test_pieces_hold_every_wanted_row_and_leave_others_out(stored):
    tables, table = stored
    found = pd.concat(pieces(tables, "rows", ["store_id"], {"store_id": (70_000, 70_010)}))
    assert set(range(70_000, 70_011)) <= set(found["store_id"]) and len(found) < ROWS / 2
    assert sum(len(piece) for piece in pieces(tables, "rows", ["place"])) == ROWS
    assert sum(len(piece) for piece in pieces({"rows": table}, "rows", ["place"])) == ROWS
