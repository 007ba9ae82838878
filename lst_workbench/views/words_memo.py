"""Words of the board memo: key to (English, 中文)."""

MEMO: dict[str, tuple[str, str]] = {
    "memo.title": ("Board memo", "董事会备忘录"),
    "memo.decisions": ("Decisions asked for", "提请决策"),
    "memo.figures": ("Headline figures", "关键数字"),
    "memo.assumptions": ("What the figures rest on", "数字的依据"),
    "memo.made": ("How it was made", "编制说明"),
    "memo.confidence": (
        "Confidence: A read in a source, B derived from sources, C weak source, D planning guess.",
        "可信度：A 来源直接给出，B 由来源推算，C 来源较弱，D 规划假设。",
    ),
    "memo.ask.start": (
        "Approve sign-up of {n} stores by {reps} reps, {first} of them in {month}.",
        "批准由 {reps} 名代表签约 {n} 家门店，其中 {month} {first} 家。",
    ),
    "memo.ask.lever": (
        "Decide on the step that brings most: {name}, {change}, gains {n} stores in system.",
        "就增益最大的一步作出决定：{name}，{change}，可增加在网门店 {n} 家。",
    ),
    "memo.ask.margin": (
        "Decide how orders are to pay: each loses {n}; they break even with a margin of {margin}.",
        "决定如何扭亏：每单亏损 {n}；毛利率达 {margin} 方可持平。",
    ),
    "memo.ask.reach": (
        "Decide whether to reach the {n} stores that no front warehouse serves.",
        "决定是否覆盖 {n} 家无前置仓服务的门店。",
    ),
    "memo.col.figure": ("Figure", "项目"),
    "memo.col.plan": ("Plan", "方案"),
    "memo.col.p10": ("P10", "P10"),
    "memo.col.p50": ("P50", "P50"),
    "memo.col.p90": ("P90", "P90"),
    "memo.col.goal": ("Goal", "目标"),
    "memo.col.rests": ("Rests most on", "主要依据"),
    "memo.col.value": ("In this plan", "本方案取值"),
    "memo.col.range": ("Range", "范围"),
    "memo.col.source": ("Source", "来源"),
    "memo.col.confidence": ("Confidence", "可信度"),
}
