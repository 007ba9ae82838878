"""Periods, their labels, and the seasons around Spring Festival."""

import numpy as np
import pandas as pd
import pytest

from lst_workbench.contracts import InputError
from lst_workbench.demand.calendar import SPRING_FESTIVALS, Calendar


@pytest.mark.parametrize("freq", ["D", "W-MON", "W-SUN", "MS", "ME", "QS", "QE", "YS", "YE"])
def test_labels_are_those_of_pandas(freq):
    dates = pd.date_range("2015-06-30", periods=30, freq=freq)
    calendar = Calendar.of(freq)
    ordinals = calendar.ordinals(dates.to_numpy())
    assert (np.diff(ordinals) == 1).all()
    assert list(calendar.labels(ordinals)) == list(dates)


def test_unknown_frequency_is_named():
    with pytest.raises(InputError, match="'fortnight' is not known"):
        Calendar.of("fortnight")


def test_spring_festival_follows_the_moon():
    """Every first day lies within a day and a half of a new moon, and 12 or 13 moons after the last one."""
    new_moon, moon = np.datetime64("2000-01-06T18:14"), 29.530588853
    noon_in_china = SPRING_FESTIVALS.astype("datetime64[h]") + np.timedelta64(4, "h")
    moons = (noon_in_china - new_moon) / np.timedelta64(1, "D") / moon
    assert (np.abs(moons - moons.round()) * moon < 1.5).all()
    assert set(np.diff(moons.round())) == {12, 13}
    day = (SPRING_FESTIVALS - SPRING_FESTIVALS.astype("datetime64[Y]")).astype(int)
    assert day.min() >= 20 and day.max() <= 51  # 21 January to 21 February


def test_weeks_around_the_festival_keep_their_distance():
    calendar = Calendar.of("W-MON")
    for festival in SPRING_FESTIVALS:
        around = calendar.ordinals(np.array([festival]))[0] + np.arange(-7, 6)
        weights = calendar.seasons(around, festival=True)
        assert weights.shape == (13, 62)
        np.testing.assert_allclose(weights.sum(1), 1)
        np.testing.assert_allclose(weights[:, 53:].sum(0), 1)  # each block of seven days is shared out whole
        begun = calendar.labels(around[7:8])[0]
        share_before = (pd.Timestamp(festival) - begun).days / 7
        np.testing.assert_allclose(weights[7, [57, 58]], [share_before, 1 - share_before])


def test_months_of_an_early_festival_are_their_own():
    calendar = Calendar.of("MS")
    months = calendar.ordinals(pd.to_datetime(["2017-01-01", "2018-01-01", "2017-02-01", "2018-02-01"]).to_numpy())
    assert calendar.seasons(months, festival=True).argmax(1).tolist() == [12, 0, 13, 1]
    assert calendar.seasons(months, festival=False).argmax(1).tolist() == [0, 0, 1, 1]
