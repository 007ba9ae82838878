"""Scenarios: named overrides of the register; priority base < region < scenario < session."""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self

import pandas as pd
import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lst_workbench.assumptions.register import Register, Text, load_register
from lst_workbench.assumptions.toml_files import data_folder, faults_of, read_toml
from lst_workbench.contracts import InputError

Level = Literal["region", "scenario", "session"]

AS_GOOD_AS_ALL = 0.01  # a market that misses the nation's stores by less is the nation


class Override(NamedTuple):
    """A figure that differs from the register, and the level that says so."""

    value: float
    level: Level


class ScenarioFile(BaseModel):
    """What a scenario file may hold."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: Text
    label: Text
    label_zh: Text
    description: Text
    description_zh: Text
    goal: Literal["in_system", "signups"]
    overrides: dict[str, Any] = {}
    session: dict[str, Any] = {}
    regions: dict[str, dict[str, Any]] = {}
    scale: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0


class Scenario(BaseModel):
    """Every planning figure with the overrides of one scenario; frozen, changes give a new one.

    ``goal`` says what ``goal.stores`` counts: stores ``in_system`` at the end of the last month, or gross ``signups``.
    ``scale`` is the share of the nation the figures are for.

    Examples
    --------
    >>> scenario = load_scenario("base")
    >>> scenario["field.reps"]
    2000.0
    >>> more = scenario.override({"field.reps": 3000})
    >>> more["field.reps"], more.overrides["field.reps"].level
    (3000.0, 'session')
    >>> more.at_scale(0.001)["field.reps"]
    3.0
    """

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    name: str
    label: str
    label_zh: str
    description: str
    description_zh: str
    goal: Literal["in_system", "signups"]
    overrides: dict[str, Override]
    regions: dict[int, dict[str, float]]
    scale: float
    figures: Register

    def __getitem__(self, key: str) -> float:
        """Value of `key`: that of the strongest level that names it."""
        if key in self.overrides:
            return self.overrides[key].value
        assumption = self.figures[key]
        return assumption.value * (self.scale if assumption.scales else 1.0)

    def month(self, key: str) -> pd.Timestamp:
        """First day of a month kept as year and month.

        Examples
        --------
        >>> load_scenario("base").month("rollout.start_month")
        Timestamp('2017-09-01 00:00:00')
        """
        return pd.Timestamp(f"{self[key]:.0f}01")

    def values(self) -> dict[str, float]:
        """Every figure by key, as this scenario has it."""
        return {key: self[key] for key in self.figures}

    def override(self, values: Mapping[str, Any]) -> Self:
        """Return the scenario with session overrides, the strongest level.

        Parameters
        ----------
        values : mapping of str to float
            Key to value, in the register's unit and at this scenario's scale. Text with a unit (``"3000 reps"``) and
            ``{"value": 3000, "unit": "reps"}`` are read too.

        Raises
        ------
        InputError
            Lists every unknown key, wrong unit and value out of range.
        """
        read = _read_values(self.figures, values, "the override", self.scale)
        session = {key: Override(value, "session") for key, value in read.items()}
        return self.model_copy(update={"overrides": {**self.overrides, **session}})

    def for_region(self, province_code: int) -> Self:
        """Return the scenario as it holds in one province; scenario and session overrides are stronger."""
        regional = self.regions.get(int(province_code), {})
        weak = {key: Override(value, "region") for key, value in regional.items()}
        strong = {key: given for key, given in self.overrides.items() if given.level != "region"}
        return self.model_copy(update={"overrides": {**weak, **strong}})

    def at_scale(self, share: float) -> Self:
        """Return the scenario for a market that is `share` of this one: the nation's figures times `share`.

        Raises
        ------
        InputError
            If `share` is not more than 0 and finite.
        """
        if not 0 < share < float("inf"):
            raise InputError("the scale of the market", [f"{share} is not a share; give a number above 0"])
        scaled = {
            key: Override(given.value * (share if self.figures[key].scales else 1.0), given.level)
            for key, given in self.overrides.items()
        }
        return self.model_copy(update={"overrides": scaled, "scale": self.scale * share})

    def at_stores(self, stores: int) -> Self:
        """Return the scenario for a market of so many stores; one within 1% of the nation's is the nation."""
        return self.at_scale(share_of_nation(stores, self["market.small_stores"]))

    def to_toml(self) -> str:
        """Text of a scenario file that `load_scenario` reads back as this scenario."""
        levels: dict[str, dict[str, float]] = {"scenario": {}, "session": {}}
        for key, given in self.overrides.items():
            levels.setdefault(given.level, {})[key] = given.value
        head = {f: getattr(self, f) for f in ("name", "label", "label_zh", "description", "description_zh", "goal")}
        regions = {str(code): dict(values) for code, values in self.regions.items()}
        tables = {"overrides": levels["scenario"], "session": levels["session"], "regions": regions}
        return tomli_w.dumps({**head, "scale": self.scale, **tables})


