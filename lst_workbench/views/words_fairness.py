"""Words of fairness: key to (English, 中文)."""

FAIRNESS: dict[str, tuple[str, str]] = {
    "fairness.title": ("Who is signed", "签约公平性"),
    "fairness.sub": ("share of sign-ups beside share of the shops there are", "签约占比与门店占比"),
    "fairness.group": ("Group", "群体"),
    "fairness.signed": ("Sign-ups", "签约"),
    "fairness.all": ("Shops to sign", "待签门店"),
    "fairness.reach": ("Within reach", "可达"),
    "fairness.village": ("Village shops", "村级门店"),
    "fairness.township": ("Township shops", "乡镇门店"),
    "fairness.poor": ("Shops of poor counties", "贫困县门店"),
    "fairness.small": ("Small shops", "小店"),
    "fairness.said.fewer": (
        "{group} make up {signed} of sign-ups and {all} of the shops to sign: the furthest behind.",
        "{group}占签约的 {signed}，占待签门店的 {all}，差距最大。",
    ),
    "fairness.said.even": (
        "No group has a smaller share of sign-ups than of the shops to sign.",
        "各群体的签约占比均不低于其待签门店占比。",
    ),
    "fairness.none": ("The plan signs no one.", "方案未签约任何门店。"),
    "fairness.price.poor": (
        "What a floor would cost: set one for poor counties under Conditions and put both plans side by side.",
        "设定下限的代价：在附加条件中为贫困县设定下限，再并列比较两个方案。",
    ),
    "fairness.price": (
        "What a floor would cost: lst fairness {run} --group {group}",
        "设定下限的代价：lst fairness {run} --group {group}",
    ),
}
