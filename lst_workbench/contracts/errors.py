"""What goes wrong, said in one sentence: what, where, and how to mend it."""

from collections.abc import Iterable


class LstError(Exception):
    """An error a user can mend; its text is one sentence and never needs a traceback."""


class InputError(LstError):
    """One or more faults of an input, all of them at once.

    Parameters
    ----------
    where : str
        The input that is at fault: a file, a table, a scenario.
    faults : iterable of str
        Each names what is wrong and how to mend it.

    Examples
    --------
    >>> print(InputError("stores.csv", ["column lat is missing", "12 rows have area_m2 < 0"]))
    stores.csv has 2 faults: column lat is missing; 12 rows have area_m2 < 0.
    """

    def __init__(self, where: str, faults: Iterable[str]) -> None:
        self.where = where
        self.faults = [fault.rstrip(". ") for fault in faults]
        count = "a fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        said = f"{where} has {count}: {'; '.join(self.faults)}"
        super().__init__(said if said.endswith("?") else f"{said}.")
