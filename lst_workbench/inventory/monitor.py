"""The monitor: events of shops in, at most five cards of advice a shop out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lst_workbench.contracts import InputError
from lst_workbench.inventory._advice_kernels import CARDS, ORDER, RANGE, judge, on_hand, rate_of, renew
from lst_workbench.inventory._monitor_kernels import (
    ACCEPT,
    APPLIED,
    DUPLICATE,
    FUTURE,
    LATE,
    fold,
)
from lst_workbench.inventory.advice import CARD_KINDS, card_of
from lst_workbench.inventory.monitor_events import Events, milliseconds, read_events, refusal, time_text
from lst_workbench.inventory.monitor_memory import Memory
from lst_workbench.inventory.monitor_tables import Books, more_lines, open_books

DAY_MS = 86_400_000
TALLY = ("shown", "accepted", "rejected", "accepted_rmb")


@dataclass(frozen=True)
class MonitorParams:
    """Tuning of `Monitor`.

    Parameters
    ----------
    late_days : float
        Events older than this are refused; ids and movements are remembered as long.
    ahead_s : float
        Seconds that the clock of a shop may be ahead of the monitor's.
    half_life_days, prior_days : float
        Days after which a sale counts half; days of sales that the forecast is worth.
    least_rmb : float
        Advice worth less is not given.
    loyal : float
        A card that is open gives way only to one worth so many times as much.
    change_share : float
        A card is renewed when its value moved by more than this share.
    price_step_share : float
        Prices change by this share at most.
    quiet_days : float
        Days without advice on what was rejected, and between two swaps.
    most_cases : int
        Cases of one item in one order, at most.
    spare : int
        Free lines of each store for items yet to be listed.
    """

    late_days: float = 3.0
    ahead_s: float = 120.0
    half_life_days: float = 28.0
    prior_days: float = 28.0
    least_rmb: float = 3.0
    loyal: float = 1.25
    change_share: float = 0.25
    price_step_share: float = 0.1
    quiet_days: float = 7.0
    most_cases: int = 6
    spare: int = 4


@dataclass(frozen=True)
class Advice:
    """What one batch of events brought: all cards of stores where one changed, what was refused, what needs a count."""

    stores: list[dict[str, Any]]
    refused: list[dict[str, Any]]
    notices: list[dict[str, Any]]
    applied: int
    duplicates: int


class Monitor:
    """Keep stock, sales and prices of many shops up to date with their events, and advise each of them.

    The state is a function of the set of events: their order plays no part, and an event that comes twice counts once.
    It is a state machine without files: `lst monitor` reads, keeps checkpoints and writes.

    Parameters
    ----------
    stock : DataFrame
        store_id, sku, on_hand[, on_order, facings, units_facing]: units when the books open.
    forecasts : DataFrame
        store_id, sku, mean_units_day[, sd_units_day].
    items : DataFrame
        sku, case_pack, cost_rmb, margin_rmb, holding_rmb_day[, shelf_life_days, price_rmb, elasticity (below -1, of
        sales to price), width_cm].
    stores : DataFrame
        store_id, cover_days[, min_order_rmb, cash_rmb, credit_rmb, restock_days (1: between two fillings of the
        shelf), shelf_price_rmb_cm_week (what a cm earns elsewhere)].
    swaps : DataFrame, optional
        store_id, sku, add_sku, add_units_day[, stays_share (of the buyers of sku who then take another), moves_to].
    since : str or float
        When the books open: stock was counted then, sales before it say nothing.
    params : MonitorParams
        Tuning.

    Raises
    ------
    InputError
        When columns are missing or no line is sound; single faults are listed in ``refused``.

    Examples
    --------
    >>> monitor = Monitor(
    ...     pd.DataFrame({"store_id": [1], "sku": ["cola"], "on_hand": [20]}),
    ...     pd.DataFrame({"store_id": [1], "sku": ["cola"], "mean_units_day": [3.0]}),
    ...     pd.DataFrame({"sku": ["cola"], "case_pack": 12, "cost_rmb": 2, "margin_rmb": 0.8, "holding_rmb_day": 0.01}),
    ...     pd.DataFrame({"store_id": [1], "cover_days": [7.0]}), since="2017-09-04T08:00:00",
    ... )
    >>> sale = '{"event_id": "e1", "kind": "sale", "store_id": 1, "sku": "cola", "at": "2017-09-04T09:00", "units": 15}'
    >>> advice = monitor.apply([sale, sale], "2017-09-04T09:00:01")
    >>> advice.applied, advice.duplicates, advice.stores[0]["cards"][0]["order"]
    (1, 1, [{'sku': 'cola', 'cases': 2}])
    """

    def __init__(
        self,
        stock: pd.DataFrame,
        forecasts: pd.DataFrame,
        items: pd.DataFrame,
        stores: pd.DataFrame,
        swaps: pd.DataFrame | None = None,
        *,
        since: object = 0,
        params: MonitorParams = MonitorParams(),
    ) -> None:
        self.params, self.since = params, milliseconds(since)
        self.books: Books = open_books(stock, forecasts, items, stores, swaps, self.since, params.spare)
        self.refused = self.books.refused
        count = len(self.books.store_ids)
        self.memory = Memory.blank(count, len(self.books.lines), CARDS, len(TALLY))
        self.memory.marks[0] = self.since
        self._stores = {key: n for n, key in enumerate(self.books.store_ids.tolist())}
        self._items = {key: n for n, key in enumerate(self.books.skus.tolist())}

    def apply(self, lines: Sequence[str], now: object) -> Advice:
        """Fold lines of JSON into the state, and renew the cards of the stores they touch.

        Parameters
        ----------
        lines : list of str
            One event each: event_id, kind (sale, count, delivery, price, listed, delisted, accept, reject), store_id,
            at, and sku with units or price_rmb (delivery also expires_at), or card_id.
        now : str or float
            The monitor's clock; it never runs backwards.
        """
        marks = self.memory.marks
        marks[0] = max(marks[0], milliseconds(now))
        events, refused = read_events(lines, self._stores, self._items)
        status, touched = self._fold(events)
        refused += [self._turned_away(events, int(e), int(status[e])) for e in np.flatnonzero(status >= LATE)]
        for e in np.flatnonzero((events.kind >= ACCEPT) & (status == APPLIED)):
            refused += self._answer(events, int(e))
        line, row = np.unique(touched[touched >= 0], return_index=True)
        owner = events.store[touched >= 0][row]
        notices = self._short(line, owner)
        answered = np.unique(events.store[(events.kind >= ACCEPT) & (status == APPLIED)])
        if len(answered):
            line, owner = self._with_lines_of(answered, line)
        changed = np.union1d(self._renew(line, owner), answered)
        return Advice(
            [self.cards(int(s)) for s in changed], refused, notices, int((status == APPLIED).sum()),
            int((status == DUPLICATE).sum()),
        )  # fmt: skip

    def sweep(self, now: object, stores: int = 500) -> list[dict[str, Any]]:
        """Renew the cards of the next `stores` stores: time alone brings expiry and lets demand fade."""
        marks, count = self.memory.marks, len(self.books.store_ids)
        marks[0] = max(marks[0], milliseconds(now))
        some = np.unique((marks[3] + np.arange(min(stores, count))) % count)
        marks[3] = (marks[3] + len(some)) % count
        line, owner = self._with_lines_of(some, np.empty(0, np.int64))
        return [self.cards(int(s)) for s in self._renew(line, owner)]

    def cards(self, s: int) -> dict[str, Any]:
        """Give all open cards of a store by its position, most valuable first."""
        own, p = self.memory, self.params
        cards = [
            card_of(
                self.books, s, int(own.open_kind[s, c]), int(own.open_line[s, c]), int(own.open_number[s, c]),
                float(own.open_value[s, c]), self._times(), p.price_step_share, p.most_cases,
            )
            for c in np.flatnonzero(own.open_number[s] > 0)
        ]  # fmt: skip
        return {"store_id": self._name(s), "at": time_text(int(own.marks[0])), "cards": cards}

    def cards_of(self, store_id: object) -> dict[str, Any]:
        """Give all open cards of a store by its id."""
        if store_id not in self._stores:
            raise InputError("store_id", [f"store {store_id} is not among the sound stores"])
        return self.cards(self._stores[store_id])

    def state(self) -> pd.DataFrame:
        """List every line: store_id, sku, on_hand, on_order, units_day, price_rmb, listed."""
        owner = np.repeat(np.arange(len(self.books.store_ids)), np.diff(self.books.start))
        used = self.books.lines["item"] >= 0
        lines, times = self.books.lines[used], self._times()
        return pd.DataFrame({
            "store_id": self.books.store_ids[owner[used]], "sku": self.books.skus[lines["item"]],
            "on_hand": lines["counted"] + lines["moved"],
            "on_order": np.maximum(lines["ordered"] - lines["delivered"], 0.0),
            "units_day": [rate_of(line, *times)[0] for line in lines],
            "price_rmb": np.where(lines["price"] > 0, lines["price"], np.nan), "listed": lines["listed"],
        }).sort_values(["store_id", "sku"], ignore_index=True)  # fmt: skip

    def measured(self) -> pd.DataFrame:
        """Count advice by kind: shown, accepted, rejected, accepted_rmb (what the accepted cards promised)."""
        table = pd.DataFrame(self.memory.tally, columns=list(TALLY)).astype({name: int for name in TALLY[:3]})
        answered = table["accepted"] + table["rejected"]
        table.insert(0, "kind", CARD_KINDS)
        return table.assign(accept_share=(table["accepted"] / answered).where(answered > 0))

    def snapshot(self) -> dict[str, np.ndarray]:
        """Copy all that events change, without what is too old to matter; see `restore`."""
        self.memory.forget(self.books.lines, self._oldest())
        books = {"lines": self.books.lines, "stores": self.books.stores, "start": self.books.start}
        return {name: value.copy() for name, value in (books | self.memory.used()).items()} | {"of": self._of()}

    def restore(self, snapshot: dict[str, np.ndarray]) -> None:
        """Take up a snapshot.

        Raises
        ------
        InputError
            When it was made with other tables or tuning.
        """
        if not np.array_equal(snapshot["of"], self._of()):
            raise InputError(
                "the checkpoint", ["it belongs to other stores, items or tuning; start with an empty folder"]
            )
        for name in ("lines", "stores", "start"):
            setattr(self.books, name, snapshot[name].copy())
        self.memory = Memory.taken_up({name: snapshot[name] for name in vars(self.memory)})

    def _of(self) -> np.ndarray:
        """Fingerprint of what a snapshot needs to be the same."""
        names = [self.books.store_ids, self.books.skus, pd.Index([repr(self.params), str(self.since)])]
        hashes = [pd.util.hash_array(name.to_numpy().astype(object), categorize=False) for name in names]
        return np.array([np.bitwise_xor.reduce(h * np.arange(1, 2 * len(h), 2, dtype=np.uint64)) for h in hashes])

    def _name(self, s: int) -> Any:
        name = self.books.store_ids[s]
        return name.item() if isinstance(name, np.generic) else name

    def _times(self) -> tuple[int, int, float, float]:
        return int(self.memory.marks[0]), self.since, self.params.half_life_days, self.params.prior_days

    def _oldest(self) -> int:
        return int(self.memory.marks[0] - self.params.late_days * DAY_MS)

    def _fold(self, events: Events) -> tuple[np.ndarray, np.ndarray]:
        """Fold events; returns the fate of each and the line it touched (-1: none)."""
        self.memory.make_room(len(events.kind), self.books.lines, self._oldest())
        status, touched = np.zeros(len(events.kind), np.int64), np.full(len(events.kind), -1, np.int64)
        own, newest, done = self.memory, int(self.memory.marks[0] + self.params.ahead_s * 1000), 0
        while True:
            done, own.marks[1], fresh = fold(
                done, events.kind, events.store, events.item, events.at, events.ident, events.amount, events.until,
                self._oldest(), newest, self.since, self.params.half_life_days, self.books.start, self.books.lines,
                own.seen_id, own.seen_at, own.past_id, own.log, int(own.marks[1]), status, touched,
            )  # fmt: skip
            own.marks[2] += fresh
            if done == len(events.kind):
                return status, touched
            self._widen(events.store[:done], touched[:done])

    def _widen(self, store: np.ndarray, touched: np.ndarray) -> None:
        """Give stores more free lines; what points at lines moves along."""
        used = self.books.lines["item"] >= 0
        shift = more_lines(self.books, self.params.spare, self.since)
        own = self.memory
        gains = np.zeros((len(self.books.lines), CARDS), np.float32)
        owner = np.repeat(np.arange(len(shift)), np.diff(self.books.start) - self.params.spare)
        gains[np.flatnonzero(used) + shift[owner[used]]] = own.gains[used]
        own.gains = gains
        own.open_line += np.where(own.open_line >= 0, shift[:, None], 0)
        touched += np.where(touched >= 0, shift[store], 0)

    def _turned_away(self, events: Events, e: int, why: int) -> dict[str, Any]:
        sku = str(self.books.skus[events.item[e]]) if events.item[e] >= 0 else None
        known = {"event_id": events.ids[e], "store_id": self._name(int(events.store[e])), "sku": sku}
        words = "is in the future: set the clock of the shop" if why == FUTURE else (
            f"is older than {self.params.late_days:g} days: count the item instead")  # fmt: skip
        who = f"store {known['store_id']}, item {sku or '-'}, event {events.ids[e]:.40}"
        return refusal(known, f"{who}: its time {time_text(int(events.at[e]))} {words}")

    def _short(self, line: np.ndarray, owner: np.ndarray) -> list[dict[str, Any]]:
        """Lines that sold more than they held, once each until they are counted."""
        mine = self.books.lines[line]
        below = mine["counted"] + mine["moved"] < 0
        new = np.flatnonzero(below & ~mine["short"])
        self.books.lines["short"][line] = below
        said = []
        for n in new:
            known = {"store_id": self._name(int(owner[n])), "sku": str(self.books.skus[mine[n]["item"]])}
            words = f"its stock comes to {on_hand(mine[n]):g}; count it"
            said.append(refusal(known, f"store {known['store_id']}, item {known['sku']}: {words}"))
        return said

    def _answer(self, events: Events, e: int) -> list[dict[str, Any]]:
        """Take an answer to a card: it is counted, and has its effect when the card is still open."""
        s, own, card = int(events.store[e]), self.memory, events.cards[e]
        parts = card.rsplit(":", 2)
        mine = len(parts) == 3 and parts[0] == str(self._name(s)) and parts[1].isdecimal() and parts[2] in CARD_KINDS
        if not mine or not 0 < int(parts[1]) <= self.books.stores[s]["cards"]:
            known = {"event_id": events.ids[e], "store_id": self._name(s)}
            return [refusal(known, f"store {self._name(s)}: it was never given a card {card:.60}; mend card_id")]
        accepted, kind = events.kind[e] == ACCEPT, CARD_KINDS.index(parts[2])
        own.tally[kind, 1 if accepted else 2] += 1
        for c in np.flatnonzero(own.open_number[s] == int(parts[1])):
            own.tally[kind, 3] += own.open_value[s, c] if accepted else 0.0
            own.open_number[s, c] = 0
            self._effect(s, kind, int(own.open_line[s, c]), accepted)
        return []

    def _effect(self, s: int, kind: int, i: int, accepted: bool) -> None:
        quiet = int(self.memory.marks[0] + self.params.quiet_days * DAY_MS)
        self.books.stores["stale"][s] |= kind == ORDER
        if kind == ORDER and accepted:
            mine = self.books.lines[self.books.start[s] : self.books.start[s + 1]]
            mine["ordered"] += mine["taken"] * self.books.items["case_pack"][mine["item"]]
        elif kind == ORDER:
            self.books.stores["quiet_until"][s] = quiet
        else:
            self.books.lines["quiet_until"][i] = quiet
            if kind == RANGE and accepted:
                self.books.stores["swap_until"][s] = quiet

    def _with_lines_of(self, some: np.ndarray, line: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`line` and every used line of some stores, with their stores."""
        start = self.books.start
        all_of = [
            np.arange(start[s], start[s + 1])[self.books.lines["item"][start[s] : start[s + 1]] >= 0] for s in some
        ]
        line = np.unique(np.concatenate([line, *all_of]))
        return line, np.searchsorted(start, line, side="right") - 1

    def _renew(self, line: np.ndarray, owner: np.ndarray) -> np.ndarray:
        """Judge lines, renew the cards of their stores, and return the stores whose cards changed."""
        own, books, p = self.memory, self.books, self.params
        some = np.unique(owner)
        if not len(some):
            return some
        changed, before = np.zeros(len(some), bool), own.open_number[some]
        judge(
            line,
            owner,
            books.start,
            books.lines,
            books.items,
            books.stores,
            own.gains,
            *self._times(),
            p.price_step_share,
            p.most_cases,
        )
        renew(
            some, books.start, books.lines, books.items, books.stores, own.gains, *self._times(), p.most_cases,
            p.least_rmb, p.loyal, p.change_share, own.open_kind, own.open_line, own.open_number, own.open_value,
            changed,
        )  # fmt: skip
        after = own.open_number[some]
        new = (after > 0) & ~(after[:, :, None] == before[:, None, :]).any(axis=2)
        own.tally[:, 0] += np.bincount(own.open_kind[some][new], minlength=len(CARD_KINDS))
        return some[changed]
