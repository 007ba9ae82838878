"""Words of the form of conditions: key to (English, 中文)."""

CONDITIONS: dict[str, tuple[str, str]] = {
    "conditions.open": ("Conditions: {n}", "附加条件：{n}"),
    "conditions.none": ("none", "无"),
    "conditions.floors": ("At least, of all sign-ups", "占签约的下限"),
    "conditions.rural": ("Village and township shops", "村镇门店"),
    "conditions.poor": ("Shops of poor counties", "贫困县门店"),
    "conditions.small": ("Small shops", "小店"),
    "conditions.no_floor": ("no floor", "无下限"),
    "conditions.quota": ("Quota of a region", "区域配额"),
    "conditions.least": ("at least, stores", "至少（家）"),
    "conditions.most": ("at most, stores", "至多（家）"),
    "conditions.add": ("Set quota", "设定配额"),
    "conditions.clear": ("Take all conditions back", "清除全部条件"),
    "conditions.between": ("{where}: {least} to {most} stores", "{where}：{least} 至 {most} 家"),
    "conditions.from": ("{where}: at least {least} stores", "{where}：至少 {least} 家"),
    "conditions.to": ("{where}: at most {most} stores", "{where}：至多 {most} 家"),
    "conditions.other": ("{where}: as the run was asked", "{where}：沿用该次运行的条件"),
    "conditions.promised": ("Promised stores (numbers)", "承诺签约的门店（编号）"),
    "conditions.excluded": ("Excluded stores (numbers)", "排除的门店（编号）"),
    "conditions.numbers": ("e.g. 1201, 1305", "例如 1201, 1305"),
    "conditions.no_number": (
        "A quota is a whole number of stores; leave one side empty.",
        "配额须为整数家数；可留空一侧。",
    ),
    "conditions.strange": ("Not understood: {why}", "无法识别：{why}"),
}
