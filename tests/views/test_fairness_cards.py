"""Who is signed: shares told from counts, and the group that is furthest behind."""

import pandas as pd
import pytest

from lst_workbench.views.fairness_cards import fairness_card, shares_of_groups

GROUPS = ["village", "township", "rural", "small", "all"]


def counts(signups):
    return pd.DataFrame(
        {
            "group": GROUPS,
            "stores": [50, 30, 80, 40, 120],
            "participants": [0, 10, 10, 0, 20],
            "uncovered": [20, 0, 20, 0, 20],
            "signups": signups,
        }
    )


def test_shares_are_of_signups_of_shops_to_sign_and_of_those_within_reach():
    shares = shares_of_groups(counts([2, 10, 12, 8, 20]))
    assert shares.loc["village"].tolist() == pytest.approx([0.1, 0.5, 30 / 80])
    assert shares.loc["township"].tolist() == pytest.approx([0.5, 0.2, 20 / 80])


@pytest.mark.parametrize(
    ("lang", "said"), [("en", "Village shops make up 10% of sign-ups"), ("zh", "村级门店占签约的 10%")]
)
def test_the_group_furthest_behind_is_named_with_the_command_that_prices_it(lang, said):
    card = fairness_card(counts([2, 10, 12, 8, 20]), "runs/<a>", lang)
    assert said in card and "lst fairness runs/&lt;a&gt; --group village" in card


def test_a_plan_that_is_behind_nowhere_or_signs_no_one_says_so():
    assert "No group has a smaller share" in fairness_card(counts([10, 5, 15, 8, 20]), "r", "en")
    assert "signs no one" in fairness_card(counts([0, 0, 0, 0, 0]), "r", "en")


def test_poor_counties_furthest_behind_lead_to_the_form_since_no_command_prices_them():
    poor = counts([10, 5, 15, 8, 20]).tail(1).assign(group="poor", stores=60, participants=0, signups=1)
    card = fairness_card(pd.concat([counts([10, 5, 15, 8, 20]), poor]), "r", "en")
    assert "Shops of poor counties make up 5% of sign-ups and 60%" in card
    assert "under Conditions" in card and "--group poor" not in card
