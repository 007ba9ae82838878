"""Small shops and random events for the tests of the monitor, and a slow, obvious twin of its state."""

import json

import numpy as np
import pandas as pd

OPENED = 1_504_500_000.0
HOUR = 3600.0


def tables(stores=3, items=6, seed=1):
    rng = np.random.default_rng(seed)
    pairs = pd.MultiIndex.from_product(
        [range(1, stores + 1), [f"i{k}" for k in range(items)]], names=["store_id", "sku"]
    )
    lines = pairs.to_frame(index=False)
    return {
        "stock": lines.assign(on_hand=rng.integers(0, 30, len(lines)), facings=2, units_facing=4),
        "forecasts": lines.assign(mean_units_day=rng.uniform(0.5, 6, len(lines)).round(2)),
        "items": pd.DataFrame({
            "sku": [f"i{k}" for k in range(items)] + ["new", "newer"], "case_pack": 12, "holding_rmb_day": 0.01,
            "cost_rmb": rng.uniform(1, 5, items + 2).round(2), "margin_rmb": rng.uniform(0.5, 3, items + 2).round(2),
            "width_cm": 8.0,
        }),
        "stores": pd.DataFrame({
            "store_id": range(1, stores + 1), "cover_days": 6.0, "min_order_rmb": 100.0, "cash_rmb": 900.0,
        }),
    }  # fmt: skip


def events(count, stores=3, items=6, seed=1, hours=40.0):
    """Events with times within the hours after opening, in random order of arrival."""
    rng = np.random.default_rng(seed)
    kinds = rng.choice(
        ["sale", "count", "delivery", "price", "listed", "delisted"], count, p=[0.7, 0.1, 0.1, 0.04, 0.03, 0.03]
    )
    rows = []
    for n, kind in enumerate(kinds):
        row = {"event_id": f"e{seed}-{n}", "kind": str(kind), "store_id": int(rng.integers(1, stores + 1))}
        row["sku"] = str(rng.choice([f"i{k}" for k in range(items)] + ["new", "newer"]))
        row["at"] = OPENED + float(rng.integers(0, int(hours * 60))) * 60.0
        if kind == "price":
            row["price_rmb"] = float(rng.integers(2, 9))
        elif kind in ("sale", "count", "delivery"):
            row["units"] = int(rng.integers(1, 10))
        rows.append(row)
    return rows


def as_lines(rows):
    return [json.dumps(row) for row in rows]


def twin(given, rows):
    """State of every line, (on hand, price, listed): the latest count and what moved after it."""
    rows = list({row["event_id"]: row for row in rows}.values())
    rank = dict(zip(ids := [row["event_id"] for row in rows], hashes(ids), strict=True))
    stock = given["stock"].set_index(["store_id", "sku"])["on_hand"]
    keys = set(stock.index) | {(r["store_id"], r["sku"]) for r in rows if r["kind"] != "delisted"}
    state = {}
    for key in keys:
        mine = sorted(
            (r for r in rows if (r["store_id"], r["sku"]) == key), key=lambda r: (r["at"], rank[r["event_id"]])
        )
        counts = [r for r in mine if r["kind"] == "count" and r["at"] >= OPENED]
        have, since = (counts[-1]["units"], counts[-1]["at"]) if counts else (stock.get(key, np.nan), OPENED)
        sign = {"sale": -1, "delivery": 1}
        have += sum(sign[r["kind"]] * r["units"] for r in mine if r["kind"] in sign and r["at"] > since)
        prices = [r["price_rmb"] for r in mine if r["kind"] == "price"]
        listings = [r["kind"] for r in mine if r["kind"] in ("listed", "delisted")]
        price, listed = prices[-1] if prices else np.nan, not listings or listings[-1] == "listed"
        state[key] = (float(have), price, listed)
    return state


def hashes(ids):
    return pd.util.hash_array(np.array(ids, dtype=object), categorize=False).view(np.int64).tolist()


def seen(table):
    rows = table[["store_id", "sku", "on_hand", "price_rmb", "listed"]].itertuples(index=False)
    return {(store, sku): (have, price, listed) for store, sku, have, price, listed in rows}


def same(left, right):
    assert left.keys() == right.keys()
    for key in left:
        np.testing.assert_allclose(left[key][:2], right[key][:2], err_msg=str(key))
        assert left[key][2] == right[key][2], key
