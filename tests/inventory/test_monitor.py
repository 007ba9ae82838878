"""The monitor's state is a function of the set of events; its cards are few, stable, priced and answered."""

import json

import numpy as np
import pandas as pd
import pytest

from lst_workbench.contracts import InputError
from lst_workbench.inventory import Monitor, MonitorParams
from lst_workbench.inventory._monitor_kernels import keep_ids
from lst_workbench.inventory.monitor_memory import Memory
from lst_workbench.inventory.monitor_tables import LINE
from tests.inventory.shops import HOUR, OPENED, as_lines, events, same, seen, tables, twin

NOW = OPENED + 41 * HOUR


def opened(**kwargs):
    return Monitor(**(tables() | kwargs.pop("tables", {})), since=OPENED, **kwargs)


def event(kind, at=OPENED + HOUR, **rest):
    return json.dumps({"event_id": f"{kind}-{at}-{rest}", "kind": kind, "store_id": 1, "sku": "i0", "at": at} | rest)


@pytest.mark.parametrize("seed", range(6))
def test_state_equals_the_twin_in_any_order_with_doubles_and_in_any_batches(seed):
    rows = events(700, seed=seed)
    rng = np.random.default_rng(seed)
    arrived = [rows[k] for k in rng.permutation(np.append(np.arange(700), rng.integers(0, 700, 150)))]
    monitor = opened(params=MonitorParams(spare=1))
    counts = [
        monitor.apply(as_lines(arrived[k : k + 37]), OPENED + 41 * HOUR) for k in range(0, len(arrived), 37)
    ]  # fmt: skip
    assert (sum(c.applied for c in counts), sum(c.duplicates for c in counts)) == (700, 150)
    same(seen(monitor.state()), twin(tables(), rows))


def test_rates_do_not_depend_on_the_order_of_arrival():
    rows = events(400)
    first, second = opened(), opened()
    first.apply(as_lines(rows), NOW)
    second.apply(as_lines(rows[::-1]), NOW)
    np.testing.assert_allclose(first.state()["units_day"], second.state()["units_day"], rtol=1e-9)


def test_a_rate_moves_from_the_forecast_to_what_is_sold():
    one = {"forecasts": tables()["forecasts"].assign(mean_units_day=1.0)}
    monitor = opened(tables=one, params=MonitorParams(late_days=400, half_life_days=28))
    sales = [event("sale", OPENED + d * 24 * HOUR, units=5) for d in range(1, 200)]
    monitor.apply(sales, OPENED + 199 * 24 * HOUR)
    rate = monitor.state().set_index(["store_id", "sku"])["units_day"]
    assert rate[(1, "i0")] == pytest.approx(5.0, rel=0.05)
    assert rate[(2, "i0")] < 0.05


def test_forgetting_what_is_too_old_changes_nothing_that_can_still_come():
    rows = sorted(events(3000, hours=400.0), key=lambda r: r["at"])
    whole, forgetful = opened(params=MonitorParams(late_days=400)), opened(params=MonitorParams(late_days=1))
    for k in range(0, 3000, 50):
        now = rows[min(k + 49, 2999)]["at"]
        late = rows[k : k + 50][::-1]
        whole.apply(as_lines(late), now)
        forgetful.apply(as_lines(late), now)
        forgetful.snapshot()
    same(seen(forgetful.state()), seen(whole.state()))
    assert forgetful.memory.marks[2] < 400 < whole.memory.marks[2]


def test_ids_are_known_while_their_table_is_moved_bit_by_bit():
    own, lines, rng = Memory.blank(1, 1, 5, 4), np.zeros(0, LINE), np.random.default_rng(1)
    ids, at = rng.permutation(np.arange(1, 200_001)), np.repeat([1, 5], 100_000)
    moving = False
    for first in range(0, len(ids), 1000):
        oldest = 1 if first < 150_000 else 3
        own.make_room(1000, lines, oldest)
        moving |= len(own.past_id) > 1
        new = slice(first, first + 1000)
        own.marks[2] += keep_ids(ids[new], at[new], 0, 1000, 0, own.seen_id, own.seen_at)
        known = set(own.seen_id) | set(own.past_id)
        assert known >= set(ids[:first][at[:first] >= oldest])
        assert np.count_nonzero(own.seen_id) == own.marks[2] <= len(own.seen_id) / 2
    assert moving
    own.forget(lines, oldest=3)
    assert set(own.seen_id) - {0} == set(ids[at >= 3])


