"""Words of odds and ranges: key to (English, 中文)."""

ODDS: dict[str, tuple[str, str]] = {
    "odds.draws": ("{n} draws", "{n} 次抽样"),
    "odds.likely": ("Likely", "可能"),
    "odds.open": ("Open", "未定"),
    "odds.unlikely": ("Unlikely", "不太可能"),
    "odds.headline": (
        "With figures as uncertain as the register has them, the goal is reached in {n} of simulated years.",
        "按登记簿的不确定区间模拟，{n} 的年份达标。",
    ),
    "odds.title": ("How likely the goal is", "达标可能性"),
    "odds.sub": ("{n} simulated years", "{n} 个模拟年"),
    "odds.by_month": ("Chance of having reached it, by month", "逐月达标概率"),
    "odds.by_reps": ("Chance by number of reps", "按代表人数的达标概率"),
    "odds.flat": (
        "More reps add little: other figures hold the goal back.",
        "增加代表作用不大：受其他参数制约。",
    ),
    "odds.enough": (
        "{n} reps give a chance of {odds}.",
        "{n} 名代表的达标概率为 {odds}。",
    ),
    "odds.ranking.holds": ("The ranking of regions holds", "区域排名稳固"),
    "odds.ranking.outline": ("The ranking of regions holds in outline", "区域排名大体稳固"),
    "odds.ranking.open": ("The ranking of regions does not hold", "区域排名不稳固"),
    "odds.ranking": (
        "{said}: {n} of pairs keep the plan's order over all draws (50% would be chance).",
        "{said}：全部抽样中 {n} 的区域对保持方案次序（50% 即为随机）。",
    ),
    "tornado.title": ("What decides", "关键参数"),
    "tornado.sub": ("{figure}, each figure moved alone from its P10 to its P90", "{figure}，各参数单独由 P10 变至 P90"),
    "tornado.callout": (
        "{name} decides most: the chance of the goal is {low} when it comes out low, {high} when high.",
        "{name}影响最大：偏低时达标概率 {low}，偏高时 {high}。",
    ),
    "tornado.odds": ("Chance low / high", "偏低/偏高概率"),
    "col.figure": ("Figure", "参数"),
    "col.range_drawn": ("P10 – P90", "P10 – P90"),
    "col.effect": ("Effect", "影响"),
}
