"""How people call the columns of a list of shops."""

import re
import unicodedata

# Header words of each field, lower case without blanks and punctuation; the first that matches wins.
HEADERS = {
    "lat": ("lat", "latitude", "纬度", "纬", "y", "坐标y", "gcjlat", "bdlat", "wgslat", "wgs84lat", "poilat",
            "y坐标"),
    "lon": ("lon", "lng", "long", "longitude", "经度", "经", "x", "坐标x", "gcjlon", "gcjlng", "bdlon", "bdlng",
            "wgslon",
            "wgslng", "wgs84lon", "poilng", "x坐标"),
    "source_id": ("sourceid", "storeid", "shopid", "id", "编号", "门店编号", "门店id", "店铺编号", "店铺id", "门店编码",
                  "商户编号", "code", "storecode", "shopcode", "adcode", "序号", "终端编号", "编码"),
    "name": ("name", "storename", "shopname", "门店名称", "店名", "店铺名称", "名称", "商户名称", "终端名称", "门店",
             "countyzh", "title"),
    "area_m2": ("aream2", "area", "面积", "营业面积", "经营面积", "店铺面积", "门店面积", "面积平方米", "面积m2",
                "sqm", "floorarea", "建筑面积", "使用面积"),
    "store_kind": ("storekind", "kind", "type", "storetype", "类型", "门店类型", "业态", "店铺类型", "类别", "category"),  # noqa: E501
    "participant": ("participant", "insystem", "是否合作", "已加入", "是否加入", "合作", "会员"),
    "joined_month": ("joinedmonth", "joined", "joindate", "加入日期", "加入时间", "合作日期", "签约日期", "注册时间"),
    "updated": ("updated", "updatedat", "lastupdate", "lastupdated", "更新时间", "更新日期", "最后更新", "最近更新",
                "修改时间", "采集时间", "采集日期"),
}  # fmt: skip
# What people put before or after those words: whose it is, from which map, in which unit.
DECORATION = re.compile(
    r"^(?:门店|店铺|商户|网点|客户|终端|地址|地理|位置|高德|百度|腾讯|gps|geo|shop|store|location|address|addr|poi|map|wgs84|wgs"
    r"|gcj02|gcj|bd09|bd|amap|baidu|gaode)|(?:高德|百度|腾讯|地图|坐标|wgs84|wgs|gcj02|gcj|bd09|amap|baidu|gaode|gps|degrees|deg"
    r"|平方米|平米|m2)$"
)
OF_POSITIONS = re.compile("地址|地理|位置|location|address|addr|map|geo|gps")  # of a name they make something else
TOO_SHORT = ("x", "y", "id", "经", "纬", "code", "type", "kind", "area")  # said of other things too, once bare
SIMPLIFIED = str.maketrans(
    "經緯稱號編碼電話證機門鋪類積營業戶聯絡時間區標網點終", "经纬称号编码电话证机门铺类积营业户联络时间区标网点终"
)


def plain_header(header: str) -> str:
    """Lower case, half width, simplified characters, letters and digits only."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", header).casefold()).translate(SIMPLIFIED)


def bare_header(plain: str) -> str:
    """Take off what stands around the word of a field; nothing where too little would be left.

    Examples
    --------
    >>> [bare_header(plain_header(name)) for name in ("高德经度", "lng_wgs84", "客户名称", "纬度误差", "store_type")]
    ['经度', 'lng', '名称', '', '']
    """
    bare = plain
    while (shorter := DECORATION.sub("", bare)) != bare:
        bare = shorter
    if OF_POSITIONS.match(plain) and bare not in (*HEADERS["lat"], *HEADERS["lon"]):
        return ""
    return "" if bare == plain or bare in TOO_SHORT or not any(bare in words for words in HEADERS.values()) else bare