def test_a_monitor_goes_on_from_its_snapshot_as_if_nothing_had_happened():
    rows = as_lines(events(600))
    whole, torn = opened(), opened()
    told = [whole.apply(rows[k : k + 30], NOW) for k in range(0, 600, 30)]
    for k in range(0, 300, 30):
        torn.apply(rows[k : k + 30], NOW)
    again = opened()
    again.restore(torn.snapshot())
    heard = [again.apply(rows[k : k + 30], NOW) for k in range(300, 600, 30)]
    assert [a.stores for a in heard] == [a.stores for a in told[10:]]
    pd.testing.assert_frame_equal(again.state(), whole.state())
    pd.testing.assert_frame_equal(again.measured(), whole.measured())


def test_a_snapshot_of_other_tables_is_refused():
    with pytest.raises(InputError, match="other stores, items or tuning"):
        opened(params=MonitorParams(spare=9)).restore(opened().snapshot())


def test_cards_are_at_most_five_and_carry_what_the_owner_needs():
    monitor = Monitor(**tables(stores=4, items=40), since=OPENED)
    advice = monitor.apply(as_lines(events(900, stores=4, items=40)), NOW)
    cards = [card for store in advice.stores for card in store["cards"]]
    assert len(advice.stores) == 4
    assert max(len(store["cards"]) for store in advice.stores) <= 5
    assert len({card["card_id"] for card in cards}) == len(cards)
    for card in cards:
        assert card["low_rmb"] <= card["value_rmb"] <= card["high_rmb"]
        assert 0 <= card["confidence_share"] <= 1
        assert card["ignoring_rmb"] >= 0
        assert card["reason"].endswith(".")


def test_an_order_card_keeps_minimum_and_cash_and_its_answer_is_measured():
    monitor = opened()
    low = [event("count", sku=f"i{k}", units=0) for k in range(6)]
    [store] = monitor.apply(low, OPENED + HOUR).stores
    [card] = [card for card in store["cards"] if card["kind"] == "order"]
    cost = tables()["items"].set_index("sku")["cost_rmb"]
    spend = sum(line["cases"] * 12 * cost[line["sku"]] for line in card["order"])
    assert 100 <= spend == pytest.approx(card["spend_rmb"], abs=0.01)
    assert spend <= 900
    answer = event("accept", card_id=card["card_id"])
    after = monitor.apply([answer, answer], OPENED + HOUR + 1)
    assert after.duplicates == 1
    assert not any(c["kind"] == "order" and c["order"] == card["order"] for c in after.stores[0]["cards"])
    on_order = monitor.state().query("store_id == 1").set_index("sku")["on_order"]
    assert {line["sku"]: line["cases"] * 12 for line in card["order"]} == on_order[on_order > 0].to_dict()
    measured = monitor.measured().set_index("kind").loc["order"]
    assert (measured["accepted"], measured["rejected"], measured["accept_share"]) == (1, 0, 1.0)
    assert measured["accepted_rmb"] == pytest.approx(card["value_rmb"], abs=0.01)


def test_the_order_card_is_the_best_order_when_the_minimum_does_not_bind():
    from lst_workbench.inventory import OrderParams, propose_orders

    given = tables()
    given["stock"] = given["stock"].assign(on_hand=0)
    given["stores"] = given["stores"].assign(min_order_rmb=0.0, cash_rmb=400.0)
    monitor = Monitor(**given, since=OPENED, params=MonitorParams(most_cases=12))
    monitor.sweep(OPENED, 3)
    best = propose_orders(**given, params=OrderParams(most_cases=12)).tables["stores"].set_index("store_id")
    for store in (1, 2, 3):
        [card] = [c for c in monitor.cards_of(store)["cards"] if c["kind"] == "order"]
        assert card["value_rmb"] == pytest.approx(best.loc[store, "value_rmb"], abs=0.01)


def test_a_rejected_card_is_quiet_for_a_week():
    monitor = opened(tables={"items": tables()["items"].assign(price_rmb=9.0)})
    [store] = monitor.apply([event("price", price_rmb=0.1)], OPENED + HOUR).stores
    [card] = [c for c in store["cards"] if c["kind"] == "price"]
    assert "below its cost" in card["reason"]
    [store] = monitor.apply([event("reject", card_id=card["card_id"])], OPENED + HOUR).stores
    assert not [c for c in store["cards"] if c["kind"] == "price"]
    assert monitor.measured().set_index("kind").loc["price", "rejected"] == 1
    week = [c for told in [monitor.sweep(OPENED + 8 * 24 * HOUR, 3)] for s in told for c in s["cards"]]
    assert [c["sku"] for c in week if c["kind"] == "price"] == ["i0"]


