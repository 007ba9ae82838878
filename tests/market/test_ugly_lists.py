"""Lists as strangers keep them: odd separators, headers in two rows, wrong endings, persons in odd places."""

import datetime
import decimal
import gzip
import json

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lst_workbench.contracts import InputError
from lst_workbench.market import import_market, propose_import
from lst_workbench.market.importing.personal import shortened
from lst_workbench.market.importing.reading import read_table
from lst_workbench.views import imports
from tests.market.test_import import IDENTITY, OWNER, PHONE

LANDLINE, MAIL = "0559-2512345", "wang@shops.example.cn"


def shops(count=12):
    return pd.DataFrame(
        {
            "编号": [f"S{i}" for i in range(count)],
            "名称": [f"屯溪{i}号便利店" for i in range(count)],
            "经度": [f"{118.30 + i / 200:.5f}" for i in range(count)],
            "纬度": [f"{29.71 + i / 300:.5f}" for i in range(count)],
            "面积": [str(30 + i) for i in range(count)],
        }
    )


def same(path, expected=None):
    """The shops as they are read from the file, position and area and all."""
    stores, expected = import_market(path).market.stores, shops() if expected is None else expected
    np.testing.assert_allclose(stores["lat"], expected["纬度"].astype(float), atol=1e-6)
    np.testing.assert_allclose(stores["lon"], expected["经度"].astype(float), atol=1e-6)
    assert stores["source_id"].tolist() == expected["编号"].tolist()
    return stores


def with_last_commas(text):
    first, *rows = text.splitlines()
    return "\n".join([first, *(row + "," for row in rows)])


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("trailing.csv", lambda text: with_last_commas(text).encode()),
        ("mac.csv", lambda text: text.replace("\n", "\r").encode()),
        ("wide.csv", lambda text: text.encode("utf-16-le")),
        ("wide.txt", lambda text: text.encode("utf-16-be")),
        ("packed.csv.gz", lambda text: gzip.compress(text.encode("gb18030"))),
        ("text.xlsx", lambda text: text.encode()),
    ],
)
def test_text_in_odd_forms_gives_the_same_shops(tmp_path, name, written):
    (tmp_path / name).write_bytes(written(shops().to_csv(index=False)))
    assert same(tmp_path / name)["area_m2"].tolist() == list(range(30, 42))


def test_decimal_commas_are_points(tmp_path):
    table = shops()
    table["面积"] = ["1.500,5", "40,250", *["35,5"] * 10]
    for side in ("经度", "纬度"):
        table[side] = table[side].str.replace(".", ",", regex=False)
    table.to_csv(tmp_path / "shops.csv", index=False, sep=";")
    assert same(tmp_path / "shops.csv", shops())["area_m2"].tolist() == [1500.5, 40.25, *[35.5] * 10]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_header_of_two_rows_with_merged_cells(tmp_path, form):
    upper, lower = (
        ["编号", "名称", "坐标", None, "面积", "店主", None],
        [None, None, "经度", "纬度", None, "名称", "级别"],
    )
    rows = [upper, lower, *(list(row) + [OWNER, "a"] for row in shops().itertuples(index=False))]
    path = tmp_path / f"shops.{form}"
    if form == "csv":
        pd.DataFrame(rows).to_csv(path, index=False, header=False)
    else:
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        book.save(path)
    assert same(path)["name"].tolist() == shops()["名称"].tolist()
    assert propose_import(path).personal == ["店主 名称", "店主 级别"]


def test_names_below_a_heading_of_persons_are_personal(tmp_path):
    rows = [["门店", None, None, "负责人"], ["编号", "经度", "纬度", "名称"], ["S1", "118.3", "29.7", OWNER]]
    pd.DataFrame(rows).to_excel(tmp_path / "shops.xlsx", index=False, header=False)
    proposal = propose_import(tmp_path / "shops.xlsx")
    assert proposal.personal == ["负责人 名称"] and "name" not in proposal.mapping


def test_columns_of_any_parquet_type_are_read(tmp_path):
    table = shops(4)
    decimals = {side: [decimal.Decimal(text) for text in table[side]] for side in ("经度", "纬度")}
    columns = {
        "编号": pa.array(table["编号"]).dictionary_encode(),
        "经度": pa.array(decimals["经度"], pa.decimal128(12, 5)),
        "纬度": pa.array(decimals["纬度"], pa.decimal128(12, 5)),
        "加入日期": pa.array([datetime.date(2017, 1, 1)] * 4),
        "更新时间": pa.array([datetime.datetime(2017, 5, 1)] * 4, pa.timestamp("us", tz="Asia/Shanghai")),
        "是否加入": pa.array([True, None, False, True]),
        "标签": pa.array([["a", "b"]] * 4),
        "other": pa.array([{"x": 1}] * 4),
        "bytes": pa.array([b"\xff\x00"] * 4),
    }
    pq.write_table(pa.table(columns), tmp_path / "shops.parquet")
    same(tmp_path / "shops.parquet", table)
    table.astype({"经度": float, "纬度": float}).set_index("编号").to_parquet(tmp_path / "indexed.parquet")
    same(tmp_path / "indexed.parquet", table)


