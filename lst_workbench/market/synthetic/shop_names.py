"""Made-up names of shops: a lucky word and a kind of shop; no person's name and no chain's."""

import numpy as np
import pandas as pd

LUCKY = (
    "兴旺", "福满", "惠民", "便民", "佳美", "永盛", "隆兴", "顺达", "万福", "吉祥", "如意", "新星",
    "金桥", "银河", "东升", "旺源", "富源", "鑫源", "宏达", "利民", "为民", "乐民", "家乐", "好邻居",
    "邻里", "街坊", "和顺", "和谐", "平安", "安康", "百姓", "百货通", "四季", "丰收", "丰盛", "田园",
    "绿野", "清泉", "山水", "江南", "江畔", "桥头", "村口", "路口", "广场", "校园", "朝阳", "晨光",
    "星光", "阳光", "春风", "春晓", "秋实", "长青", "常来", "常乐", "喜来", "双喜", "聚源", "聚福",
)  # fmt: skip
KINDS_OF_SHOP = (
    ("商店", "小卖部", "杂货店", "百货店", "副食店"),
    ("食品店", "副食店", "粮油食品店", "零食店"),
    ("便利店", "便利超市"),
    ("超市", "生活超市", "平价超市"),
    ("小卖部", "售货亭", "烟酒亭"),
)


def shop_names(kind: np.ndarray, rng: np.random.Generator) -> pd.Categorical:
    """Name of each shop, by its kind.

    Parameters
    ----------
    kind : ndarray of int
        Code of the kind of store, as in `contracts.kinds.STORE_KINDS`.
    rng : Generator
        Stream of the names.
    """
    names = [lucky + shop for shops in KINDS_OF_SHOP for shop in shops for lucky in LUCKY]
    width = np.array([len(shops) for shops in KINDS_OF_SHOP])
    first = np.concatenate(([0], np.cumsum(width)[:-1]))
    shop = first[kind] + np.floor(rng.random(len(kind)) * width[kind]).astype(int)
    code = shop * len(LUCKY) + rng.integers(len(LUCKY), size=len(kind))
    distinct, position = np.unique(names, return_inverse=True)  # two kinds share some words
    return pd.Categorical.from_codes(position[code], distinct)
