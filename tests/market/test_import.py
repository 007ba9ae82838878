"""Import: a stranger's list becomes a market, every row accounted for, nothing personal kept."""

import hmac
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from lst_workbench.assumptions import data_folder, load_register, load_scenario
from lst_workbench.contracts import InputError
from lst_workbench.geo import from_wgs84
from lst_workbench.market import build_market, import_market, propose_import, read_market, read_quality
from lst_workbench.market.importing import around, propose_mapping
from lst_workbench.market.importing.headers import plain_header
from lst_workbench.market.importing.personal import LIKE_PERSONAL, PERSONAL_VALUE, digested
from lst_workbench.market.importing.positions import placed
from lst_workbench.market.importing.quality import likely_duplicates
from lst_workbench.market.importing.reading import read_table
from lst_workbench.market.importing.rows import _texts
from lst_workbench.market.importing.values import dates, numbers
from lst_workbench.market.synthetic import read_geography
from lst_workbench.planning import make_plan
from lst_workbench.views.findings import finding_markup, finding_of


@pytest.fixture(scope="module", autouse=True)
def one_network():
    """Lay the nation's warehouses out once: they are the same for every import of one seed."""
    kept = {}
    lay_out = around.lay_out_sites

    def once(geography, seed, figures, drawing):
        return kept.setdefault(seed, kept.get(seed) if seed in kept else lay_out(geography, seed, figures, drawing))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(around, "lay_out_sites", once)
        yield


PHONE, IDENTITY, OWNER = "13812345678", "341002198001011234", "王小明"


