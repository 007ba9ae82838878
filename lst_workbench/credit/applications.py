"""Which columns of an application table may speak for the credit risk, and why the others may not."""

import re
from collections.abc import Mapping, Sequence
from numbers import Real

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lst_workbench.contracts import InputError
from lst_workbench.credit.binning import Bins, holds_numbers, learn_bins
from lst_workbench.credit.measures import area_under_curve

LEAST_OF_EACH = 10
SUSPICIOUS_AUC = 0.97
SAMPLE = 5000
PERSONAL_NAME = re.compile(
    r"(^|_)(first|last|full|owner|contact|customer|applicant|person|legal_person)?_?name(_(zh|en|cn))?($|_)|phone|mobile|(^|_)tel($|_)"
    r"|id_?(card|number|no)($|_)|identity|passport|e_?mail|wechat|qq|street|(^|_)address|bank_?account"
    r"|姓名|店主|电话|手机|身份证|微信|邮箱|地址|银行卡",
    re.IGNORECASE,
)
PERSONAL_VALUE = re.compile(r"(\+?86)?1[3-9]\d{9}|\d{17}[\dXx]|[^@\s]+@[^@\s]+\.\w+")
DATE_VALUE = re.compile(r"(19|20)\d\d[-/.]\d{1,2}[-/.]\d{1,2}([ T].*)?")
IDENTIFIER_NAME = re.compile(r"(^|_)id$|^id_|^index$|^unnamed", re.IGNORECASE)


def named(applications: pd.DataFrame, what: str = "applications") -> pd.DataFrame:
    """Return the table with its columns' names as text: 0, 1, 2 of a file without header may be asked for as "0".

    Raises
    ------
    InputError
        It is no table, or two columns have one name.
    """
    if not isinstance(applications, pd.DataFrame):
        raise InputError(what, [f"it is a {type(applications).__name__}; give a pandas DataFrame, one row a store"])
    table = applications if applications.columns.inferred_type == "string" else applications.rename(columns=str)
    if twice := sorted(set(table.columns[table.columns.duplicated()])):
        raise InputError(what, [f"several columns are called {', '.join(twice)}; rename or drop all but one of each"])
    return table


def is_personal(values: pd.Series) -> bool:
    """Whether a column names or reaches a person: by its name (flags of up to three values excepted) or its values."""
    told = values.dropna()
    number = pd.api.types.is_numeric_dtype(values)
    small = number and bool((told.abs() < 1e6).all())
    if PERSONAL_NAME.search(str(values.name)) and not small and values.nunique() > 3:
        return True
    if small:
        return False
    # A phone column with gaps is read as floats: 13800001111.0.
    text = told.head(SAMPLE).astype(str).str.strip().str.removesuffix(".0")
    return bool(len(text)) and bool(text.str.fullmatch(PERSONAL_VALUE.pattern).mean() > 0.05)


