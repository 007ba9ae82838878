"""Wide panels: the same fit as from the long table, other shapes of names, availability, and faults in sentences."""

import numpy as np
import pandas as pd
import pytest

from lst_workbench.assortment import fit_mnl, long_choices
from lst_workbench.contracts import InputError

BRANDS = ["heinz41", "heinz32", "hunts32"]


def panel(separator=".", names=tuple(BRANDS), rows=200):
    """Purchases of shoppers, a row each, and the same as a long table."""
    rng = np.random.default_rng(3)
    wide = pd.DataFrame({"shopper": [f"s{k // 5}" for k in range(rows)]})
    for name in names:
        wide[f"price{separator}{name}"] = rng.uniform(2, 5, rows)
        wide[f"disp{separator}{name}"] = rng.integers(0, 2, rows)
    parts = [(name, wide[f"price{separator}{name}"], wide[f"disp{separator}{name}"]) for name in names]
    utility = np.stack([-price + disp for _, price, disp in parts], axis=1) + rng.gumbel(size=(rows, len(names)))
    wide["choice"] = [names[k] for k in utility.argmax(axis=1)]
    long = pd.concat([
        pd.DataFrame({
            "choice_id": np.arange(rows), "alternative": str(name), "price": price, "disp": disp, "shopper":
            wide["shopper"], "chosen": (wide["choice"] == name).astype(int),
        })
        for name, price, disp in parts
    ])  # fmt: skip
    return wide, long


@pytest.mark.parametrize(("separator", "names"), [(".", BRANDS), ("_", BRANDS), ("", [1, 2, 3])])
def test_a_wide_panel_fits_as_its_long_table(separator, names):
    wide, long = panel(separator, names)
    made = long_choices(wide, "choice", ["price", "disp"], separator=separator)
    assert made.columns.tolist() == ["choice_id", "alternative", "chosen", "price", "disp", "shopper"]
    ours = fit_mnl(made, ["price", "disp"], constants=True, cluster="shopper")
    theirs = fit_mnl(long, ["price", "disp"], constants=True, cluster="shopper")
    pd.testing.assert_frame_equal(ours.tables["coefficients"], theirs.tables["coefficients"], rtol=1e-6, atol=1e-9)


def test_what_is_not_on_offer_is_left_out():
    wide, _ = panel()
    off = (wide["choice"] != "hunts32") & (wide.index % 3 == 0)
    for brand in BRANDS:
        wide[f"av.{brand}"] = 1
    wide.loc[off, "av.hunts32"] = 0
    made = long_choices(wide, "choice", ["price"], available="av")
    assert len(made) == len(wide) * len(BRANDS) - off.sum()
    assert "av" not in made
    wide.loc[0, "av." + wide.loc[0, "choice"]] = 0
    with pytest.raises(InputError, match="name what was not on offer .first: choice 1, "):
        long_choices(wide, "choice", ["price"], available="av")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda wide: wide.drop(columns="choice"), "column choice is missing"),
        (lambda wide: wide.rename(columns=lambda name: name.replace("price", "cost")), "no column begins with price."),
        (lambda wide: wide.assign(choice=wide["choice"].where(wide.index != 4, "dell")), "first: row 4, dell"),
    ],
)
def test_faults_of_wide_tables_are_said_in_sentences(change, said):
    wide, _ = panel()
    with pytest.raises(InputError, match=said):
        long_choices(change(wide), "choice", ["price"])


def test_a_long_table_may_name_what_was_chosen_and_keep_numbers_as_text():
    wide, long = panel()
    bought = long["choice_id"].map(wide["choice"])
    odd = long.assign(chosen=bought, price=long["price"].astype(str))
    assert fit_mnl(odd, "price").log_likelihood == pytest.approx(fit_mnl(long, ["price"]).log_likelihood, abs=1e-9)


def test_wide_tables_and_repeated_ids_are_told_what_to_do():
    wide, long = panel()
    with pytest.raises(InputError, match="call long_choices first"):
        fit_mnl(wide, ["price"])
    with pytest.raises(InputError, match="shopper must name one occasion of one shopper"):
        fit_mnl(long, ["price"], choice_id="shopper")