def shops(count=12):
    return pd.DataFrame(
        {
            "门店编号": [f"S{i}" for i in range(count)],
            "门店名称": [f"屯溪{i}号便利店" for i in range(count)],
            "经度": [f"{118.30 + i / 200:.6f}" for i in range(count)],
            "纬度": [f"{29.71 + i / 300:.6f}" for i in range(count)],
            "营业面积": ["３５", "40平方米", "0.01万", "-3", "abc", *["50"] * (count - 5)],
            "店主": [OWNER] * count,
            "联系电话": [PHONE] * count,
            "身份证号": [IDENTITY] * count,
        }
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_delimiters_give_the_same_table(tmp_path, encoding, delimiter):
    path = tmp_path / "shops.csv"
    path.write_bytes(shops().to_csv(index=False, sep=delimiter).encode(encoding))
    pd.testing.assert_frame_equal(read_table(path).frame, shops(), check_dtype=False, check_column_type=False)


@pytest.mark.parametrize("form", ["csv", "xlsx", "parquet", "geojson", "gpkg"])
def test_every_format_imports_the_same_shops(tmp_path, form):
    path = tmp_path / f"shops.{form}"
    table = shops()
    if form == "csv":
        table.to_csv(path, index=False)
    elif form == "xlsx":
        table.to_excel(path, index=False)
    elif form == "parquet":
        table.to_parquet(path)
    else:
        import geopandas as gpd

        points = gpd.points_from_xy(table["经度"].astype(float), table["纬度"].astype(float), crs=4326)
        gpd.GeoDataFrame(table.drop(columns=["经度", "纬度"]), geometry=points).to_crs(3857).to_file(path)
    stores = import_market(path).market.stores
    np.testing.assert_allclose(stores["lat"], shops()["纬度"].astype(float), atol=1e-6)
    np.testing.assert_allclose(stores["area_m2"][:3], [35, 40, 100])
    assert stores["source_id"].tolist() == shops()["门店编号"].tolist()
    assert set(stores["origin"]) == {"imported"} and set(stores["store_kind"]) == {"convenience"}


def test_nothing_personal_is_written_and_the_market_is_whole(tmp_path):
    table = shops()
    table.loc[3, "门店名称"] = f"李记 {PHONE}"
    table.loc[4, ["经度", "门店名称"]] = ["x", f"坏 {IDENTITY}"]
    table.to_csv(tmp_path / "shops.csv", index=False)
    done = import_market(tmp_path / "shops.csv", tmp_path / "market")
    assert (done.read, len(done.market.stores), len(done.rejected)) == (12, 11, 1)
    assert read_market(tmp_path / "market").meta.synthetic is False
    for file in (tmp_path / "market").rglob("*.parquet"):
        text = pd.read_parquet(file).astype("str").to_csv()
        assert PHONE not in text and IDENTITY not in text and OWNER not in text
    assert PHONE not in (tmp_path / "market" / "import.toml").read_text("utf-8")


@pytest.mark.parametrize("datum", ["wgs84", "gcj02", "bd09"])
def test_positions_are_stored_in_wgs84(tmp_path, datum):
    table = shops()
    lat, lon = table["纬度"].astype(float), table["经度"].astype(float)
    table["纬度"], table["经度"] = from_wgs84(lat, lon, datum)
    table.to_csv(tmp_path / "shops.csv", index=False)
    stores = import_market(tmp_path / "shops.csv", datum=datum).market.stores
    np.testing.assert_allclose(stores["lat"], lat, atol=1e-8)
    np.testing.assert_allclose(stores["lon"], lon, atol=1e-8)


def test_swapped_projected_and_foreign_positions_are_reported(tmp_path):
    table = shops()
    table.loc[0, ["经度", "纬度"]] = ["29.71", "118.30"]
    table.loc[1, ["经度", "纬度"]] = ["13169000", "3467000"]
    table.loc[2, ["经度", "纬度"]] = ["2.35", "48.85"]
    table.to_csv(tmp_path / "shops.csv", index=False)
    done = import_market(tmp_path / "shops.csv")
    said = " ".join(done.notes)
    assert all(word in said for word in ("swapped in 1 rows", "projected", "outside China"))
    assert len(done.rejected) == 2 and done.market.stores["lat"].iloc[0] == 29.71


def test_ragged_rows_are_counted_without_their_text(tmp_path):
    text = shops().to_csv(index=False) + f"S99,{PHONE}\n"
    (tmp_path / "shops.csv").write_text(text, "utf-8")
    done = import_market(tmp_path / "shops.csv")
    assert done.read == 13 == len(done.market.stores) + len(done.rejected)
    assert done.rejected["reason"].tolist() == ["it has 2 fields, the header 8"]


@pytest.mark.parametrize("other", ["", '"', 'middle"'])
def test_a_quote_that_is_never_closed_swallows_no_rows(tmp_path, other):
    """Rows between two stray quotes would be one cell: a name with the owners and phones of many shops."""
    lines = shops(40).to_csv(index=False).splitlines()
    lines[5] = lines[5].replace("屯溪", '"屯溪')
    lines[30] = lines[30].replace("屯溪", f"{other}屯溪")
    (tmp_path / "shops.csv").write_text("\n".join(lines), "utf-8")
    done = import_market(tmp_path / "shops.csv", out=tmp_path / "market")
    assert done.read == len(done.market.stores) == 40
    assert any("quote is opened and not closed" in note for note in done.notes)
    written = b"".join(path.read_bytes() for path in (tmp_path / "market").iterdir())
    assert PHONE.encode() not in written and OWNER.encode() not in written
    assert not done.market.stores["name"].str.contains("\n").any()


def test_lines_within_a_quoted_cell_stay_one_cell(tmp_path):
    table = shops().assign(地址=["黄山市\n屯溪区, 1 号", *["屯溪"] * 11])
    table.to_csv(tmp_path / "shops.csv", index=False)
    raw = read_table(tmp_path / "shops.csv")
    assert len(raw.frame) == 12 and raw.frame["地址"].iloc[0] == "黄山市\n屯溪区, 1 号"


def test_what_the_import_found_is_what_a_check_says(tmp_path):
    shops().to_csv(tmp_path / "shops.csv", index=False)
    done = import_market(tmp_path / "shops.csv", out=tmp_path / "market")
    said = read_quality(tmp_path / "market", read_market(tmp_path / "market"))
    pd.testing.assert_frame_equal(said.quality, done.quality)
    pd.testing.assert_frame_equal(said.trust, done.trust)
    assert said.count == "12 rows read = 12 imported + 0 rejected"


def test_likely_duplicates_and_doubled_ids_are_found(tmp_path):
    table = shops()
    table.loc[1] = {**table.loc[0], "门店名称": "屯溪 0号 便利店", "经度": "118.30005"}
    table.to_csv(tmp_path / "shops.csv", index=False)
    found = import_market(tmp_path / "shops.csv").quality.set_index("finding")["rows"]
    assert found["source_id is doubled"] == 2
    assert found["likely the same shop (within 50 m, alike in name)"] == 2
    assert found["area_m2 is impossible"] == 1


def test_a_list_that_leaves_shops_out_gets_modelled_rivals(tmp_path):
    shops().to_csv(tmp_path / "shops.csv", index=False)
    done = import_market(tmp_path / "shops.csv", tmp_path / "market")
    modelled = build_market(prefectures=["Huangshan"]).stores
    of_place = modelled["place_id"].value_counts()
    listed = done.market.stores["place_id"].value_counts().reindex(of_place.index, fill_value=0)
    rivals = done.market.rivals["place_id"].value_counts().reindex(of_place.index, fill_value=0)
    assert (rivals == (of_place - listed).clip(lower=0)).all()
    assert set(done.market.rivals["store_id"]) < set(modelled["store_id"])
    pd.testing.assert_frame_equal(read_market(tmp_path / "market").rivals, done.market.rivals)
    assert any("never planned" in note for note in done.notes)
    assert import_market(tmp_path / "shops.csv", whole=True).market.rivals.empty


def test_potential_of_a_thin_list_is_that_of_shops_with_rivals(tmp_path):
    shops().to_csv(tmp_path / "shops.csv", index=False)
    plan = make_plan(import_market(tmp_path / "shops.csv").market, load_scenario("base"))
    assert len(plan.tables["decisions"]) == len(plan.tables["potentials"]) == 12
    usual = load_register()["store.purchases_month"].value
    assert 0.2 * usual < plan.tables["potentials"]["potential_rmb_month"].mean() < 5 * usual
    assert "rivals_modelled" in [note["key"] for note in plan.notes]
    assert "never signed" in finding_markup(finding_of(plan), "en")


TITLED = [["门店清单 2017", None, None], ["制表：运营部", None, None], ["门店名称", "经度", "纬度"]]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_rows_above_the_header_and_other_sheets_are_left_out(tmp_path, form):
    rows = pd.DataFrame([*TITLED, ["张记", "118.31", "29.71"], ["李记", "118.32", "29.72"]])
    path = tmp_path / f"shops.{form}"
    if form == "csv":
        path.write_bytes(rows.to_csv(index=False, header=False).encode("gb18030"))
    else:
        with pd.ExcelWriter(path) as book:
            pd.DataFrame({"说明": ["看下一张", "x", "y", "z"]}).to_excel(book, sheet_name="封面", index=False)
            rows.to_excel(book, sheet_name="清单", index=False, header=False)
    done = import_market(path)
    assert done.read == len(done.market.stores) == 2
    assert "2 lines above the header are left out" in done.notes
    assert form == "csv" or done.notes[:2] == ["read as Excel, sheet 清单", "left out: 封面"]


@pytest.mark.parametrize("header", ["经纬度", "location"])
def test_a_column_of_both_coordinates_is_split(tmp_path, header):
    pd.DataFrame({"店名": ["张记", "李记"], header: ["118.31,29.71", "(118.32， 29.72)"]}).to_csv(tmp_path / "s.csv")
    assert import_market(tmp_path / "s.csv").market.stores["lat"].tolist() == [29.71, 29.72]


def test_degrees_and_minutes_are_degrees():
    written = pd.Series(["29°42′36″", "北纬29度42分36秒", "29°42.6'N", "29.71°"])
    assert numbers(written).round(6).tolist() == [29.71] * 4


def test_personal_values_are_kept_as_digests_of_the_users_key(tmp_path):
    table = shops()
    table.loc[2, "经度"] = "x"
    table.to_csv(tmp_path / "shops.csv", index=False)
    done = import_market(propose_import(tmp_path / "shops.csv", key="secret"), tmp_path / "market")
    kept = pd.read_parquet(tmp_path / "market" / "personal_digests.parquet")
    assert kept["store_id"].tolist() == done.market.stores["store_id"].tolist()
    assert set(kept) == {"store_id", "店主", "联系电话", "身份证号"}
    expected = hmac.new(b"secret", PHONE.encode(), "sha256").hexdigest()
    assert set(kept["联系电话"]) == {expected}
    assert digested(table[["店主"]], "other")["店主"][0] != kept["店主"][0]


def test_stale_rows_are_found_and_trusted_less(tmp_path):
    table = shops().assign(更新时间=["2014-01-01", *["2017年8月1日"] * 11])
    table.to_csv(tmp_path / "shops.csv", index=False)
    done = import_market(tmp_path / "shops.csv")
    found = done.quality.set_index("finding")["rows"]
    assert found[[name for name in found.index if name.startswith("stale")]].tolist() == [1]
    trusted = done.trust.set_index("stage")["rows"]
    assert trusted["waves"] == 11 and trusted["warehouses"] == 12
    assert trusted["potentials"] == trusted["catchments"] - 2, "two areas are impossible or unreadable"


def test_dates_in_mixed_formats_are_one_day():
    written = pd.Series(["2017-08-01", "2017年8月1日", "2017/8/1", "42948", "２０１７.08.01", "9999-01-01", "soon"])
    assert dates(written).notna().tolist() == [True] * 5 + [False] * 2
    assert set(dates(written).dropna()) == {pd.Timestamp("2017-08-01")}


def test_infinite_and_absurd_numbers_are_missing():
    assert np.isnan(numbers(pd.Series(["inf", "-Infinity", "NaN", "9" * 400, "=1+1", ""]))).all()


def test_a_mapping_is_refused_with_all_its_faults(tmp_path):
    shops().to_csv(tmp_path / "shops.csv", index=False)
    mapping = {"lat": "纬度", "lon": "Lon?", "name": "店主", "colour": "门店名称"}
    with pytest.raises(InputError) as refused:
        import_market(tmp_path / "shops.csv", mapping=mapping)
    assert len(refused.value.faults) == 3


def test_headers_in_two_languages_are_known():
    assert propose_mapping(["LNG", "Lat_", "店名", "Phone"]) == {"lat": "Lat_", "lon": "LNG", "name": "店名"}
    assert plain_header(" 面积（㎡） ") == "面积m2"


@pytest.mark.parametrize(
    ("east", "north"),
    [
        *(("门店经度", "门店纬度"), ("店铺经度", "店铺纬度"), ("高德经度", "高德纬度"), ("经度(高德)", "纬度(高德)")),
        *(("经度(GCJ02)", "纬度(GCJ02)"), ("地址经度", "地址纬度"), ("X坐标", "Y坐标"), ("經度", "緯度")),
        *(("lng_wgs84", "lat_wgs84"), ("bd09_lng", "bd09_lat"), ("gps_lon", "gps_lat"), ("geo_lon", "geo_lat")),
        *(("shop_lng", "shop_lat"), ("store_longitude", "store_latitude"), ("location.lng", "location.lat")),
        *(("Longitude (deg)", "Latitude (deg)"), ("LNG_AMAP", "LAT_AMAP"), ("经度（百度地图）", "纬度（百度地图）")),
    ],
)
def test_headers_are_known_with_what_stands_around_them(east, north):
    found = propose_mapping(["客户编码", "客户名称", east, north, "营业面积(平方米)", "备注"])
    assert (found["lon"], found["lat"]) == (east, north)
    assert (found["source_id"], found["name"], found["area_m2"]) == ("客户编码", "客户名称", "营业面积(平方米)")


@pytest.mark.parametrize(
    "header",
    [
        "纬度误差",
        "flat_no",
        "plateau",
        "lngth",
        "store_y",
        "备注",
        "地址名称",
        "map_title",
        "geoid",
        "店长",
        "聯絡人",
        "cell",
    ],
)
def test_headers_of_other_things_are_not_taken(header):
    assert propose_mapping([header]) == {}


def test_a_mapping_of_some_columns_keeps_the_rest_as_proposed(tmp_path):
    shops().rename(columns={"纬度": "北向", "经度": "东向"}).to_csv(tmp_path / "shops.csv", index=False)
    with pytest.raises(InputError, match="--mapping, a line as lat"):
        import_market(tmp_path / "shops.csv")
    proposal = propose_import(tmp_path / "shops.csv", {"lat": "北向", "lon": "东向", "area_m2": ""})
    assert proposal.mapping == {"lat": "北向", "lon": "东向", "source_id": "门店编号", "name": "门店名称"}
    (tmp_path / "five.toml").write_text("columns = 5")
    with pytest.raises(InputError, match="not all text"):
        propose_import(tmp_path / "shops.csv", tmp_path / "five.toml")


def test_phones_and_identities_in_names_go_however_they_are_written(tmp_path):
    names = [
        "老王 138-1234-5678",
        "老李+86 13812345678",
        "老赵 341002 19800101 1234",
        "老孙１３８-1234-5678",
        "老周 0086 138.1234.5678",
        "24小时 屯溪 1234 店",
        *"甲乙丙丁戊己",
    ]
    shops(12).assign(门店名称=names).to_csv(tmp_path / "shops.csv", index=False)
    kept = import_market(tmp_path / "shops.csv").market.stores["name"].str.strip().tolist()
    assert kept == ["老王", "老李", "老赵", "老孙", "老周", "24小时 屯溪 1234 店", *"甲乙丙丁戊己"]


def test_one_date_of_the_future_makes_nobody_stale(tmp_path):
    shops().assign(更新时间=["2099-01-01", *["17-8-1"] * 11]).to_csv(tmp_path / "shops.csv", index=False)
    found = import_market(tmp_path / "shops.csv").quality.set_index("finding")["rows"]
    assert found[[name for name in found.index if name.startswith("stale")]].tolist() == [0]


def test_a_sheet_that_reaches_far_is_refused_before_it_is_read(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["经度", "纬度"])
    book.active.cell(200_000, 2000, "x")
    book.save(tmp_path / "far.xlsx")
    with pytest.raises(InputError, match="delete stray cells"):
        read_table(tmp_path / "far.xlsx")


def mutated(rng: np.random.Generator, folder: Path) -> Path:
    """A table with one to three of the faults that files have."""
    table = shops(int(rng.integers(5, 20)))
    path = folder / "shops.csv"
    absurd = ["NaN", "inf", "-1e308", "=cmd|' /C calc'!A0", "9999-99-99", "０", "\x00", "", "1" * 5000, '"', "万"]
    for _ in range(rng.integers(1, 4)):
        row, column = int(rng.integers(len(table))), int(rng.integers(table.shape[1]))
        table.iloc[row, column] = absurd[rng.integers(len(absurd))]
    fault = rng.integers(10)
    if fault == 0:
        table.columns = [table.columns[0]] * 2 + list(table.columns[2:])
    text = table.to_csv(index=False, sep=",;\t|"[rng.integers(4)])
    content = text.encode(["utf-8", "utf-8-sig", "gb18030", "utf-16"][rng.integers(4)])
    if fault == 1:
        content = content[: rng.integers(0, len(content))]
    elif fault == 2:
        content = content[: len(content) // 2] + rng.bytes(20) + content[len(content) // 2 :]
    elif fault == 3:
        content = content.replace(b",", b";", int(rng.integers(1, 20)))
    elif fault == 4:
        content += text.encode("gb18030") + text.encode("utf-8")
    elif fault == 5:
        content += b"x" * 10**7 + b",1\n"
    elif fault == 6:
        path = folder / ["shops.xlsx", "shops.parquet", "shops.gpkg", "shops.geojson"][rng.integers(4)]
    elif fault == 7:
        content = rng.bytes(int(rng.integers(0, 500)))
    path.write_bytes(content)
    return path


def ends_well(seed, folder):
    try:
        done = import_market(mutated(np.random.default_rng(seed), folder))
    except InputError as error:
        assert str(error).endswith(".") and "\n" not in str(error)
    else:
        assert done.read == len(done.market.stores) + len(done.rejected)


@pytest.mark.parametrize("seed", range(60))
def test_a_mutated_table_ends_in_a_sentence_or_a_success(seed, tmp_path):
    ends_well(seed, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1500))
def test_many_mutated_tables_end_in_a_sentence_or_a_success(seed, tmp_path):
    ends_well(seed, tmp_path)


@pytest.mark.slow
def test_a_zip_bomb_is_refused(tmp_path):
    import zipfile

    with zipfile.ZipFile(tmp_path / "shops.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 300_000_000)
    with pytest.raises(InputError, match="unpacks to"):
        import_market(tmp_path / "shops.xlsx")


@pytest.fixture(scope="module")
def scattered():
    stores = read_market(data_folder() / "sample").stores
    return stores["lat"].to_numpy(), stores["lon"].to_numpy()


@pytest.mark.parametrize("given", ["wgs84", "gcj02", "bd09"])
@pytest.mark.parametrize("said", ["wgs84", "gcj02", "bd09"])
def test_a_datum_nobody_named_shows_in_where_scattered_shops_lie(scattered, given, said):
    geography = read_geography(data_folder() / "places")
    notes = " ".join(placed(*from_wgs84(*scattered, given), said, ["lat", "lon"], geography).notes)
    assert (f"give --datum {given}" in notes) == (given != said)
    assert notes.count("look shifted") == (given != said)


def test_shops_beyond_the_border_and_at_sea_are_refused(tmp_path):
    where = {"here": (29.71, 118.31), "Hanoi": (21.03, 105.85), "at sea": (30.0, 126.0), "Taxkorgan": (37.77, 75.22)}
    path = tmp_path / "shops.csv"
    pd.DataFrame([(name, *at) for name, at in where.items()], columns=["name", "lat", "lon"]).to_csv(path, index=False)
    done = import_market(path, datum="WGS-84")
    assert set(done.rejected["name"]) == {"Hanoi", "at sea"} and len(done.market.stores) == 2
    assert done.rejected["reason"].str.contains("far from every place that is covered (over 100 km)", regex=False).all()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("张记便利店", "张记 便利", True),
        ("红旗连锁", "红旗连锁（解放路店）", True),
        ("解放路副食品", "解放路付食品", True),
        ("Sunny Mart", "Suny Mart", True),
        ("十足便利1店", "十足便利2店", False),
        ("幸福路一分店", "幸福路二分店", False),
        ("红星食品", "红旗食品", False),
        ("Lee", "Leeds Corner Shop", False),
        ("", "店", False),
        (None, "张记", False),
    ],
)
def test_neighbours_alike_in_name_are_likely_one_shop(one, other, same):
    near = pd.DataFrame({"name": [one, other, one], "lat": [30.0, 30.0001, 31.0], "lon": 110.0})
    assert likely_duplicates(near).tolist() == [same, same, False]


