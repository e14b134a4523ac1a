"""Which of our drawings stands for an item without a photo: by what its name or category says."""

from __future__ import annotations

PARCEL = "parcel"
HAND = "hand"
# Each drawing is a symbol of static/img/goods.svg. The first word found decides, so what is
# told more exactly stands first.
_WORDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("umbrella", ("伞", "傘", "umbrella")),
    ("towel", ("毛巾", "towel")),
    ("scissors", ("理发", "理髮", "剪发", "剪髮", "haircut")),
    ("cup", ("杯", "cup", "mug")),
    ("kettle", ("壶", "壺", "锅", "鍋", "电器", "電器", "kettle")),
    ("bottle", ("油", "酱", "醋", "oil")),
    ("detergent", ("洗", "皂", "清洁", "清潔", "detergent", "soap")),
    ("sack", ("米", "面粉", "麵粉", "粮", "糧", "rice", "flour")),
    ("book", ("书", "書", "本", "文具", "book")),
    ("room", ("活动室", "活動室", "场地", "場地", "room")),
    ("wrench", ("维修", "維修", "修理", "疏通", "repair")),
)
DRAWINGS: tuple[str, ...] = (*(name for name, _words in _WORDS), PARCEL, HAND)


def drawing_of(name: str, category: str, kind: str) -> str:
    """Return the name of the drawing for an item: by its name, then its category, then its kind."""
    for said in (name.casefold(), category.casefold()):
        for drawing, words in _WORDS:
            if any(word in said for word in words):
                return drawing
    return HAND if kind == "service" else PARCEL