def test_expiry_facing_and_range_are_advised_where_they_pay():
    given = tables(stores=1, items=3)
    given["stock"] = given["stock"].assign(on_hand=[60, 40, 10], facings=1, units_facing=2)
    given["forecasts"] = given["forecasts"].assign(mean_units_day=[1.0, 6.0, 0.01])
    swaps = pd.DataFrame({
        "store_id": [1], "sku": ["i2"], "add_sku": ["new"], "add_units_day": [3.0], "stays_share": [0.7],
        "moves_to": ["i1"],
    })  # fmt: skip
    monitor = Monitor(**given, swaps=swaps, since=OPENED)
    came = event("delivery", units=50, expires_at="2017-09-14")
    monitor.apply([came], OPENED + 2 * HOUR)
    monitor.sweep(OPENED + 3 * HOUR, 1)
    cards = {c["kind"]: c for c in monitor.cards_of(1)["cards"]}
    assert cards["expiry"]["sku"] == "i0"
    assert cards["facing"]["sku"] == "i1"
    assert (cards["range"]["sku"], cards["range"]["add_sku"]) == ("i2", "new")
    assert "70% of its buyers take another, most of them i1" in cards["range"]["reason"]


def test_advice_is_stable_when_nothing_but_a_single_sale_happens():
    monitor = Monitor(**tables(items=30), since=OPENED)
    monitor.sweep(OPENED, 3)
    before = monitor.cards_of(1)["cards"]
    monitor.apply([event("sale", units=1, sku="i7")], OPENED + HOUR)
    after = monitor.cards_of(1)["cards"]
    kept = {c["card_id"] for c in before} & {c["card_id"] for c in after}
    assert len(kept) >= len(before) - 1


BAD = [
    ('{"event_id": "a"', "no JSON object"),
    ("[1, 2]", "no JSON object"),
    (event("sale", units=-2), "store 1, item i0.*units of a sale is -2; give more than 0"),
    (event("count", units=-1), "store 1, item i0.*units of a count is -1; give 0 or more"),
    (event("price", price_rmb=0), "price_rmb of a price is 0"),
    (event("sale"), "units is missing"),
    (event("sale", units="nan"), "units of a sale is nan"),
    (event("sale", units=[1]), "cannot be read"),
    (event("sale", units=1, sku="gone"), "store 1, item gone.*the item is unknown"),
    (event("sale", units=1, store_id=77), "store 77, item i0.*the store is unknown"),
    (event("sale", units=1, store_id=[1]), "cannot be read"),
    (event("steal", units=1), "kind steal is none of sale"),
    (event("sale", units=1, at="yesterday"), "cannot be read"),
    (event("sale", units=1, at=OPENED + 9 * HOUR), "store 1, item i0.*is in the future: set the clock"),
    (event("sale", units=1, at=OPENED - 99 * HOUR), "store 1, item i0.*older than 3 days"),
    (event("delivery", units=3, expires_at="2017-09-01"), "store 1, item i0.*had expired on 2017-09-01"),
    (event("accept", card_id="1:99:order"), "never given a card 1:99:order"),
    (event("accept", card_id="2:1:order"), "never given a card"),
]


@pytest.mark.parametrize(("line", "said"), BAD, ids=[said[:30] for _, said in BAD])
def test_bad_events_are_refused_with_a_sentence_and_the_rest_is_served(line, said):
    monitor = opened()
    advice = monitor.apply([line, event("sale", units=1, sku="i1")], OPENED + 2 * HOUR)
    assert advice.applied == 1 + ("never given" in said)
    [refused] = advice.refused
    assert pd.Series([refused["reason"]]).str.contains(said, regex=True).all(), refused["reason"]


def test_a_clock_that_disagrees_is_set_right_by_the_gateway():
    wrong = json.loads(event("sale", units=4, at=OPENED + 10 * HOUR))
    wrong |= {"sent_at": OPENED + 10 * HOUR + 5, "received_at": OPENED + 1 * HOUR + 5}
    early = event("count", at=OPENED + 2 * HOUR, units=9)
    monitor = opened()
    assert monitor.apply([json.dumps(wrong), early], OPENED + 2 * HOUR).applied == 2
    assert seen(monitor.state())[(1, "i0")][0] == 9


def test_stock_below_zero_is_said_once_until_it_is_counted():
    monitor = opened()
    sale = [event("sale", units=50, at=OPENED + HOUR + k) for k in range(2)]
    said = [monitor.apply([line], OPENED + 2 * HOUR).notices for line in sale]
    assert "store 1, item i0: its stock comes to -" in said[0][0]["reason"]
    assert not said[1]
