"""Credit as a run folder; `tests/test_personal_data.py` writes a whole one and names nobody."""

import pandas as pd
import pytest

from lst_workbench.assumptions import data_folder, load_scenario
from lst_workbench.contracts import InputError
from lst_workbench.market import read_market
from lst_workbench.planning.credit_run import make_credit


@pytest.mark.slow
def test_the_plan_says_when_credit_starts():
    market = read_market(data_folder() / "sample")
    stores = market.stores["store_id"].iloc[::9]
    months = pd.date_range("2017-09-01", periods=6, freq="MS")
    waves = pd.DataFrame({"store_id": stores, "month": months[[k % 6 for k in range(len(stores))]]})
    run = make_credit(market, load_scenario("base"), plan=Plan({"waves": waves, "assignments": NO_SITES}))
    cash = run.tables["cash"]
    assert cash["stores_with_credit"].is_monotonic_increasing and cash["tied_up_rmb"].iloc[-1] > 0
    given = run.tables["credit_plan"].query("limit_rmb > 0")
    assert cash["limits_rmb"].iloc[-1] == pytest.approx(given["limit_rmb"].sum())


def test_bad_levers_leave_nothing_behind(tmp_path):
    market = read_market(data_folder() / "sample")
    with pytest.raises(InputError, match="city_share"):
        make_credit(market, load_scenario("base"), tmp_path / "run", levers={"city_share": 0.0})
    assert not (tmp_path / "run").exists()


NO_SITES = pd.DataFrame({"store_id": pd.Series(dtype="int64"), "site_id": pd.Series(dtype="int32")})


class Plan:
    """Tables of a plan, as `make_credit` reads them."""

    def __init__(self, tables):
        self.tables = tables
