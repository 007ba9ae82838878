"""Where the shipped data are, and reading TOML with every mistake said in one sentence."""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lst_workbench.contracts import InputError

PACKAGE = Path(__file__).parents[1]


def data_folder() -> Path:
    """Folder of the shipped data: inside an installed package, or ``data/`` of the checkout.

    Raises
    ------
    InputError
        If neither is there.

    Examples
    --------
    >>> (data_folder() / "assumptions" / "field.toml").is_file()
    True
    """
    for folder in (PACKAGE / "data", PACKAGE.parent / "data"):
        if (folder / "assumptions").is_dir():
            return folder
    raise InputError(str(PACKAGE), ["its data folder is missing; install the package again"])


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file; `InputError` names file and line where that fails."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise InputError(str(path), [f"it is not valid TOML: {_lower(str(error))}; mend that line"]) from None
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise InputError(str(path), [f"line {line} is not UTF-8; save the file as UTF-8"]) from None
    except FileNotFoundError:
        raise InputError(str(path), ["there is no such file; check the path"]) from None
    except OSError as error:
        raise InputError(str(path), [f"it cannot be read ({_lower(error.strerror or str(error))})"]) from None


def faults_of(error: ValidationError, prefix: str = "") -> list[str]:
    """One sentence per fault that pydantic found."""
    return [_sentence(fault, prefix) for fault in error.errors()]


def _sentence(fault: Any, prefix: str) -> str:
    name = ".".join(str(part) for part in (prefix, *fault["loc"]) if part != "")
    match fault["type"]:
        case "missing":
            return f"{name} is missing; add it"
        case "extra_forbidden":
            return f"{name} is not a known field; remove it"
        case "value_error":
            return f"{prefix} {fault['ctx']['error']}".strip()
        case _:
            return f"{name} is {fault['input']!r}: {_lower(fault['msg'])}"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
