"""Segments: tastes drawn by region are found, few choices lean on the level above, unseen segments are served."""

import numpy as np
import pandas as pd
import pytest

from lst_workbench.assortment import fit_mnl, fit_segments
from lst_workbench.contracts import InputError

NAMES = ["price", "sweet"]


def drawn(seed, regions=12, kinds=2, choices=60, spread=0.6, lift=0.3):
    """Choices among five items; tastes scatter by region, and by type of store inside it."""
    rng = np.random.default_rng(seed)
    parts, true = [], {}
    for region in range(regions):
        by_region = np.array([-1.0, 0.5]) + rng.normal(0, spread, 2)
        for kind in range(kinds):
            true[region, kind] = by_region + rng.normal(0, lift, 2)
            count = choices if region else 8
            rows = pd.DataFrame({
                "choice_id": np.repeat([f"{region}-{kind}-{n}" for n in range(count)], 5),
                "alternative": list("abcde") * count, "region": region, "kind": kind,
                "price": rng.normal(size=5 * count), "sweet": rng.normal(size=5 * count),
            })  # fmt: skip
            utility = rows[NAMES] @ true[region, kind] + rng.gumbel(size=len(rows))
            rows["chosen"] = (utility == utility.groupby(rows["choice_id"]).transform("max")).astype(int)
            parts.append(rows)
    return pd.concat(parts, ignore_index=True), true


def tastes(result, level):
    mine = result.tables["coefficients"].query("level == @level")
    keys = ["region"] if level == "region" else ["region", "kind"]
    return mine.pivot(index=keys, columns="feature", values="coefficient")


def errors_and_intervals(seed):
    """Of a drawn market: squared errors of shrunk, pooled and own tastes, whether intervals hold them, spreads."""
    choices, true = drawn(seed, choices=25)
    result = fit_segments(choices, NAMES, ["region", "kind"])
    truth = pd.DataFrame(true, index=NAMES).T
    pooled = result.pooled.tables["coefficients"].set_index("feature")["coefficient"]
    own = [
        fit_mnl(rows, NAMES).tables["coefficients"]["coefficient"].to_numpy()
        for _, rows in choices.groupby(["region", "kind"])
    ]
    found = {"shrunk": tastes(result, "kind")[NAMES].to_numpy(), "pooled": pooled[NAMES].to_numpy(), "own": own}
    table = result.tables["coefficients"].query("level == 'kind'").merge(
        truth.rename_axis(["region", "kind"]).reset_index().melt(["region", "kind"], var_name="feature")
    )  # fmt: skip
    return {
        **{name: ((np.array(value) - truth.to_numpy()) ** 2).mean() for name, value in found.items()},
        "held": table["value"].between(table["low"], table["high"]).mean(),
        **result.tables["spread"].groupby("level")["spread"].mean(),
    }


def test_shrunk_tastes_are_nearer_the_truth_than_pooled_and_own_ones_and_intervals_hold_it():
    drawn_ones = pd.DataFrame([errors_and_intervals(seed) for seed in range(1, 9)])
    nearer = np.sqrt(drawn_ones["shrunk"] / drawn_ones[["pooled", "own"]].min(axis=1))
    markets = drawn_ones.mean()
    assert nearer.mean() < 0.8 and nearer.max() < 0.95
    assert 0.92 < markets["held"] < 0.99
    assert 0.5 < markets["region"] < 0.75
    assert 0.22 < markets["kind"] < 0.42


def test_few_choices_lean_on_the_level_above_and_segments_never_seen_take_its_model():
    choices, _ = drawn(3)
    result = fit_segments(choices, NAMES, ["region", "kind"])
    shrinkage = result.tables["coefficients"].query("level == 'kind'").groupby("region")["shrinkage_share"].mean()
    assert shrinkage[0] > 1.3 * shrinkage[1:].mean()
    assert result.of(3, 9).model == result.models[(3,)]
    assert result.of(99, 0).model == result.pooled.model
    held_out, _ = drawn(3)
    told = result.fit_on(held_out)
    assert told["gain"] > 0
    shares = result.predict(choices).groupby("choice_id")["choice_probability"].sum()
    np.testing.assert_allclose(shares, 1.0)


def test_segments_that_are_alike_end_at_the_pooled_model():
    choices, _ = drawn(4, spread=0.0, lift=0.0, choices=100)
    result = fit_segments(choices, NAMES, "region")
    table = result.tables["coefficients"]
    assert (table["coefficient"] - table["parent"]).abs().max() < 0.12
    assert table["shrinkage_share"].mean() > 0.6


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rows: rows.drop(columns="kind"), "column kind is missing"),
        (lambda rows: rows.assign(kind=rows["kind"].where(rows.index > 0)), "1 rows have none (first: choice 0-0-0)"),
        (lambda rows: rows.assign(kind=np.where(rows.index == 0, 7, rows["kind"])), "choice 0-0-0 is in 2 segments"),
    ],
)
def test_choices_without_one_segment_are_refused(change, said):
    choices, _ = drawn(5, regions=2)
    with pytest.raises(InputError, match=said.replace("(", r"\(").replace(")", r"\)")):
        fit_segments(change(choices), NAMES, ["region", "kind"])
