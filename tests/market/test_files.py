"""Markets on disk: there and back, whole or not at all, and each fault in its sentence."""

import errno
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pandas.testing as pdt
import pytest

from lst_workbench.assumptions import data_folder
from lst_workbench.contracts import InputError, LstError
from lst_workbench.market import TABLES, files, fingerprint_of, read_market, write_market

SAMPLE = data_folder() / "sample"


@pytest.fixture
def folder(tmp_path):
    """A copy of the sample that a test may spoil."""
    return shutil.copytree(SAMPLE, tmp_path / "market")


def spoil(folder, table, change):
    """Rewrite one table of a market after a change."""
    path = folder / f"{table}.parquet"
    change(pd.read_parquet(path)).to_parquet(path, index=False)


def faults_of(folder):
    with pytest.raises(InputError) as caught:
        read_market(folder)
    assert str(caught.value).count("Traceback") == 0
    return str(caught.value)


def test_there_and_back(tmp_path):
    market = read_market(SAMPLE)
    written = write_market(market, tmp_path / "deep" / "market")
    assert written.meta == market.meta and written.folder == tmp_path / "deep" / "market"
    for name in TABLES:
        pdt.assert_frame_equal(written.tables[name], market.tables[name])
    assert set(written.truth) == {"stores", "parameters"}


def test_tables_are_read_only_when_asked_for(folder, monkeypatch):
    read = []
    monkeypatch.setattr(files, "_read_table", lambda path: read.append(path.stem) or pd.read_parquet(path))
    market = read_market(folder)
    assert read == []
    assert len(market.sites) == len(market.sites) and read == ["sites"]


