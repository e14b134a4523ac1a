"""The columns and labels of the four sheets, in the words people head them with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from app.sheets.headers import Alternatives, Column

Kind = Literal["roster", "service", "signin", "opening"]


def _column(key: str, words: str, *, required: bool = False, measured: bool = False) -> Column:
    """Return a column by its words, parted by |; the first one names it in messages."""
    return Column(key, tuple(words.split("|")), required, measured)


_NAMES = "姓名|名字|志愿者姓名|志願者姓名|name|volunteer|volunteer name"
_TEAMS = "队伍|志愿队伍|服务队伍|服务队|所属队伍|隊伍|志願隊伍|team|teams"
_DATES = "日期|服务日期|活动日期|服務日期|活動日期|date|service date|activity date"
_NUMBER = _column(
    "number",
    "编号|志愿者编号|志愿者号|編號|志願者編號|volunteer number|volunteer no|volunteer no.|number",
)
_NAME = _column("name", _NAMES)
_PHONE = _column(
    "phone",
    "手机|手机号|手机号码|联系电话|电话|手機|手機號碼|電話|phone|mobile|phone number",
)
_PLACE = _column("place", "地点|活动地点|服务地点|地點|活動地點|服務地點|place|location")
_NOTE = _column("note", "备注|備註|note|notes|remark|remarks")

ROSTER = (
    _NUMBER,
    _column("name", _NAMES, required=True),
    _column("sex", "性别|性別|sex|gender"),
    _column("born_on", "出生日期|出生年月日|生日|birth date|date of birth|born|birthday"),
    _PHONE,
    _column("kind", "类别|人员类别|类型|類別|人員類別|kind|category|type"),
    _column("organisation", "组织|所属组织|社区|組織|所屬組織|社區|organisation|organization"),
    _column("team", _TEAMS),
    _column("role", "职务|队内职务|職務|role|position|duty"),
    _column(
        "joined_on",
        "加入日期|加入时间|入队日期|加入時間|入隊日期|joined|joined on|date joined|join date",
    ),
)

SERVICE = (
    _NUMBER,
    _NAME,
    _PHONE,
    _column("service_on", _DATES, required=True),
    _column("team", _TEAMS, required=True),
    _column(
        "duration",
        "时长|服务时长|小时|分钟|時長|服務時長|小時|分鐘|duration|service duration|hours|minutes",
        measured=True,
    ),
    _column("start", "开始|开始时间|起始时间|開始|開始時間|start|start time|from|begin"),
    _column("end", "结束|结束时间|結束|結束時間|end|end time|until|to"),
    _column(
        "content",
        "内容|活动内容|服务内容|活动|活动名称|內容|活動內容|服務內容|活動|活動名稱|content|activity",
    ),
    _PLACE,
    _NOTE,
    _column("external_id", "外部编号|外部編號|流水号|流水號|external id|external no|reference"),
)

SIGNIN = (
    _NUMBER,
    _NAME,
    _PHONE,
    _column(
        "start",
        "签到|签到时间|到达时间|簽到|簽到時間|sign in|signed in|check in",
        required=True,
    ),
    _column(
        "end",
        "签退|签退时间|离开时间|簽退|簽退時間|sign out|signed out|check out",
        required=True,
    ),
    _NOTE,
)

SIGNIN_LABELS = (
    _column("content", "活动名称|活动主题|活动|活動名稱|活動主題|活動|activity name|activity"),
    _column("service_on", _DATES, required=True),
    _PLACE,
    _column("team", _TEAMS, required=True),
    _column("person_in_charge", "负责人|負責人|person in charge"),
)

OPENING = (
    _NUMBER,
    _NAME,
    _PHONE,
    _column(
        "points",
        "积分|现有积分|剩余积分|可用积分|结余积分|累计积分|積分|現有積分|剩餘積分|可用積分"
        "|points|points balance",
    ),
    _column(
        "duration",
        "时长|累计时长|服务时长|累计服务时长|小时|分钟|時長|累計時長|服務時長|累計服務時長|小時|分鐘"
        "|served time|served hours|served minutes|duration|hours|minutes",
        measured=True,
    ),
    _column(
        "as_of_on",
        "截至日期|截止日期|截至|截至时间|截至日|截至時間|as of|as of date|balance date",
        required=True,
    ),
    _NOTE,
)

COLUMNS: dict[Kind, Sequence[Column]] = {
    "roster": ROSTER,
    "service": SERVICE,
    "signin": SIGNIN,
    "opening": OPENING,
}

_WHO: Alternatives = (("number",), ("name",))
_HOW_LONG: Alternatives = (("duration",), ("start", "end"))
_HOW_MUCH: Alternatives = (("points",), ("duration",))
ALTERNATIVES: dict[Kind, Sequence[Alternatives]] = {
    "roster": (),
    "service": (_WHO, _HOW_LONG),
    "signin": (_WHO,),
    "opening": (_WHO, _HOW_MUCH),
}
