"""One store on a page of text."""

import pandas as pd

from lst_workbench.planning.store_answers import StoreAbout
from lst_workbench.planning.store_study import StoreStudy


def story_of(about: StoreAbout, study: StoreStudy) -> str:
    """Tell who shops at a store, who competes, what it could buy and why.

    Examples
    --------
    >>> from lst_workbench.assumptions import data_folder, load_scenario
    >>> from lst_workbench.market import read_market
    >>> from lst_workbench.planning.store_study import study_stores
    >>> study = study_stores(read_market(data_folder() / "sample"), 341000, load_scenario("base"))
    >>> story_of(study.about(341000000000), study).splitlines()[0]
    'Store 341000000000: 645 people shop here, 0.32% of the 202,036 within 3 km.'
    """
    return "\n".join([_shoppers(about, study), _rivals(about, study), _potential(about), about.drivers.text])


def _shoppers(about: StoreAbout, study: StoreStudy) -> str:
    of = about.features
    households = f" in {of['households']:,.0f} households" if "households" in of else ""
    urban = f"; {of['urban_share']:.0%} of them live in cities and towns" if "urban_share" in of else ""
    return (
        f"Store {of['store_id']}: {of['people']:,.0f} people{households} shop here, {of['shopper_share']:.2%} of the "
        f"{of['people_nearby']:,.0f} within {study.params.radius_km:g} km.\n"
        f"They come from {len(about.cells)} cells, {of['distance_km']:.1f} km away on average, and their income is "
        f"{of['income_index']:.2f} of the nation's{urban}."
    )


def _rivals(about: StoreAbout, study: StoreStudy) -> str:
    count = f"{about.features['rivals']:,} other stores stand within {study.params.radius_km:g} km."
    served = (
        f"Its neighbours have {about.access_m2_1000:,.0f} m² of shops for each 1,000 people, the typical cell "
        f"{about.median_access_m2_1000:,.0f}."
    )
    if about.rivals.empty:
        return f"{count} {served}"
    first = about.rivals.iloc[0]
    return (
        f"{count} It shares most customers with store {first['rival_id']:.0f}, {first['distance_km']:.1f} km away: "
        f"were that to close, {first['gained_people']:,.1f} people would come over. {served}"
    )


def _potential(about: StoreAbout) -> str:
    of = about.potential
    interval = f"P10 {of['p10']:,.0f}, P90 {of['p90']:,.0f}" if pd.notna(of["p10"]) else "no tills, so no interval"
    return (
        f"It could buy for {of['mean']:,.0f} RMB a month ({interval}), more than {about.rank_share:.0%} of the stores "
        f"looked at; people and income alone would say {about.catchment_alone_rmb_month:,.0f}."
    )
