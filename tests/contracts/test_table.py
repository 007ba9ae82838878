import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from lst_workbench.contracts import CONTRACTS, Cells, InputError, Stores, Waves


@pytest.fixture
def cells():
    return pd.DataFrame({
        "h3_8": np.arange(1, 11), "place_id": 1, "prefecture_code": 341000, "province_code": 340000,
        "lat": 29.7, "lon": 118.3, "people": 5, "income_index": 1.0, "settlement_kind": "village", "origin": "modelled",
    })  # fmt: skip


def test_values_take_the_contracts_dtypes(cells):
    checked = Cells.check(cells)
    assert checked["people"].dtype == np.float32
    assert checked["place_id"].dtype == np.int32
    assert list(checked["settlement_kind"].cat.categories) == ["city_core", "suburb", "township", "village"]
    assert cells["people"].dtype == np.int64, "the caller's frame is not changed"


def test_all_faults_are_said_at_once_with_row_and_value(cells):
    cells["people"] = cells["people"].astype(object)
    cells.loc[4, "people"] = "many"
    cells.loc[3, "lat"] = 100.0
    cells.loc[5, "settlement_kind"] = "moon"
    cells.loc[7, "lon"] = np.nan
    with pytest.raises(InputError) as caught:
        Cells.check(cells, "cells.parquet")
    text = str(caught.value)
    assert text.startswith("cells.parquet has 4 faults: ")
    assert "column people must be numbers (1 of 10 rows, first in h3_8 5: many)" in text
    assert "column lat must be at most 90 (1 of 10 rows, first in h3_8 4: 100.0)" in text
    assert "column settlement_kind must be one of city_core, suburb, township, village" in text
    assert "column lon must not be empty (1 of 10 rows, first in h3_8 8: nan)" in text


def test_missing_columns_are_named_together(cells):
    with pytest.raises(InputError, match="column lat, lon is missing; add it \\(there are h3_8"):
        Cells.check(cells.drop(columns=["lat", "lon"]))


def test_double_keys_are_counted_and_shown(cells):
    cells["h3_8"] = [1, 2, 3, 4, 5, 6, 7, 7, 7, 10]
    with pytest.raises(InputError, match=r"h3_8 must be unique \(2 repeated rows, first h3_8 7"):
        Cells.check(cells)


def test_an_empty_table_is_refused_where_rows_are_needed():
    with pytest.raises(InputError, match="it has no rows"):
        Stores.check(Stores.without_rows(), allow_empty=False)


@pytest.mark.parametrize("name", CONTRACTS)
def test_every_contract_accepts_its_own_empty_table(name):
    contract = CONTRACTS[name]
    assert list(contract.check(contract.without_rows()).columns) == contract.columns()
    assert contract.key_columns(), "every table has a key"


def test_extra_columns_are_kept():
    waves = pd.DataFrame({"store_id": [1], "month": [pd.Timestamp("2017-09-01")], "reason": ["near"]})
    assert Waves.check(waves)["reason"].tolist() == ["near"]


def test_contracts_do_not_load_libraries_of_other_tables():
    code = (
        "import sys; from lst_workbench.contracts import Stores; Stores.without_rows(); "
        "print([name for name in ('dask', 'pyspark', 'distributed') if name in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
