"""Fingerprints: the same inputs have the same one, on every machine."""

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import pandas as pd

DIGEST_BYTES = 16


def fingerprint_of_table(table: pd.DataFrame) -> str:
    """Fingerprint of a table: names, dtypes and values of its columns, in the order of its rows.

    Examples
    --------
    >>> a = pd.DataFrame({"store_id": [1, 2]})
    >>> fingerprint_of_table(a) == fingerprint_of_table(a.copy())
    True
    >>> fingerprint_of_table(a) == fingerprint_of_table(a[::-1])
    False
    """
    digest = blake2b(digest_size=DIGEST_BYTES)
    digest.update(json.dumps([(str(name), str(dtype)) for name, dtype in table.dtypes.items()]).encode())
    digest.update(pd.util.hash_pandas_object(table, index=False).to_numpy().tobytes())
    return digest.hexdigest()


def fingerprint_of(parts: Mapping[str, Any]) -> str:
    """Fingerprint of plain values: numbers, texts, lists and mappings of them.

    Examples
    --------
    >>> fingerprint_of({"seed": 7, "field.reps": 2000.0}) == fingerprint_of({"field.reps": 2000.0, "seed": 7})
    True
    """
    return blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=DIGEST_BYTES).hexdigest()
