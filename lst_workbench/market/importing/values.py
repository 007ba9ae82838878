"""Numbers, dates and kinds of shop from what people write."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

UNITS = r"平方米|平米|平方|平|m2|m\^2|sqm|元|rmb|¥|°|度|[\s,_'\"nNeE北纬东经]"
DEGREES_MINUTES = (
    r"^\D{0,3}(\d{1,3})\s*[°度]\s*(?:(\d{1,2}(?:\.\d+)?)\s*['′分])\s*(?:(\d{1,2}(?:\.\d+)?)\s*(?:[\"″秒]|'')?)?\D{0,3}$"
)
TIMES = {"万": 1e4, "亿": 1e8, "千": 1e3, "百": 1e2, "坪": 3.3058}
ABOUT = r"^[约近]|左右$"
# 29,71 and 1.234,5 are written with decimal commas; 118,310 is where others of its column are.
DECIMAL_COMMA = r"^[^\d,.]*\d+(?:\.\d{3})*,(?:\d{1,2}|\d{4,})[^\d,.]*$"
LIKE_DECIMAL_COMMA = r"^[^\d,.]*\d+(?:\.\d{3})*,\d+[^\d,.]*$"
DAY_MONTH_YEAR = r"^(\d{1,2})-(\d{1,2})-(\d{4})\b"
KIND_WORDS = {
    "kiosk": "亭|kiosk|摊",
    "convenience": "便利|convenience",
    "mini_supermarket": "超市|supermarket|mart|卖场",
    "foodstuffs": "食品|粮油|副食|food|烟酒",
    "grocery": "杂货|小卖|百货|商店|grocery",
}
MONTHS = 12
EXCEL_DAY_ZERO = pd.Timestamp("1899-12-30")
SAMPLE_ROWS = 2000  # tell whether the values of a column come again and again
LONGEST = 64  # of a number or a date; what is longer is neither


def numbers(column: pd.Series) -> np.ndarray:
    r"""Numbers of a column: full-width digits, thousands, units and 万 are understood; anything else is NaN.

    Examples
    --------
    >>> numbers(pd.Series(["29°42'36\"N"])).round(4).tolist()
    [29.71]
    >>> numbers(pd.Series(["３５．５", "1.2万", "1,500 平方米", "about 5", None]))
    array([   35.5, 12000. ,  1500. ,     nan,     nan])
    >>> numbers(pd.Series(["118,25", "118,310", "1.500,5"])).tolist()
    [118.25, 118.31, 1500.5]
    """
    if pd.api.types.is_numeric_dtype(column):
        return _finite(column.to_numpy("float64", na_value=np.nan))
    return _finite(of_distinct(column, _numbers))


def _numbers(column: pd.Series) -> np.ndarray:
    try:
        return pc.cast(pa.array(column, pa.large_string()), pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowException:  # some are written in another way
        return _numbers_as_written(column)


def _numbers_as_written(column: pd.Series) -> np.ndarray:
    found = pd.to_numeric(column, errors="coerce").to_numpy("float64", na_value=np.nan).copy()
    hard = np.flatnonzero(np.isnan(found) & column.notna().to_numpy())
    if len(hard):
        text = column.iloc[hard].astype("str").str.slice(0, LONGEST + 1)
        text = text.mask(text.str.len() > LONGEST).str.normalize("NFKC")
        parts = text.str.extract(DEGREES_MINUTES).astype("float64").fillna({1: 0.0, 2: 0.0})
        text = _with_points(text.str.replace(ABOUT, "", regex=True)).str.replace(UNITS, "", regex=True)
        factor = np.ones(len(hard))
        for word, times in TIMES.items():
            ends = text.str.endswith(word).eq(True).to_numpy()
            factor[ends] = times
            text = text.str.removesuffix(word)
        found[hard] = pd.to_numeric(text, errors="coerce").to_numpy("float64", na_value=np.nan) * factor
        degrees = (parts[0] + parts[1] / 60 + parts[2] / 3600).to_numpy()
        found[hard] = np.where(np.isnan(degrees), found[hard], degrees)
    return found


def _with_points(text: pd.Series) -> pd.Series:
    """Decimal points where a column writes decimal commas."""
    if not text.str.match(DECIMAL_COMMA).eq(True).any():
        return text
    commas = text.str.match(LIKE_DECIMAL_COMMA).eq(True)
    return text.mask(commas, text.str.replace(".", "", regex=False).str.replace(",", ".", regex=False))


def dates(column: pd.Series) -> pd.Series:
    """Dates of a column in mixed formats, 2017年8月1日 and Excel day numbers among them; others are NaT.

    Examples
    --------
    >>> dates(pd.Series(["2017年8月1日", "1/8/2017", "15/8/2017"])).dt.strftime("%m-%d").tolist()
    ['08-01', '08-01', '08-15']
    """
    return pd.Series(of_distinct(column.astype("str"), _dates), column.index)


def _dates(column: pd.Series) -> np.ndarray:
    text = column.str.slice(0, LONGEST).str.normalize("NFKC")
    text = text.str.replace(r"[年月/.]", "-", regex=True).str.replace("日", "", regex=False).str.strip("- ")
    text = _year_last(text)
    text = text.str.replace(r"^(\d{4}-\d{1,2})$", r"\1-01", regex=True)
    text = text.str.replace(r"^(\d{2})-(\d{1,2})-(\d{1,2})$", r"20\1-\2-\3", regex=True)
    found = pd.to_datetime(text, errors="coerce", format="mixed", utc=True).dt.tz_localize(None)
    days = pd.to_numeric(text, errors="coerce").where(lambda n: n.between(20_000, 60_000))
    found = found.mask(days.notna(), EXCEL_DAY_ZERO + pd.to_timedelta(days.fillna(0), unit="D"))
    return found.where(found.between("1990-01-01", "2100-01-01")).to_numpy("datetime64[us]")


def _year_last(text: pd.Series) -> pd.Series:
    """Turn 15-8-2017 round where a column writes the day first: where a first number is more than any month."""
    parts = text.str.extract(DAY_MONTH_YEAR).astype("float64")
    if not (parts[0] > MONTHS).any() or (parts[1] > MONTHS).any():
        return text
    return text.str.replace(DAY_MONTH_YEAR, r"\3-\2-\1", regex=True)


def kinds(*columns: pd.Series) -> np.ndarray:
    """Kind of shop by the words of its kind or else its name; grocery where none is found."""
    kind = np.full(len(columns[0]), "", dtype=object)
    for column in columns:
        kind = np.where(kind == "", of_distinct(column.astype("str"), _kinds), kind)
    kind[kind == ""] = "grocery"
    return kind


def _kinds(column: pd.Series) -> np.ndarray:
    kind = np.full(len(column), "", dtype=object)
    text = column.fillna("").str.slice(0, LONGEST)
    for word, pattern in KIND_WORDS.items():
        found = text.str.contains(pattern, case=False, regex=True).to_numpy(bool) | text.eq(word).to_numpy(bool)
        kind[found & (kind == "")] = word
    return kind


def truths(column: pd.Series) -> np.ndarray:
    """Whether a cell says yes."""
    text = column.fillna("").astype("str").str.strip().str.casefold()
    return text.isin(["1", "1.0", "true", "yes", "y", "是", "已加入", "已合作", "有"]).to_numpy(bool)


def of_distinct(column: pd.Series, meaning: Callable[[pd.Series], np.ndarray]) -> np.ndarray:
    """Meaning of every value of a column, found once for values that come again and again.

    Examples
    --------
    >>> of_distinct(pd.Series(["1", "2", "1"]), lambda texts: texts.astype(float).to_numpy())
    array([1., 2., 1.])
    """
    if column.head(SAMPLE_ROWS).nunique() > SAMPLE_ROWS // 2:
        return meaning(column)
    codes, distinct = pd.factorize(column, use_na_sentinel=False)
    return meaning(pd.Series(distinct))[codes]


def _finite(values: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(values), values, np.nan)
