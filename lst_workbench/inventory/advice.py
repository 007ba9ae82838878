"""Say a card of advice in words and figures: reason, value with its range, confidence, cost of ignoring it."""

from collections.abc import Callable
from typing import Any

import numpy as np

from lst_workbench.inventory._advice_kernels import (
    EXPIRY,
    FACING,
    ORDER,
    PRICE_CHANGE,
    better_price,
    gain_at,
    on_hand,
    order_at,
    rate_of,
)
from lst_workbench.inventory.monitor_events import time_text
from lst_workbench.inventory.monitor_tables import Books

CARD_KINDS = ("order", "facing", "expiry", "price", "range")
PER = ("order", "week", "once", "week", "week")
# Deciles of the normal distribution: ranges run from the first to the last, confidence is the share that gains.
DECILES = (-1.2816, -0.8416, -0.5244, -0.2533, 0.0, 0.2533, 0.5244, 0.8416, 1.2816)
Times = tuple[int, int, float, float]


def card_of(
    books: Books, s: int, kind: int, i: int, number: int, value: float, times: Times, step: float, most: int
) -> dict[str, Any]:
    """One card: `times` are now, since, half-life and prior days; `i` is its line, -1 for an order."""
    at = _order_at(books, s, times, most) if kind == ORDER else _gain_at(books, i, s, kind, times, step)
    worth, ignoring = np.array([at(z) for z in DECILES]).T
    card = {
        "card_id": f"{books.store_ids[s]}:{number}:{CARD_KINDS[kind]}", "kind": CARD_KINDS[kind],
        "per": PER[kind], "value_rmb": round(value, 2),
        "low_rmb": round(min(value, float(worth.min())), 2), "high_rmb": round(max(value, float(worth.max())), 2),
        "confidence_share": round(float((worth > 0).mean()), 2),
        "ignoring_rmb": round(float(ignoring[len(DECILES) // 2]), 2),
    }  # fmt: skip
    return card | (_order_words(books, s) if kind == ORDER else _line_words(books, s, kind, i, times, step))


def _order_at(books: Books, s: int, times: Times, most: int) -> Callable[[float], tuple[float, float]]:
    return lambda z: order_at(s, z, books.start, books.lines, books.items, books.stores, *times, most)


def _gain_at(
    books: Books, i: int, s: int, kind: int, times: Times, step: float
) -> Callable[[float], tuple[float, float]]:
    return lambda z: gain_at(i, s, kind, z, books.lines, books.items, books.stores, *times, step)


def _order_words(books: Books, s: int) -> dict[str, Any]:
    mine, shop = books.lines[books.start[s] : books.start[s + 1]], books.stores[s]
    rows = mine[(mine["item"] >= 0) & (mine["taken"] > 0)]
    order = [{"sku": str(books.skus[row["item"]]), "cases": int(row["taken"])} for row in rows]
    named = ", ".join(f"{line['cases']} x {line['sku']}" for line in order[:6])
    limits = f"above the minimum of RMB {shop['min_order_rmb']:,.0f}" if shop["min_order_rmb"] > 0 else "no minimum"
    if np.isfinite(shop["cash_rmb"]):
        limits += f", within RMB {shop['cash_rmb']:,.0f} of cash and credit"
    more = f" and {len(order) - 6} more items" if len(order) > 6 else ""
    reason = (
        f"Order {named}{more} cases: RMB {shop['spend_rmb']:,.0f}, {limits}; stock runs out before the next delivery."
    )
    return {"order": order, "spend_rmb": round(float(shop["spend_rmb"]), 2), "reason": reason}


def _line_words(books: Books, s: int, kind: int, i: int, times: Times, step: float) -> dict[str, Any]:
    line, about = books.lines[i], books.items[books.lines[i]["item"]]
    sku, rate = str(books.skus[line["item"]]), rate_of(line, *times)[0]
    if kind == FACING:
        shelf = int(line["facings"] * line["units_facing"])
        days = float(books.stores[s]["restock_days"])
        return {"sku": sku, "facings": int(line["facings"]) + 1, "reason": (
            f"Give {sku} one more facing: it sells {rate * days:.1f} units before the shelf is filled again, and the "
            f"shelf holds {shelf}.")}  # fmt: skip
    if kind == EXPIRY:
        until = int(line["old_until"] or line["lot_until"])
        return {"sku": sku, "expires_at": time_text(until), "reason": (
            f"Sell {sku} first, or mark it down: {on_hand(line):.0f} units there, {rate:.2f} sell in a day, and the "
            f"oldest expire on {time_text(until)[:10]}.")}  # fmt: skip
    price = float(line["price"] if line["price"] > 0 else about["price_rmb"])
    if kind == PRICE_CHANGE:
        better = better_price(price, float(about["cost_rmb"]), float(about["elasticity"]), step)
        why = "it sells below its cost" if price < about["cost_rmb"] else "buyers answer to price that way"
        return {"sku": sku, "price_rmb": round(better, 2), "reason": (
            f"Change the price of {sku} from RMB {price:.2f} to {better:.2f}: {why}.")}  # fmt: skip
    added = str(books.skus[line["add_item"]])
    moves = f" {line['stays_share']:.0%} of its buyers take another" if line["stays_share"] > 0 else ""
    to = f", most of them {books.skus[line['moves_to']]}" if line["moves_to"] >= 0 and moves else ""
    return {"sku": sku, "add_sku": added, "reason": (
        f"Drop {sku}, add {added}: {sku} sells {rate:.2f} units a day, {added} would sell "
        f"{line['add_units_day']:.2f}.{moves}{to}{'.' if moves else ''}")}  # fmt: skip