def test_a_market_replaces_a_market_but_nothing_else(folder, tmp_path):
    market = read_market(SAMPLE)
    smaller = replace(market, meta=replace(market.meta, name="again"))
    assert write_market(smaller, folder).meta.name == "again"
    other = tmp_path / "letters"
    other.mkdir()
    (other / "letter.txt").write_text("dear")
    with pytest.raises(LstError, match="holds something else than a market"):
        write_market(market, other)
    assert [path.name for path in other.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("stop", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_a_full_disk_or_an_interrupt_leaves_nothing_half_written(folder, tmp_path, monkeypatch, stop):
    before = read_market(folder).meta
    whole, wrote = files.write_pieces, []

    def fails_on_the_third(frame, path):
        wrote.append(path)
        if len(wrote) == 3:
            raise stop
        whole(frame, path)

    monkeypatch.setattr(files, "write_pieces", fails_on_the_third)
    for target in (folder, tmp_path / "new"):
        wrote.clear()
        with pytest.raises((KeyboardInterrupt, LstError)) as caught:
            write_market(read_market(SAMPLE), target)
        assert isinstance(stop, KeyboardInterrupt) or "No space left on device; free space" in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["market"]
    assert read_market(folder).meta == before


def test_a_stop_between_the_renames_keeps_the_old_market(folder, tmp_path, monkeypatch):
    before, rename = read_market(folder).meta, Path.rename

    def stops(path, target):
        if path.name == "new":
            raise KeyboardInterrupt
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", stops)
    with pytest.raises(KeyboardInterrupt):
        write_market(read_market(SAMPLE), folder)
    assert [path.name for path in tmp_path.iterdir()] == ["market"] and read_market(folder).meta == before


def test_tables_of_ones_own_need_no_market_toml(folder):
    (folder / "market.toml").unlink()
    market = read_market(folder)
    assert market.meta.synthetic, "its rows say that they are drawn"
    assert market.meta.name == "market" and market.meta.counts["stores"] == 6195
    assert market.meta.fingerprint == read_market(SAMPLE).meta.fingerprint == fingerprint_of(market.tables)


def test_a_changed_table_changes_the_fingerprint(folder):
    spoil(folder, "stores", lambda stores: stores.assign(area_m2=stores["area_m2"] + 1))
    assert read_market(folder).meta.fingerprint != read_market(SAMPLE).meta.fingerprint


def test_missing_folder_and_missing_file(folder, tmp_path):
    assert "is not a folder; build a market" in faults_of(tmp_path / "nowhere")
    (folder / "cells.parquet").unlink()
    (folder / "sites.parquet").unlink()
    assert "it lacks cells.parquet, sites.parquet" in faults_of(folder)


def test_files_that_are_cut_off_or_something_else(folder):
    content = (folder / "stores.parquet").read_bytes()
    (folder / "stores.parquet").write_bytes(content[: len(content) // 2])
    (folder / "cells.parquet").write_text("h3_8,people\n1,2\n")
    message = faults_of(folder)
    assert "stores.parquet is not a Parquet file or is cut off" in message and "cells.parquet is not" in message


def test_a_market_toml_that_cannot_be_read(folder):
    (folder / "market.toml").write_text("market = [")
    assert "delete it to have the tables checked" in faults_of(folder)


def to(column, row, value):
    """A change that puts one value into one row."""

    def change(frame):
        frame = frame.astype({column: "float64"}) if isinstance(value, float) else frame
        frame.loc[row, column] = value
        return frame

    return change


def swap(frame):
    rows = frame.index[:40]
    return frame.assign(
        lat=frame["lat"].where(~frame.index.isin(rows), frame["lon"]),
        lon=frame["lon"].where(~frame.index.isin(rows), frame["lat"]),
    )


@pytest.mark.parametrize(
    ("table", "change", "words"),
    [
        (
            "stores",
            lambda f: f.rename(columns={"area_m2": "size"}),
            "stores.parquet: column area_m2 is missing; add it (there are store_id",
        ),
        ("stores", lambda f: f.iloc[:0], "stores.parquet: it has no rows; give at least one"),
        ("stores", lambda f: pd.concat([f, f.iloc[:2]]), "stores.parquet: store_id must be unique (2 repeated rows"),
        (
            "stores",
            to("lat", 3, np.nan),
            "stores.parquet: column lat must not be empty (1 of 6,195 rows, first in store_id",
        ),
        ("stores", to("area_m2", 5, -12.0), "stores.parquet: column area_m2 must be more than 0"),
        ("stores", swap, "stores.parquet: lat and lon are swapped in 40 of 6,195 rows, first in store_id "),
        ("places", swap, "places.parquet: lat and lon are swapped in 40 of 103 rows"),
        ("cells", to("people", 0, -1.0), "cells.parquet: column people must be at least 0"),
        ("stores", to("place_id", 0, 5), "stores.parquet: place_id of 1 rows is not in places (first 5)"),
        ("participants", to("store_id", 0, 5), "participants.parquet: store_id of 1 rows is not in stores (first 5)"),
        ("territories", lambda f: f.iloc[1:], "stores.parquet: place_id of"),
        ("sites", lambda f: f[f["tier"] != "city"], "sites.parquet: feeds_from of"),
        ("sites", lambda f: f[f["tier"] != "front"], "give at least one front warehouse"),
        ("stores", lambda _: pd.read_parquet(SAMPLE / "cells.parquet"), "stores.parquet: column store_id, source_id"),
        ("stores", lambda f: f.assign(lat="north"), "stores.parquet: column lat must be numbers"),
        ("stores", lambda f: f.assign(store_kind="bank"), "stores.parquet: column store_kind must be one of grocery"),
    ],
)
def test_each_fault_has_its_sentence(folder, table, change, words):
    spoil(folder, table, change)
    message = faults_of(folder)
    assert words in message
    assert "\n" not in message and message.endswith(".")


def test_all_faults_of_all_tables_are_told_at_once(folder):
    spoil(folder, "stores", to("area_m2", 5, -12.0))
    spoil(folder, "cells", to("people", 0, -1.0))
    spoil(folder, "sites", lambda sites: sites.drop(columns="tier"))
    message = faults_of(folder)
    assert "3 faults" in message and all(f"{name}.parquet: column" in message for name in ("stores", "cells", "sites"))


def test_faulty_tables_are_never_written(tmp_path):
    market = read_market(SAMPLE)
    tables = dict(market.tables) | {"stores": market.stores.assign(area_m2=np.float32(-1))}
    with pytest.raises(InputError, match="area_m2 must be more than 0"):
        write_market(replace(market, tables=tables), tmp_path / "new")
    assert not any(tmp_path.iterdir())


def test_no_participants_is_a_market_too(folder):
    spoil(folder, "participants", lambda frame: frame.iloc[:0])
    assert len(read_market(folder).participants) == 0
