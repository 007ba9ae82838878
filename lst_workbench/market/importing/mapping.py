"""Which column of a stranger's table means what; and which hold personal data and are dropped."""

import hashlib
import hmac
import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from lst_workbench.contracts import InputError

# Header words of each field, lower case without blanks and punctuation; the first that matches wins.
HEADERS = {
    "lat": ("lat", "latitude", "纬度", "纬", "y", "坐标y", "gcjlat", "bdlat", "wgslat", "wgs84lat", "poilat",
            "y坐标"),
    "lon": ("lon", "lng", "long", "longitude", "经度", "经", "x", "坐标x", "gcjlon", "gcjlng", "bdlon", "bdlng",
            "wgslon",
            "wgslng", "wgs84lon", "poilng", "x坐标"),
    "source_id": ("sourceid", "storeid", "shopid", "id", "编号", "门店编号", "门店id", "店铺编号", "店铺id", "门店编码",
                  "商户编号", "code", "storecode", "shopcode", "adcode", "序号", "终端编号", "编码"),
    "name": ("name", "storename", "shopname", "门店名称", "店名", "店铺名称", "名称", "商户名称", "终端名称", "门店",
             "countyzh", "title"),
    "area_m2": ("aream2", "area", "面积", "营业面积", "经营面积", "店铺面积", "门店面积", "面积平方米", "面积m2",
                "sqm", "floorarea", "建筑面积", "使用面积"),
    "store_kind": ("storekind", "kind", "type", "storetype", "类型", "门店类型", "业态", "店铺类型", "类别", "category"),  # noqa: E501
    "participant": ("participant", "insystem", "是否合作", "已加入", "是否加入", "合作", "会员"),
    "joined_month": ("joinedmonth", "joined", "joindate", "加入日期", "加入时间", "合作日期", "签约日期", "注册时间"),
    "updated": ("updated", "updatedat", "lastupdate", "lastupdated", "更新时间", "更新日期", "最后更新", "最近更新",
                "修改时间", "采集时间", "采集日期"),
}  # fmt: skip
# What people put before or after those words: whose it is, from which map, in which unit.
DECORATION = re.compile(
    r"^(?:门店|店铺|商户|网点|客户|终端|地址|地理|位置|高德|百度|腾讯|gps|geo|shop|store|location|address|addr|poi|map|wgs84|wgs"
    r"|gcj02|gcj|bd09|bd|amap|baidu|gaode)|(?:高德|百度|腾讯|地图|坐标|wgs84|wgs|gcj02|gcj|bd09|amap|baidu|gaode|gps|degrees|deg"
    r"|平方米|平米|m2)$"
)
OF_POSITIONS = re.compile("地址|地理|位置|location|address|addr|map|geo|gps")  # of a name they make something else
TOO_SHORT = ("x", "y", "id", "经", "纬", "code", "type", "kind", "area")  # said of other things too, once bare
SIMPLIFIED = str.maketrans(
    "經緯稱號編碼電話證機門鋪類積營業戶聯絡時間區標網點終", "经纬称号编码电话证机门铺类积营业户联络时间区标网点终"
)
PERSONAL = re.compile(
    r"owner|phone|mobile|tel$|^tel|^cell$|identity|idcard|idno|idnumber|certno|passport|email|mail$|wechat|contact|boss"
    r"|legalperson|proprietor|keeper$|bank|店主|店长|店东|户主|老板|业主|电话|手机|身份|证件|联系|联络|法人|法定代表|负责人|经营者|邮箱|微信|姓名|银行|qq"
)
PERSONAL_VALUE = (
    r"(?<!\d)(?:(?:(?:\+|00)?86[\s.-]?)?1[3-9]\d[\s.-]?\d{4}[\s.-]?\d{4}|\d{6}[\s.-]?\d{8}[\s.-]?\d{3}[\dXx])(?!\d)"
)
SAMPLE_ROWS = 2000
MOSTLY = 0.5


