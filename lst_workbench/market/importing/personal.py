"""What in a stranger's table names persons: columns that are dropped, numbers and addresses that are taken out."""

import hashlib
import hmac
import re
import unicodedata

import numpy as np
import pandas as pd

from lst_workbench.market.importing.headers import plain_header

PERSONAL = re.compile(
    r"owner|phone|mobile|tel$|^tel|^cell$|identity|idcard|idno|idnumber|certno|passport|email|mail$|wechat|contact|boss"
    r"|legalperson|proprietor|keeper$|bank|surname|firstname|lastname|fullname|birth|manager|店主|店长|店东|户主|老板|业主|电话|手机|身份|证件|联系|联络|法人|法定代表|负责人|经营者|邮箱|微信|姓名|银行|qq|业务员|经理|生日|出生|住址"
)
MOBILE = r"(?:(?:\+|00)?86[\s.-]?)?1[3-9]\d[\s.-]?\d{4}[\s.-]?\d{4}"
IDENTITY = r"\d{6}[\s.-]?\d{8}[\s.-]?\d{3}[\dXx]"
LANDLINE = r"(?:\(0\d{2,3}\)\s?|0(?:10|2\d|[3-9]\d{2})[\s-])\d{7,8}"
PERSONAL_VALUE = rf"(?<!\d)(?:{MOBILE}|{IDENTITY}|{LANDLINE})(?!\d)|[A-Za-z0-9_.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
# What holds no such numbers and no such address: a quick look before the exact one.
DIGIT, OTHER = "[0-9０-９]", "[^0-9０-９]"
LIKE_MOBILE = f"(?:[0０]{{2}})?(?:[8８][6６]{OTHER}?)?[1１][3-9３-９](?:{OTHER}?{DIGIT}){{9}}"
LIKE_IDENTITY = f"{DIGIT}(?:{OTHER}?{DIGIT}){{16}}{OTHER}?[0-9０-９XxＸｘ]"
LIKE_LANDLINE = f"[0０]{DIGIT}{{2,3}}{OTHER}{{1,2}}{DIGIT}{{7}}"
LIKE_PERSONAL = f"(?:^|{OTHER})(?:{LIKE_MOBILE}|{LIKE_IDENTITY})(?:$|{OTHER})|{LIKE_LANDLINE}|[@＠﹫]"
CUT_WORD = r"[0-9A-Za-z０-９@＠_.\s+-]*$"  # may be the beginning of a number or an address
SAMPLE_ROWS, SAMPLE_LETTERS = 2000, 100
MOSTLY = 0.5


def personal_columns(frame: pd.DataFrame) -> list[str]:
    """Columns whose header names personal data, or most of whose values hold a phone or identity number, or e-mail."""
    personal = [name for name in frame if PERSONAL.search(plain_header(str(name)))]
    for name in frame.columns.difference(personal, sort=False):
        sample = frame[name].dropna().head(SAMPLE_ROWS).astype("str").str.slice(0, SAMPLE_LETTERS)
        if len(sample) and sample.str.normalize("NFKC").str.contains(PERSONAL_VALUE, regex=True).mean() > MOSTLY:
            personal.append(name)
    return personal


def without_personal(said: str) -> str:
    """Take phone and identity numbers and e-mail addresses out of a text.

    Examples
    --------
    >>> without_personal("expected a number, got '138-1234-5678'")
    "expected a number, got '…'"
    """
    return re.sub(PERSONAL_VALUE, "…", unicodedata.normalize("NFKC", said))


def shortened(text: pd.Series, most: int) -> pd.Series:
    """Text of at most so many letters without phone and identity numbers and e-mail addresses, nor the half of one.

    Examples
    --------
    >>> shortened(pd.Series(["小店 138-1234-5678", "甲乙丙丁戊己庚辛壬癸 13812345678"]), 20).tolist()
    ['小店 ', '甲乙丙丁戊己庚辛壬癸']
    """
    text = text.str.slice(0, most + 1)
    long = np.flatnonzero(text.str.len().gt(most))
    if len(long):
        text.iloc[long] = text.iloc[long].str.slice(0, most).str.replace(CUT_WORD, "", regex=True)
    like = np.flatnonzero(text.str.contains(LIKE_PERSONAL, regex=True).eq(True))
    if len(like):
        plain = text.iloc[like].str.normalize("NFKC")
        text.iloc[like] = plain.str.replace(PERSONAL_VALUE, "", regex=True)
    return text


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
