"""Words of figures, accounts and reasons: key to (English, 中文)."""

FIGURES: dict[str, tuple[str, str]] = {
    # headline figures
    "kpi.in_system_stores": ("Stores in system", "在网门店"),
    "kpi.in_system_stores.means": (
        "Signed and not closed at the end of the last month; stores of the start included.",
        "末月月末已签约且未关店的门店，含期初门店。",
    ),
    "kpi.signups_stores": ("Sign-ups", "新签门店"),
    "kpi.signups_stores.means": (
        "Stores that the plan signs in all its months, closures not taken off.",
        "方案各月签约门店合计，未扣除关店。",
    ),
    "kpi.signups_stores.foot": ("closures not taken off", "未扣除关店"),
    "kpi.active_stores": ("Active stores", "活跃门店"),
    "kpi.active_stores.means": (
        "Stores with at least one order in the last 30 days. Plan on this figure, not on sign-ups.",
        "近 30 天至少下一单的门店。规划应以此为准，而非签约数。",
    ),
    "kpi.active_share": ("{n} of stores in system", "占在网 {n}"),
    "kpi.gmv_rmb_month": ("GMV, last month", "末月交易额"),
    "kpi.gmv_rmb_month.means": (
        "Delivered platform orders of the last month, in RMB: potential of the active stores times the platform's "
        "share.",
        "末月已送达的平台订单金额：活跃门店采购潜力乘以平台份额。",
    ),
    "kpi.gmv_rmb_month.foot": ("all active stores", "全部活跃门店"),
    "kpi.contribution_rmb_order": ("Contribution per order", "单均贡献"),
    "kpi.contribution_rmb_order.means": (
        "Order value times (margin less handling less line-haul), less the cost of the drop. Below zero every order "
        "loses money.",
        "订单金额 ×（毛利 − 操作 − 干线）− 配送成本。低于零则每单亏损。",
    ),
    "kpi.break_even": ("Break-even ¥0", "盈亏平衡 ¥0"),
    "kpi.reps_for_goal": ("Reps for the goal", "达标所需代表"),
    "kpi.reps_for_goal.means": (
        "Fewest field reps with whom the plan reaches its goal, everything else as it is.",
        "其他条件不变时达到目标所需的最少业务代表。",
    ),
    "kpi.reps_now": ("this plan has {n}", "本方案 {n} 名"),
    "kpi.field_cost_rmb_active_store": ("Cost per active store", "单店外勤成本"),
    "kpi.field_cost_rmb_active_store.means": (
        "Pay and commissions of reps over all months of the plan, for each store that is active at its end.",
        "方案各月业务代表薪酬与佣金合计，除以期末活跃门店数。",
    ),
    "kpi.field_cost_rmb_active_store.foot": ("field pay and commissions", "仅计外勤薪酬与佣金"),
    "kpi.goal_odds": ("Chance of the goal", "达标概率"),
    "kpi.goal_odds.means": (
        "Share of simulated years that end at or above the goal. In each, planning figures are drawn from their ranges "
        "in the register, and stores sign, close and order by chance; decisions (reps, capital, warehouses) stay as "
        "they are.",
        "期末达到目标的模拟年份占比。每次模拟从登记簿区间抽取规划参数，门店签约、关店与下单均随机；决策量（代表、资金、仓）不变。",
    ),
    "none": ("none", "无"),
    # units
    "unit.stores": ("stores", "家"),
    "unit.stores/month": ("stores a month", "家/月"),
    "unit.RMB/month": ("a month", "/月"),
    "unit.RMB/order": ("an order", "/单"),
    "unit.RMB/store": ("over the plan", "全期"),
    "unit.reps": ("reps", "名"),
    "unit.visits": ("visits", "次"),
    "unit.visits/day": ("visits a day", "次/日"),
    "unit.visits/month": ("visits a month", "次/月"),
    "unit.m3/month": ("m³ a month", "立方米/月"),
    "unit.km": ("km", "公里"),
    "n_km": ("{n} km", "{n} 公里"),
    "unit.days": ("days", "天"),
    "unit.share": ("", ""),
    "unit.RMB": ("", ""),
    "points": ("{n} percentage points", "{n} 个百分点"),
    "worth.step": ("{name}: {change}", "{name}：{change}"),
    # an average order
    "order.title": ("What an average order brings", "一张平均订单的账"),
    "order.lead": ("Of {order}:", "订单金额 {order}："),
    "order.margin": ("Margin", "毛利"),
    "order.handling": ("Handling", "仓库操作"),
    "order.line_haul": ("Line-haul", "干线运输"),
    "order.drop": ("Drop", "末端配送"),
    "order.contribution": ("Contribution", "贡献"),
    "order.earns": ("Each order brings {n}.", "每单贡献 {n}。"),
    "order.loses": ("Each order loses {n}.", "每单亏损 {n}。"),
    "order.mend": ("What would mend it: {ways}.", "任一项可扭亏：{ways}。"),
    "order.mend.margin": ("a margin of {n} (now {now})", "毛利率升至 {n}（现 {now}）"),
    "order.mend.size": ("orders of {n}", "单均金额升至 {n}"),
    "order.mend.vain": (
        "Larger orders or denser routes alone would not: handling and line-haul already eat the margin.",
        "仅靠加大订单或加密线路无济于事：操作与干线已耗尽毛利。",
    ),
    "order.mend.drop": ("a drop at {n} (now {now}), by denser routes", "以更密线路将配送降至 {n}（现 {now}）"),
    # why a store is signed, or not
    "explain.signed.at": (
        "Signed in {month}. It is worth {worth} active stores at the end of the plan and costs {price} at the plan's "
        "shadow prices: it stands just at the line.",
        "{month}签约。期末值 {worth} 家活跃门店，按方案影子价格耗费 {price}，恰在门槛上。",
    ),
    "explain.signed.above": (
        "Signed in {month}. It is worth {worth} active stores at the end of the plan and costs {price} at the plan's "
        "shadow prices, {margin} above the line.",
        "{month}签约。期末值 {worth} 家活跃门店，按方案影子价格耗费 {price}，高出门槛 {margin}。",
    ),
    "explain.signed.below": (
        "Signed in {month}. It is worth {worth} active stores at the end of the plan and costs {price} at the plan's "
        "shadow prices: {margin} below the line, it fills capacity that other stores leave.",
        "{month}签约。期末值 {worth} 家活跃门店，影子价格 {price}，低于门槛 {margin}：利用其他门店余下的产能。",
    ),
    "explain.signed.best": ("No other month suits it better.", "其他月份并不更有利。"),
    "explain.signed.later": (
        "{best_month} would suit it better, but that month's capacity went to stores that gain more by it.",
        "{best_month}对它更有利，但当月产能给了收益更高的门店。",
    ),
    "explain.participant": (
        "In the system since before the plan: it is not signed again, and takes care visits, throughput and capital "
        "from the first month.",
        "方案开始前已在网：不再签约，自首月起占用维护拜访、仓储吞吐与资金。",
    ),
    "explain.uncovered": (
        "Not signed, because no front warehouse reaches it: the nearest is {distance} km away and serves {radius} km. "
        "A radius of {needed} km would cover it.",
        "未签约：没有前置仓可达。最近的仓距 {distance} 公里，服务半径 {radius} 公里；半径扩至 {needed} 公里即可覆盖。",
    ),
    "explain.priced_out": (
        "Not signed. At best, in {best_month}, it is worth {worth} active stores and costs {price}; most of that is "
        "the price of {resource}. It reaches the line when its cost falls by {short}.",
        "未签约。最佳月份 {best_month}值 {worth} 家活跃门店，耗费 {price}，主要是{resource}的价格。"
        "成本下降 {short} 即达门槛。",
    ),
    "explain.at_the_line": (
        "Not signed. It stands at the line: in {best_month} it is worth {worth} active stores, just its price, and "
        "what other stores leave of the capacities does not hold one store more.",
        "未签约，恰在门槛上：{best_month}值 {worth} 家活跃门店，与价格相当，而剩余产能容不下再多一家。",
    ),
    "explain.no_room": (
        "Not signed, because there is no room for it: in {best_month} it is worth {worth} active stores and costs "
        "{price}, but the capacities it needs are taken.",
        "未签约，因为产能已满：{best_month}值 {worth} 家活跃门店，耗费 {price}，但所需产能已被占用。",
    ),
    "explain.excluded": ("Not signed: the plan was asked to leave it out.", "未签约：方案要求排除该店。"),
    "explain.and.promised": ("It is promised.", "该店为承诺签约门店。"),
    "explain.and.costs": (
        "A floor or cap that the plan was asked to keep costs it {price} in its place in line.",
        "方案须满足的下限或上限使其排序降低 {price}。",
    ),
    "explain.and.brings": (
        "A floor or cap that the plan was asked to keep brings it {price} in its place in line.",
        "方案须满足的下限或上限使其排序提高 {price}。",
    ),
    "why.resource.visits": ("field visits", "外勤拜访"),
    "why.resource.volume_m3": ("warehouse throughput", "仓储吞吐"),
    "why.resource.capital_rmb": ("working capital", "营运资金"),
    "why.chart": ("Worth less price, by month of start", "按签约月份的净值（价值减价格）"),
    "why.served": ("Served from {site}, {distance} km", "由 {site} 服务，{distance} 公里"),
    "why.nearest": ("Nearest warehouse {site}, {distance} km", "最近的仓 {site}，{distance} 公里"),
}
