"""The register: every planning figure once, with unit, range, source and confidence."""

import difflib
import math
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from lst_workbench.assumptions.toml_files import data_folder, faults_of, read_toml
from lst_workbench.contracts import InputError

Text = Annotated[str, Field(min_length=1)]
MONTHS_OF_YEAR = range(1, 13)
SLACK = 1e-9  # of a bound; room for the rounding of scaled figures


class Assumption(BaseModel):
    """One planning figure.

    `confidence` is A (read in a source), B (derived), C (weak source) or D (guess). A figure with `scales` belongs to
    the nation and shrinks with the market at hand; one that is `whole` takes no fraction.

    Examples
    --------
    >>> load_register()["field.reps"].unit
    'reps'
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    key: Text
    label: Text
    label_zh: Text
    value: float
    unit: Text
    low: float
    high: float
    source: Text
    url: str = ""
    confidence: Literal["A", "B", "C", "D"]
    basis_year: Text
    note: str = ""
    scales: bool = False
    whole: bool = False

    @model_validator(mode="after")
    def _value_is_in_range(self) -> "Assumption":
        if not self.low <= self.value <= self.high:
            raise ValueError(f"must have low <= value <= high, but has {self.low}, {self.value}, {self.high}")
        return self

    def read(self, given: Any) -> float:
        """Return an override as a number of this figure's unit, whatever its size.

        Parameters
        ----------
        given : float, str or mapping
            A number; text such as ``"3000"`` or ``"3000 reps"``; or ``{"value": 3000, "unit": "reps"}``.

        Raises
        ------
        ValueError
            Says what is wrong with a type, a unit or a number that is not finite.
        """
        number, unit = _number_and_unit(given)
        if unit is not None and unit != self.unit:
            raise ValueError(f"{self.key} is in {self.unit}, not in {unit}; give it in {self.unit}")
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise ValueError(f"{self.key} = {given!r} is not a number; give a number of {self.unit}")
        if not math.isfinite(number):
            raise ValueError(f"{self.key} = {number} is not a finite number; give a number of {self.unit}")
        return float(number)

    def fault_of(self, value: float, scale: float = 1.0) -> str | None:
        """Say what is wrong with `value` against the range (times `scale` where the figure scales), if anything."""
        factor = scale if self.scales else 1.0
        low, high = self.low * factor, self.high * factor
        if self.unit == "yyyymm" and int(value) % 100 not in MONTHS_OF_YEAR:
            return f"{self.key} = {value:.0f} is no month; give year and month as in {self.value:.0f}"
        if self.whole and value != round(value):
            return f"{self.key} = {value:g} must be whole; give {math.floor(value)} or {math.ceil(value)}"
        if low - SLACK * abs(low) <= value <= high + SLACK * abs(high):
            return None
        allowed = f"give {_number(low)}" if low == high else f"give a value from {_number(low)} to {_number(high)}"
        return f"{self.key} = {_number(value)} is out of range; {allowed} {self.unit}"


class Register(Mapping[str, Assumption]):
    """All assumptions by key, in the order of their files.

    Parameters
    ----------
    assumptions : iterable of Assumption
        The figures; keys must differ.

    Raises
    ------
    InputError
        On lookup of an unknown key, with the keys that come close.

    Examples
    --------
    >>> register = load_register()
    >>> register["field.reps"].value
    2000.0
    >>> register["field.rep"]
    Traceback (most recent call last):
    ...
    lst_workbench.contracts.errors.InputError: the register has a fault: field.rep is not a known assumption; ...
    """

    def __init__(self, assumptions: tuple[Assumption, ...]) -> None:
        self._by_key = {assumption.key: assumption for assumption in assumptions}

    def __getitem__(self, key: str) -> Assumption:
        try:
            return self._by_key[key]
        except KeyError:
            raise InputError("the register", [self.unknown(key)]) from None

    def __contains__(self, key: object) -> bool:
        return key in self._by_key

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_key)

    def __len__(self) -> int:
        return len(self._by_key)

    def unknown(self, key: str) -> str:
        """Say that `key` is unknown, and which keys come close."""
        if near := difflib.get_close_matches(key, self._by_key, n=3, cutoff=0.6):
            return f"{key} is not a known assumption; did you mean {' or '.join(near)}?"
        return f"{key} is not a known assumption; lst assumptions lists them all"


def load_register(folder: Path | None = None) -> Register:
    """Read the register of planning figures.

    Parameters
    ----------
    folder : Path, optional
        Folder of TOML files, one per key prefix, each a table per figure; the shipped ones by default.

    Raises
    ------
    InputError
        Lists every fault of every file: malformed TOML, missing fields, a value outside its range.

    Examples
    --------
    >>> load_register()["order.aov_rmb"].source
    'Derived here from the sourced figures named in the note'
    """
    return _read_register((folder or data_folder() / "assumptions").resolve())


@cache
def _read_register(folder: Path) -> Register:
    assumptions: list[Assumption] = []
    faults: list[str] = []
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        raise InputError(str(folder), ["it holds no *.toml file; name a folder with one file per key prefix"])
    for path in paths:
        for key, fields in read_toml(path).items():
            if key.split(".")[0] != path.stem:
                faults.append(f"{path.name}: {key} does not start with {path.stem}.; move it to the file of its prefix")
            elif not isinstance(fields, dict):
                faults.append(f'{path.name}: {key} is not a table; write ["{path.stem}.<name>"] above its fields')
            else:
                try:
                    assumptions.append(Assumption.model_validate({"key": key, **fields}))
                except ValidationError as error:
                    faults += faults_of(error, key)
    if faults:
        raise InputError(str(folder), faults)
    return Register(tuple(assumptions))


def _number_and_unit(given: Any) -> tuple[Any, str | None]:
    if isinstance(given, Mapping) and set(given) == {"value", "unit"}:
        return given["value"], str(given["unit"])
    if not isinstance(given, str):
        return given, None
    text, _, unit = given.strip().partition(" ")
    try:
        return float(text.replace(",", "").replace("_", "")), unit.strip() or None
    except ValueError:
        return given, None


def _number(value: float) -> str:
    return f"{value:,.10g}"
