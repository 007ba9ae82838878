"""Which column of a stranger's table means what."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from lst_workbench.contracts import InputError
from lst_workbench.market.importing.headers import HEADERS, bare_header, plain_header
from lst_workbench.market.importing.personal import PERSONAL, without_personal


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
        shown = without_personal(", ".join(map(str, frame.columns[:12]))[:300])
        faults.append(
            f"no column is known to be {' and '.join(missing)} (it has {shown}); name it in a file given "
            "by --mapping, a line as lat = '纬度'"
        )
    if faults:
        raise InputError(where, faults)
    return mapping