def target_of(applications: pd.DataFrame, target: str) -> NDArray[np.float64]:
    """Outcome of each application, 1 for default.

    Raises
    ------
    InputError
        The column is absent, holds something else than 0 and 1, or has too few of one class.
    """
    if target not in applications:
        shown = ", ".join(map(str, applications.columns[:12]))
        raise InputError("applications", [f"target {target} is no column; it has {shown}"])
    y = pd.to_numeric(applications[target], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    if bad := int((~np.isin(y, (0.0, 1.0))).sum()):
        count = f"{bad:,} of {len(y):,} rows"
        fault = f"target {target} is neither 0 nor 1 in {count}; code default as 1, paid as 0, drop open ones"
        raise InputError("applications", [fault])
    if min(y.sum(), (1 - y).sum()) < LEAST_OF_EACH:
        fault = (
            f"target {target} has {int(y.sum()):,} defaults and {int((1 - y).sum()):,} paid; a score needs at least "
            f"{LEAST_OF_EACH} of each, so gather a longer window"
        )
        raise InputError("applications", [fault])
    return y


def decision_dates(applications: pd.DataFrame, date: str | None) -> pd.Series | None:
    """Date of each decision, or None when no column is named.

    Raises
    ------
    InputError
        The column is absent, empty somewhere, or holds no dates.
    """
    if date is None:
        return None
    if date not in applications:
        raise InputError("applications", [f"date {date} is no column; name the column of the decision's date or none"])
    days = pd.to_datetime(applications[date], errors="coerce")
    if bad := int(days.isna().sum()):
        raise InputError("applications", [f"date {date} is empty or no date in {bad:,} rows; fill it as 2017-09-30"])
    return days


def choose_columns(
    applications: pd.DataFrame,
    y: NDArray[np.float64],
    dates: pd.Series | None,
    skipped: set[str],
    keep: set[str],
    most: int,
    codes: Mapping[str, Sequence[float]],
) -> tuple[list[Bins], pd.DataFrame]:
    """Bins of the columns that may be used, and a row for every column: feature, used, reason, note."""
    bins: list[Bins] = []
    reasons: dict[str, str] = {}
    seen: dict[int, str] = {}
    rare = max(5, len(y) // 200)
    for name in applications.columns.drop(list(skipped & set(applications.columns))):
        values = applications[name]
        if values.dtype == object and values.map(lambda value: isinstance(value, list | dict | set)).any():
            reasons[str(name)] = "lists: give one number or word a row"
            continue
        fingerprint = int(pd.util.hash_pandas_object(values, index=False).sum())
        reason = _reason_against(values, dates)
        if (
            not reason
            and fingerprint in seen
            and applications[seen[fingerprint]].equals(values.rename(seen[fingerprint]))
        ):
            reason = f"the same as {seen[fingerprint]}"
        if not reason:
            learnt = learn_bins(values, most, rare, codes.get(str(name), ()))
            place = learnt.codes(values)
            rate = np.bincount(place, y, learnt.size) / np.maximum(np.bincount(place, minlength=learnt.size), 1)
            if area_under_curve(y, rate[place]) > SUSPICIOUS_AUC and name not in keep:
                reason = (
                    "suspiciously predictive: it may be known only after the outcome; pass keep to use it all the same"
                )
            else:
                bins.append(learnt)
                seen[fingerprint] = str(name)
        reasons[str(name)] = reason
    table = pd.DataFrame({"feature": list(reasons), "reason": list(reasons.values())})
    coded = {b.feature: ", ".join(f"{code:.15g}" for code in b.special_codes) for b in bins}
    table["note"] = [f"codes with bins of their own: {coded[f]}" if coded.get(f) else "" for f in table["feature"]]
    return bins, table.assign(used=table["reason"] == "")[["feature", "used", "reason", "note"]]


def codes_declared(
    applications: pd.DataFrame, codes: Mapping[str, Sequence[float]] | Sequence[float]
) -> dict[str, list[float]]:
    """Give the special codes of each column; a plain list holds for every column.

    Raises
    ------
    InputError
        A column is absent, or a code is no number.
    """
    named = codes if isinstance(codes, Mapping) else {str(name): codes for name in applications.columns}
    faults = [f"codes names {name}, which is no column" for name in named if name not in applications]
    wrong = {str(code) for listed in named.values() for code in listed if not isinstance(code, Real) or code != code}
    if wrong:
        faults.append(f"codes holds {', '.join(sorted(wrong))}; give finite numbers, such as 999 (levels need no code)")
    if faults:
        raise InputError("codes", faults)
    return {str(name): [float(code) for code in listed] for name, listed in named.items()}


def _dates_in(values: pd.Series) -> pd.Series:
    """Dates of a column that holds them as text, 2017-09-30 or 2017/9/30; any other column as it is."""
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        return values.dt.tz_localize(None)
    if pd.api.types.is_numeric_dtype(values) or pd.api.types.is_datetime64_any_dtype(values):
        return values
    told = values.dropna().astype(str).str.strip()
    if not len(told) or not told.iloc[:SAMPLE].str.fullmatch(DATE_VALUE.pattern).all():
        return values
    return pd.to_datetime(told.str.split("[ T]").str[0].reindex(values.index), errors="coerce", format="mixed")


def _reason_against(values: pd.Series, dates: pd.Series | None) -> str:
    """Why a column is left out whatever it says, or nothing."""
    if is_personal(values):
        return "personal: names, phones, identity numbers and addresses are never used"
    values = _dates_in(values)
    if pd.api.types.is_datetime64_any_dtype(values):
        if dates is not None and (values > dates).any():
            return "dated after the decision: it would leak the outcome"
        return "a date; give days before the decision instead"
    distinct = values.nunique()
    if distinct <= 1 and not (distinct == 1 and values.isna().any()):
        return "constant"
    text = not holds_numbers(values, LEAST_OF_EACH)
    if distinct == len(values) and not text and not pd.api.types.is_numeric_dtype(values):
        text = bool(values.astype(str).str.fullmatch(r"\d+").all())
    if (
        distinct == len(values)
        and (text or IDENTIFIER_NAME.search(str(values.name)))
        or text
        and distinct > len(values) / 2
    ):
        return "an identifier: nearly every row has its own value"
    return ""