def test_whole_numbers_stay_whole_as_ids(tmp_path):
    table = pd.DataFrame({"id": [1000.0, None, 1002.0], "lat": 29.71, "lon": [118.31, 118.32, 118.33]})
    for name in ("shops.csv", "shops.parquet"):
        path = tmp_path / name
        table.to_csv(path, index=False) if name.endswith("csv") else table.to_parquet(path)
        assert import_market(path).market.stores["source_id"].fillna("").tolist() == ["1000", "", "1002"]


def test_sheets_of_one_layout_are_read_together_and_one_can_be_asked_for(tmp_path):
    path, table = tmp_path / "shops.xlsx", shops()
    with pd.ExcelWriter(path) as book:
        for name, part in (
            ("黄山", table.head(5)),
            ("屯溪", table.iloc[5:9]),
            ("说明", pd.DataFrame({"about": ["x"]})),
        ):
            part.to_excel(book, sheet_name=name, index=False)
    raw = read_table(path)
    assert len(raw.frame) == 9 and raw.notes == ["read as Excel, sheet 黄山, 屯溪", "left out: 说明"]
    assert len(read_table(path, "屯溪").frame) == 4
    with pytest.raises(InputError, match="no 合肥; its sheets or layers are 黄山, 屯溪, 说明"):
        read_table(path, "合肥")
    table.to_csv(tmp_path / "shops.csv", index=False)
    with pytest.raises(InputError, match="no sheets or layers"):
        propose_import(tmp_path / "shops.csv", table="屯溪")


def test_the_quick_look_for_personal_numbers_misses_none():
    """Half and full width, parted by one sign or none, after country codes: what the exact look takes is looked at."""
    rng = np.random.default_rng(5)
    signs = np.array(list("0123456789０１２３４５６７８９0123456789xX .-－a店+"))
    starts = np.array(["", "+86", "0086", "００８６ ", "86 ", "店", "110101"])
    tails = rng.choice(signs, (20_000, 22))
    tails[:, rng.integers(8, 22)] = "店"
    leads = np.char.add(rng.choice(starts, 20_000), rng.choice(np.array(["13", "1９", "１5", "3"]), 20_000))
    text = pd.Series([lead + "".join(tail) for lead, tail in zip(leads, tails, strict=True)])
    text = pd.concat([text, text.str.replace("[^0-9０-９Xx]", "", regex=True)], ignore_index=True)
    personal = text.str.normalize("NFKC").str.contains(PERSONAL_VALUE, regex=True)
    assert personal.sum() > 500 and text[personal].str.contains(LIKE_PERSONAL, regex=True).all()
    gone = _texts(pd.DataFrame({"name": ["小店138－1234－5678", "S340100000000"]}), "name")
    assert gone.tolist() == ["小店", "S340100000000"]
