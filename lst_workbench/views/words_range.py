"""Words of shelves, ranges and orders: key to (English, 中文)."""

RANGE: dict[str, tuple[str, str]] = {
    "shelf.title": ("Shelf plan", "货架陈列图"),
    "shelf.level": ("Level {n}", "第 {n} 层"),
    "shelf.room": ("{used} of {n} cm", "已用 {used} / {n} 厘米"),
    "shelf.facings": ("× {n}", "× {n}"),
    "shelf.scale": ("50 cm", "50 厘米"),
    "shelf.moves": ("Move these first", "先调整这些"),
    "shelf.settled": ("The shelf stands as it should: nothing to move.", "货架陈列合理，无需调整。"),
    "shelf.more": ("and {n} smaller moves", "另有 {n} 项较小调整"),
    "shelf.more.one": ("and {n} smaller move", "另有 {n} 项较小调整"),
    "shelf.gain": ("{rmb} a week", "每周 {rmb}"),
    "shelf.move": ("level {old} → {new}", "第 {old} 层 → 第 {new} 层"),
    "shelf.place": ("to level {new}", "放第 {new} 层"),
    "shelf.count": ("{old} → {new} facings", "{old} → {new} 个排面"),
    "shelf.count.new": ("{new} facings", "{new} 个排面"),
    "shelf.note": (
        "Widths to scale; the dashed end of a level is free. Gains are expected margin and hold at these facings.",
        "宽度按比例绘制；虚线处为空位。收益为预计毛利，以此排面数为准。",
    ),
}
