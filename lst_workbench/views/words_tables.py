"""Words of tables on the command line: runs side by side, how real a market looks; key to (English, 中文)."""

TABLES: dict[str, tuple[str, str]] = {
    "kpi.contribution_rmb_month": ("Contribution, last month", "末月贡献"),
    "kpi.gap_stores": ("Above the goal", "超出目标"),
    "kpi.reps": ("Field reps", "业务代表"),
    "kpi.uncovered_stores": ("Stores out of reach", "不可达门店"),
    "kpi.participants_stores": ("Stores in the system at the start", "期初在网门店"),
    "kpi.front_fixed_cost_rmb_month": ("Fixed cost of front warehouses", "前置仓固定成本"),
    "input.scenario": ("Scenario", "情景"),
    "input.goal": ("What the goal counts", "目标口径"),
    "input.market": ("Market", "市场"),
    "input.market fingerprint": ("Contents of the market", "市场数据指纹"),
    "input.seed": ("Seed", "种子"),
    "change.stays": ("as before", "不变"),
    "change.earlier": ("earlier", "提前"),
    "change.later": ("later", "推迟"),
    "change.in": ("comes in", "新入选"),
    "change.out": ("drops out", "落选"),
    "change.other": ("out of reach, or in it again", "可达性变化"),
    "check.people": ("People", "人口"),
    "check.province_people_error_most": ("Most that a whole province is off its people", "整省人口最大偏差"),
    "check.stores": ("Stores", "门店"),
    "check.people_per_store": ("People for one store", "每店人口"),
    "check.places_synthetic_share": ("Places that are drawn", "合成地点占比"),
    "check.participants_share": ("Stores in the system at the start", "期初在网占比"),
    "check.stores_outside_50_cities_share": ("Stores outside the 50 largest cities", "前五十大城市以外门店占比"),
    "check.stores_in_200_prefectures_share": ("Stores in the 200 largest prefectures", "前二百地市门店占比"),
    **{
        f"check.{whom}_{kind}_share": (f"{who} in {where}", f"{zh_where}{zh_who}占比")
        for whom, who, zh_who in (("stores", "Stores", "门店"), ("people", "People", "人口"))
        for kind, where, zh_where in (
            ("city_core", "city cores", "城区"),
            ("suburb", "suburbs", "近郊"),
            ("township", "townships", "乡镇"),
            ("village", "villages", "村庄"),
        )
    },
    "check.area_mean_m2": ("Mean sales floor, m²", "平均营业面积（平方米）"),
    "check.people_densest_cell_km2": ("People per km² in the densest cell", "最密格每平方公里人口"),
    "check.participants_area_ratio": ("Floor of stores in the system against others", "在网门店面积与其他之比"),
    "check.people_of_places_over_cells": ("People of places against those of cells", "地点人口与格人口之比"),
    "check.inside": ("in range", "在范围内"),
    "check.outside": ("out of range", "超出范围"),
    "check.most": ("at most {high}", "至多 {high}"),
    "check.between": ("{low} to {high}", "{low} 至 {high}"),
}