def plain_header(header: str) -> str:
    """Lower case, half width, simplified characters, letters and digits only."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", header).casefold()).translate(SIMPLIFIED)


def bare_header(plain: str) -> str:
    """Take off what stands around the word of a field; nothing where too little would be left.

    Examples
    --------
    >>> [bare_header(plain_header(name)) for name in ("高德经度", "lng_wgs84", "客户名称", "纬度误差", "store_type")]
    ['经度', 'lng', '名称', '', '']
    """
    bare = plain
    while (shorter := DECORATION.sub("", bare)) != bare:
        bare = shorter
    if OF_POSITIONS.match(plain) and bare not in (*HEADERS["lat"], *HEADERS["lon"]):
        return ""
    return "" if bare == plain or bare in TOO_SHORT or not any(bare in words for words in HEADERS.values()) else bare


def personal_columns(frame: pd.DataFrame) -> list[str]:
    """Columns whose header names personal data, or most of whose values are mobile or identity numbers."""
    personal = [name for name in frame if PERSONAL.search(plain_header(str(name)))]
    for name in frame.columns.difference(personal, sort=False):
        sample = frame[name].dropna().head(SAMPLE_ROWS).astype("str").str.slice(0, 100)
        if len(sample) and sample.str.contains(PERSONAL_VALUE, regex=True).mean() > MOSTLY:
            personal.append(name)
    return personal


def digested(personal: pd.DataFrame, key: str) -> pd.DataFrame:
    """Give HMAC-SHA256 digests of personal values in place of the values; empty ones stay empty.

    Examples
    --------
    >>> one = digested(pd.DataFrame({"phone": ["138", "１３８", None]}), "my key")["phone"]
    >>> one[0] == one[1], len(one[0]), bool(one.isna()[2])
    (True, 64, True)
    """

    def digest(value: str) -> str:
        plain = unicodedata.normalize("NFKC", value).strip()
        return hmac.new(key.encode(), plain.encode(), hashlib.sha256).hexdigest()

    texts = personal.astype("str")
    return pd.DataFrame({str(name): texts[name].map(digest, na_action="ignore") for name in texts})


def propose_mapping(headers: Sequence[str]) -> dict[str, str]:
    """Propose a column for each field from the headers, English or Chinese.

    Parameters
    ----------
    headers : sequence of str
        Headers of the table without the personal ones.

    Returns
    -------
    dict
        Field (lat, lon, source_id, name, area_m2, store_kind, participant, joined_month, updated) to header;
        fields that no header fits are left out.

    Examples
    --------
    >>> propose_mapping(["门店名称", "经度", "纬度", "面积(㎡)"])
    {'lat': '纬度', 'lon': '经度', 'name': '门店名称', 'area_m2': '面积(㎡)'}
    """
    plain: dict[str, str] = {}
    named = {plain_header(header): header for header in reversed(headers)}
    for header in headers:
        if not PERSONAL.search(plain_header(header)):
            plain.setdefault(plain_header(header), header)
    for whole in list(plain):  # exact words win
        if (bare := bare_header(whole)) and bare not in named:
            plain.setdefault(bare, plain[whole])
    return {
        field: plain[word] for field, words in HEADERS.items() if (word := next((w for w in words if w in plain), None))
    }


def merged_mapping(given: Mapping[str, str], proposed: dict[str, str]) -> dict[str, str]:
    """Complete a mapping by what is proposed: columns named win, a field given as "" is left out."""
    taken = set(given.values())
    rest = {field: header for field, header in proposed.items() if field not in given and header not in taken}
    return {**{field: header for field, header in given.items() if header}, **rest}


def read_mapping(path: str | Path) -> dict[str, str]:
    """Read a TOML mapping: a table `[columns]` of field = "header"."""
    try:
        content = tomllib.loads(Path(path).read_text("utf-8-sig"))
    except FileNotFoundError:
        raise InputError(str(path), ["it is not a file; mend the path"]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(str(path), [f"it is no TOML ({error}); write [columns] and lines as lat = '纬度'"]) from None
    columns = content.get("columns", content)
    if not isinstance(columns, dict) or not all(isinstance(header, str) for header in columns.values()):
        raise InputError(str(path), ["its columns are not all text; write [columns] and lines as lat = '纬度'"])
    return {str(field): str(header) for field, header in columns.items()}


def checked_mapping(mapping: dict[str, str], frame: pd.DataFrame, personal: list[str], where: str) -> dict[str, str]:
    """Refuse unknown fields, absent or personal columns, and a mapping without positions; all at once."""
    faults = [f"{field} is no field; use {', '.join(HEADERS)}" for field in mapping if field not in HEADERS]
    faults += [f"column {c!r} ({f}) is not in the table" for f, c in mapping.items() if c not in frame]
    faults += [f"column {c!r} ({f}) holds personal data" for f, c in mapping.items() if c in personal]
    if missing := [field for field in ("lat", "lon") if field not in mapping]:
        shown = ", ".join(map(str, frame.columns[:12]))[:300]
        faults.append(
            f"no column is known to be {' and '.join(missing)} (it has {shown}); name it in a file given "
            "by --mapping, a line as lat = '纬度'"
        )
    if faults:
        raise InputError(where, faults)
    return mapping
