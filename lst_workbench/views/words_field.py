"""Words of the field and of co-branded stores: key to (English, 中文)."""

FIELD: dict[str, tuple[str, str]] = {
    "beats.rep": ("rep {n}", "代表 {n}"),
    "beats.title": ("Beats", "责任片区"),
    "beats.legend": ("stores of a rep, and the days of week {n}", "代表负责的门店及第 {n} 周路线"),
}
