"""Databases: the same shops as from a file, positions of any geometry, and nothing there is changed."""

import os
import shutil
import sqlite3
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from sqlalchemy import create_engine, text

from lst_workbench.contracts import InputError
from lst_workbench.market import import_market, propose_import
from lst_workbench.market.importing.database import read_database
from tests.market.test_import import IDENTITY, OWNER, PHONE, shops


@pytest.fixture
def lite(tmp_path):
    """A SQLite file with the shops."""
    path = tmp_path / "shops.db"
    with sqlite3.connect(path) as made:
        shops().to_sql("shops", made, index=False)
    return f"sqlite:///{path}"


@pytest.fixture(scope="module")
def postgres():
    """A PostgreSQL server of its own, on a socket in a folder, run by a user without rights."""
    found = shutil.which("initdb") or next(map(str, Path("/usr/lib/postgresql").glob("*/bin/initdb")), None)
    if found is None:
        pytest.skip("PostgreSQL's initdb is not installed")
    binaries = Path(found).resolve().parent
    folder = Path(tempfile.mkdtemp(prefix="lst-postgres-"))
    user = "nobody" if os.getuid() == 0 else None
    if user:
        shutil.chown(folder, user)

    def call(program, *options):
        subprocess.run([binaries / program, *options], user=user, cwd=folder, check=True, capture_output=True)

    call("initdb", "-D", folder / "data", "-U", "analyst", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")
    log = ["-l", folder / "log", "-w", "-o", f"-c listen_addresses='' -k {folder}"]
    call("pg_ctl", "start", "-D", folder / "data", *log)
    try:
        yield f"postgresql+psycopg://analyst:s3cret@/postgres?host={folder}"
    finally:
        call("pg_ctl", "stop", "-D", folder / "data", "-m", "immediate")
        shutil.rmtree(folder)


def written(url, table, name="shops"):
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("create schema if not exists sales"))
        table.to_sql(name, connection, schema="sales", index=False, if_exists="replace")
    return engine


def test_a_table_gives_the_rows_of_the_file_it_came_from(lite, tmp_path):
    shops().to_csv(tmp_path / "shops.csv", index=False)
    of_file = import_market(tmp_path / "shops.csv").market.stores
    done = import_market(propose_import(lite, table="shops"), tmp_path / "market")
    pd.testing.assert_frame_equal(done.market.stores, of_file)
    for file in (tmp_path / "market").rglob("*"):
        if file.suffix in (".parquet", ".toml"):
            content = pd.read_parquet(file).astype("str").to_csv() if file.suffix == ".parquet" else file.read_text()
            assert not any(word in content for word in (PHONE, IDENTITY, OWNER))


def test_numbers_dates_and_blanks_of_a_database_arrive_as_text(tmp_path):
    with sqlite3.connect(tmp_path / "a.db") as made:
        made.execute("create table t (id int, lat real, lon real, note text)")
        made.executemany("insert into t values (?, ?, ?, ?)", [(7, 29.71, 118.25, None), (None, 30, 118, "a\0b")])
    frame = read_database(f"sqlite:///{tmp_path}/a.db", query="select * from t;").frame
    assert frame.astype(object).where(frame.notna(), None).to_numpy().tolist() == [
        ["7", "29.71", "118.25", None],
        [None, "30.0", "118.0", "ab"],
    ]


@pytest.mark.parametrize("form", ["bytes", "hexadecimal"])
@pytest.mark.parametrize("srid", [0, 4326, 3857])
def test_well_known_binary_gives_positions(tmp_path, form, srid):
    import geopandas as gpd

    points = gpd.GeoSeries(gpd.points_from_xy([118.3, 118.4], [29.7, 29.8]), crs=4326)
    if srid:
        points = points.to_crs(srid)
    shapes = shapely.to_wkb(shapely.set_srid(points.to_numpy(), srid), hex=form == "hexadecimal", include_srid=True)
    with sqlite3.connect(tmp_path / "a.db") as made:
        made.execute("create table t (name text, geom, lat text)")
        made.executemany("insert into t values (?, ?, 'wrong')", [("a", shapes[0]), ("b", shapes[1])])
        made.execute("insert into t values ('c', null, '29')")
    proposal = propose_import(f"sqlite:///{tmp_path}/a.db", table="t")
    frame = proposal.raw.frame
    np.testing.assert_allclose(frame["lon"].astype(float)[:2], [118.3, 118.4], atol=1e-8)
    np.testing.assert_allclose(frame["lat"].astype(float)[:2], [29.7, 29.8], atol=1e-8)
    done = import_market(proposal)
    assert (done.read, len(done.rejected)) == (3, 1)


def test_postgresql_gives_a_table_of_a_schema_and_a_query(postgres, tmp_path):
    written(postgres, shops())
    shops().to_csv(tmp_path / "shops.csv", index=False)
    expected = import_market(tmp_path / "shops.csv").market.stores
    for chosen in ({"table": "sales.shops"}, {"query": 'select *, 100 % 7 as "x" from sales.shops where 1::int = 1'}):
        pd.testing.assert_frame_equal(import_market(propose_import(postgres, **chosen)).market.stores, expected)


def test_postgis_geometry_is_read(postgres):
    with create_engine(postgres).begin() as connection:
        if not connection.execute(text("select 1 from pg_available_extensions where name = 'postgis'")).all():
            pytest.skip("the PostGIS extension is not installed")
        connection.execute(text("create extension postgis"))
        point = "st_transform(st_setsrid(st_point(118.3, 29.7), 4326), 3857)"
        connection.execute(text(f"create table points as select 'a' as name, {point} as geom"))
    frame = read_database(postgres, "points").frame
    np.testing.assert_allclose(frame[["lat", "lon"]].astype(float).to_numpy(), [[29.7, 118.3]], atol=1e-8)


def test_a_query_changes_nothing(postgres, lite):
    engine = written(postgres, shops(), "kept")
    with pytest.raises(InputError, match="data-modifying|read-only"):
        read_database(postgres, query="with gone as (delete from sales.kept returning *) select * from gone")
    with engine.connect() as connection:
        assert connection.execute(text("select count(*) from sales.kept")).scalar() == len(shops())
    with pytest.raises(InputError, match="begin it with SELECT"):
        read_database(lite, query="drop table shops")


def test_faults_are_sentences_without_the_password(lite):
    secret = "s3cret"
    nowhere = f"postgresql+psycopg://analyst:{secret}@127.0.0.1:1/shops?connect_timeout=2"
    bad = [
        (nowhere, {"table": "shops"}), (f"oracel://me:{secret}@db/x", {"table": "t"}), (lite, {}),
        (f"postgresql://me:{secret}@db:port/x", {"table": "t"}), (lite, {"table": "gone"}),
        (lite, {"query": "select 1 where 0"}), (lite, {"table": "a", "query": "b"}), (lite, {"query": "select ("}),
    ]  # fmt: skip
    for url, chosen in bad:
        with pytest.raises(InputError) as caught:
            propose_import(url, **chosen)
        assert secret not in str(caught.value) and "\n" not in str(caught.value)
    with pytest.raises(InputError, match="answers no query"):
        propose_import("shops.csv", query="select 1")