@pytest.mark.parametrize("form", ["geoparquet", "hexadecimal", "text"])
def test_geometry_in_a_table_gives_positions(tmp_path, form):
    import geopandas as gpd

    points = gpd.GeoSeries(gpd.points_from_xy(*(shops()[side].astype(float) for side in ("经度", "纬度")), crs=4326))
    table = shops().drop(columns=["经度", "纬度"])
    if form == "geoparquet":
        gpd.GeoDataFrame(table, geometry=points).to_crs(32650).to_parquet(tmp_path / "shops.parquet")
        assert read_table(tmp_path / "shops.parquet").notes == ["read as a layer in EPSG:32650"]
        same(tmp_path / "shops.parquet")
    else:
        text = points.to_wkb(hex=True) if form == "hexadecimal" else "SRID=4326;" + points.to_wkt()
        table.assign(geom=text).to_csv(tmp_path / "shops.csv", index=False)
        same(tmp_path / "shops.csv")


def test_shapes_without_position_or_with_nested_properties_are_counted(tmp_path):
    point = {"type": "Point", "coordinates": [118.3, 29.7]}
    features = [
        {"type": "Feature", "properties": {"name": "店", "tags": {"a": [1, 2]}}, "geometry": shape}
        for shape in (point, None)
    ]
    path = tmp_path / "shops.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    done = import_market(path)
    assert (done.read, len(done.market.stores), len(done.rejected)) == (2, 1, 1)
    (tmp_path / "shops.json").write_text('[{"lat": 29.7, "lon": 118.3}]')
    with pytest.raises(InputError, match="no layer that can be read"):
        import_market(tmp_path / "shops.json")


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_list_without_headers_is_refused_and_nobody_in_it_is_named(tmp_path, form):
    path, rows = tmp_path / f"shops.{form}", shops().assign(owner=OWNER, phone=PHONE)
    write = rows.to_csv if form == "csv" else rows.to_excel
    write(path, index=False, header=False)
    with pytest.raises(InputError, match="first line holds values") as refused:
        import_market(path)
    assert not any(word in str(refused.value) for word in (OWNER, PHONE))


def test_a_web_page_is_called_that(tmp_path):
    (tmp_path / "shops.csv").write_text("<!DOCTYPE html><table><tr><td>lat</td></tr></table>")
    with pytest.raises(InputError, match="web page"):
        import_market(tmp_path / "shops.csv")


def test_shops_of_hong_kong_macao_and_taiwan_are_refused_by_name(tmp_path):
    where = {
        "Central": (22.2819, 114.1582), "Sheung Shui": (22.5011, 114.128), "Taipa": (22.155, 113.556),
        "Taipei": (25.033, 121.5654), "Kinmen": (24.4368, 118.3186),
        "Luohu": (22.5431, 114.12), "Shekou": (22.48, 113.91), "Gongbei": (22.22, 113.55), "Hengqin": (22.14, 113.54),
        "Xiamen": (24.48, 118.09),
    }  # fmt: skip
    path = tmp_path / "shops.csv"
    pd.DataFrame([(name, *at) for name, at in where.items()], columns=["name", "lat", "lon"]).to_csv(path, index=False)
    done = import_market(path)
    assert done.rejected["name"].tolist() == list(where)[:5]
    assert set(done.rejected["reason"]) == {"position lies in Hong Kong, Macao or Taiwan, which no market covers"}
    assert done.market.stores["name"].tolist() == list(where)[5:]


def test_numbers_and_addresses_of_persons_go_from_every_column_and_reject(tmp_path):
    table = shops(20)
    table["名称"] = [f"甲店{PHONE}", f"乙店 {LANDLINE}", f"丙店{MAIL}", f"丁店{IDENTITY}", *table["名称"][4:]]
    table["编号"] = [*table["编号"][:4], PHONE, IDENTITY, MAIL, *table["编号"][7:]]
    table.loc[[0, 2, 4, 6], "经度"] = "x"
    table.loc[7, "面积"] = PHONE
    table["备注"] = [f"联系{OWNER} {PHONE}" if i % 3 else "" for i in range(20)]
    table.to_csv(tmp_path / "shops.csv", index=False)
    done = import_market(tmp_path / "shops.csv", tmp_path / "market")
    assert (done.read, len(done.rejected)) == (20, 4)
    assert done.rejected["name"].str.strip().tolist()[:2] == ["甲店", "丙店"]
    for file in (tmp_path / "market").rglob("*.*"):
        said = pd.read_parquet(file).astype("str").to_csv() if file.suffix == ".parquet" else file.read_text("utf-8")
        assert not any(word in said for word in (PHONE, IDENTITY, OWNER, LANDLINE, MAIL)), file.name


def test_the_half_of_a_number_does_not_stay_where_a_text_is_cut():
    long = pd.Series(["店" * at + PHONE + "后" * 30 for at in range(100, 125)] + [None, "短"])
    cut = shortened(long, 120)
    assert not cut.str.contains("1381|[0-9]$", regex=True).any() and cut.str.len().max() <= 120
    assert cut.iloc[-1] == "短" and pd.isna(cut.iloc[-2])


def test_first_rows_show_no_numbers_of_persons(tmp_path):
    shops().assign(地址=[f"屯溪路1号 {PHONE}", *["屯溪路"] * 11]).to_csv(tmp_path / "shops.csv", index=False)
    shown = imports.first_rows(propose_import(tmp_path / "shops.csv"), "en")
    assert "屯溪路1号" in shown and PHONE not in shown