def share_of_nation(stores: int, nation: float) -> float:
    """Share of the nation's stores that a market holds; one drawn as the nation misses it by a little.

    Examples
    --------
    >>> share_of_nation(60_000, 6e6), share_of_nation(5_984_000, 6e6)
    (0.01, 1.0)
    """
    share = stores / nation
    return 1.0 if abs(share - 1.0) < AS_GOOD_AS_ALL else share


def scenario_names() -> list[str]:
    """Names of the shipped scenarios, base first.

    Examples
    --------
    >>> scenario_names()
    ['base', 'double-gmv', 'million-new', 'more-reps', 'profit']
    """
    names = (path.stem for path in (data_folder() / "scenarios").glob("*.toml"))
    return sorted(names, key=lambda name: (name != "base", name))


def load_scenario(name: str | Path = "base", register: Register | None = None) -> Scenario:
    """Read a scenario by name or by the path of its TOML file.

    Parameters
    ----------
    name : str or Path
        One of `scenario_names`, or a path that ends in ``.toml``.
    register : Register, optional
        The figures it overrides; the shipped register by default.

    Raises
    ------
    InputError
        Unknown name, malformed file, or every fault of its overrides at once.

    Examples
    --------
    >>> load_scenario("more-reps")["field.reps"]
    4000.0
    """
    register = load_register() if register is None else register
    path = _path_of(name)
    try:
        file = ScenarioFile.model_validate(read_toml(path))
    except ValidationError as error:
        raise InputError(str(path), faults_of(error)) from None
    return _scenario(file, register, path)


def _scenario(file: ScenarioFile, register: Register, path: Path) -> Scenario:
    faults: list[str] = []
    levels: dict[Level, dict[str, float]] = {
        "scenario": _collect(register, file.overrides, file.scale, faults),
        "session": _collect(register, file.session, file.scale, faults),
    }
    regions = {}
    for code, values in file.regions.items():
        faults += _region_faults(register, code, values)
        regions[code] = _collect(register, values, 1.0, faults)
    if faults:
        raise InputError(str(path), faults)
    overrides = {key: Override(value, level) for level, values in levels.items() for key, value in values.items()}
    head = file.model_dump(exclude={"overrides", "session", "regions"})
    regions_by_code = {int(code): values for code, values in regions.items()}
    return Scenario(**head, overrides=overrides, regions=regions_by_code, figures=register)


def _collect(register: Register, values: Mapping[str, Any], scale: float, faults: list[str]) -> dict[str, float]:
    """Read what can be read of `values`, and add a sentence to `faults` for the rest."""
    read = {}
    for key, given in _flat(values).items():
        if key not in register:
            faults.append(register.unknown(key))
            continue
        try:
            value = register[key].read(given)
        except ValueError as error:
            faults.append(str(error))
            continue
        if fault := register[key].fault_of(value, scale):
            faults.append(fault)
        read[key] = value
    return read


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Join the tables that TOML makes of unquoted keys: ``field.reps = 3`` is ``"field.reps" = 3``."""
    flat = {}
    for key, given in values.items():
        if isinstance(given, Mapping) and "value" not in given:
            flat.update(_flat(given, f"{prefix}{key}."))
        else:
            flat[prefix + key] = given
    return flat


def _read_values(register: Register, values: Mapping[str, Any], where: str, scale: float) -> dict[str, float]:
    faults: list[str] = []
    read = _collect(register, values, scale, faults)
    if faults:
        raise InputError(where, faults)
    return read


def _region_faults(register: Register, code: str, values: Mapping[str, Any]) -> list[str]:
    faults = [
        f"[regions.{code}] {key} belongs to the nation and has no regional value; set it in [overrides]"
        for key in _flat(values)
        if key in register and register[key].scales
    ]
    if not (code.isdigit() and len(code) == 6 and code.endswith("0000")):
        faults.append(f"[regions.{code}] is no province; use its six-digit NBS code, as in [regions.340000]")
    return faults


def _path_of(name: str | Path) -> Path:
    if isinstance(name, Path) or name.endswith(".toml"):
        return Path(name)
    names = scenario_names()
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]}?" if near else f"use {', '.join(names)}, or the path of a .toml file"
        raise InputError(f"scenario {name}", [f"there is no such scenario; {hint}"])
    return data_folder() / "scenarios" / f"{name}.toml"
