"""Names, numbers and phones: how they are kept, searched for and shown."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from functools import lru_cache
from itertools import islice, product

from app.errors import N_, RuleBroken

NUMBER_DIGITS = 5
LONGEST_NAME = 60
LONGEST_NUMBER = 32
# A name of many characters with many readings has thousands of spellings; the first ones do.
MOST_SPELLINGS = 128
SPELLED_CHARACTERS = 8
OLDEST_BIRTH_YEAR = 1890
# In place of the name of somebody whose data was erased, and of their words; data, as names are.
ERASED_NAME = "已注销"
TAIL_DIGITS = 4
# A Chinese character, a word in letters, or any other letter.
NAME_PARTS = r"[\u3007\u3400-\u9fff\U00020000-\U0003ffff]|[A-Za-z\u00c0-\u024f']+|[^\W_]"
# Read as a surname first where the everyday reading is another.
SURNAMES = {
    "单": "shan", "單": "shan", "曾": "zeng", "仇": "qiu", "查": "zha", "解": "xie", "区": "ou",
    "區": "ou", "任": "ren", "盖": "ge", "蓋": "ge", "朴": "piao", "翟": "zhai", "乐": "yue",
    "樂": "yue", "员": "yun", "員": "yun", "召": "shao", "缪": "miao", "繆": "miao", "宁": "ning",
    "洗": "xian", "冼": "xian", "覃": "qin", "车": "che", "車": "che", "尉": "wei", "种": "chong",
    "秘": "bi", "繁": "po", "句": "gou", "黑": "he", "逄": "pang", "隗": "wei", "长": "chang",
}  # fmt: skip


class NameMissing(RuleBroken):
    code = "missing"
    message = N_("A name is needed, of at most %(longest)s characters.")


class NumberUnfit(RuleBroken):
    code = "bad_number"
    message = N_("A volunteer number has letters, digits, - and _ only, at most %(longest)s.")


class PhoneUnfit(RuleBroken):
    code = "bad_phone"
    message = N_("A mobile number has 11 digits; a landline has its area code.")


class LoginNameUnfit(RuleBroken):
    code = "bad_login"
    message = N_("A login name begins with a letter and has 2 to 40 letters, digits, . _ @ or -.")


class BirthDateUnfit(RuleBroken):
    code = "bad_date"
    message = N_("A birth date lies between 1890 and today.")


def normal_name(given: str) -> str:
    """Return a name as it is kept: no outer, no doubled and no invisible spaces."""
    visible = "".join(c for c in unicodedata.normalize("NFC", given) if c.isprintable() or c == " ")
    name = " ".join(visible.split())
    # 张 三 is 张三; only names in letters keep their spaces.
    if not re.search(r"[A-Za-z\u00c0-\u024f]", name):
        name = name.replace(" ", "")
    if not name or len(name) > LONGEST_NAME:
        raise NameMissing(longest=LONGEST_NAME)
    return name


def typed_number(given: str) -> str:
    """Return what somebody typed as a volunteer number would be kept, for look-ups."""
    return "".join(unicodedata.normalize("NFKC", given).split()).upper()


def typed_account(given: str) -> str:
    """Return what somebody typed at sign-in, however spelled, under one name for counting tries."""
    return typed_phone(given) or typed_number(given)


def normal_number(given: str) -> str:
    """Return a volunteer number as it is kept: half-width, upper case, no spaces."""
    number = typed_number(given)
    if not re.fullmatch(r"[0-9A-Z\u4e00-\u9fff][0-9A-Z\u4e00-\u9fff_-]*", number):
        raise NumberUnfit(longest=LONGEST_NUMBER)
    # Eleven digits are a phone at sign-in, and an identity number must not become a number.
    if len(number) > LONGEST_NUMBER or re.fullmatch(r"1\d{10}|\d{17}[0-9X]", number):
        raise NumberUnfit(longest=LONGEST_NUMBER)
    return number


def typed_phone(given: str) -> str:
    """Return the digits of what somebody typed as a phone, without +86; '' when it is none."""
    digits = re.sub(r"[\s().\-—–]", "", unicodedata.normalize("NFKC", given))
    digits = re.sub(r"^(\+|00)86", "", digits)
    return digits if re.fullmatch(r"[0-9]{7,12}", digits) else ""


def normal_phone(given: str) -> str | None:
    """Return a phone as it is kept, None when there is none."""
    if not given.strip():
        return None
    digits = typed_phone(given)
    if not re.fullmatch(r"1[3-9][0-9]{9}|0[0-9]{9,11}|[2-8][0-9]{6,7}", digits):
        raise PhoneUnfit
    return digits


def normal_login_name(given: str) -> str:
    """Return a login name as it is kept: half-width, lower case; never all digits."""
    name = "".join(unicodedata.normalize("NFKC", given).split()).lower()
    if not re.fullmatch(r"[^\W\d_][\w.@-]{1,39}", name):
        raise LoginNameUnfit
    return name


def checked_birth_date(born_on: date | None, today: date) -> date | None:
    """Return the birth date when a living person could have it."""
    if born_on is not None and not date(OLDEST_BIRTH_YEAR, 1, 1) <= born_on <= today:
        raise BirthDateUnfit
    return born_on


def masked_phone(phone: str | None) -> str:
    """Return a phone as lists show it: 138****0028."""
    if not phone:
        return ""
    head = phone[:3] if len(phone) == 11 else ""
    return f"{head}****{phone[-TAIL_DIGITS:]}"


def phone_tail(phone: str | None) -> str:
    """Return the last four digits, which two people on one list may be told apart by."""
    return (phone or "")[-TAIL_DIGITS:]


def number_tail(number: str | None) -> str:
    """Return the end of a volunteer number, which its owner recognises."""
    return (number or "")[-2:]


@lru_cache(maxsize=8192)
def name_keys(name: str) -> str:
    """Return what a name is searched and sorted by: full pinyin, then first letters.

    Every reading counts (单 is dan, shan and chan); the likeliest comes first, so that a
    list sorted by these keys is sorted by pinyin.
    """
    readings = _readings(name)
    letters = [list(dict.fromkeys(reading[0] for reading in each)) for each in readings]
    return " ".join(dict.fromkeys([*_spellings(readings), *_spellings(letters)]))


def typed_key(text: str) -> str:
    """Return what somebody typed into a search as it would stand among the name keys."""
    folded = unicodedata.normalize("NFKD", text).casefold().replace("ü", "v")
    return "".join(c for c in folded if c.isalnum() and not unicodedata.combining(c))


def _readings(name: str) -> list[list[str]]:
    """Return the readings of each character, or of each word in letters."""
    # Here, because its dictionary takes 57 MB: an import of hours, a ranking, never ask for it.
    from pypinyin import Style, pinyin

    # One by one: inside a word it knows, pypinyin gives one reading only.
    found = [pinyin(part, style=Style.NORMAL, heteronym=True)[0] for part in _parts(name)]
    spelled = [list(dict.fromkeys(filter(None, map(typed_key, each)))) for each in found]
    readings = [each for each in spelled if each][:SPELLED_CHARACTERS]
    surname = SURNAMES.get(name[:1])
    if surname and readings:
        readings[0] = list(dict.fromkeys([surname, *readings[0]]))
    return readings


def _parts(name: str) -> list[str]:
    return re.findall(NAME_PARTS, name)


def _spellings(readings: list[list[str]]) -> list[str]:
    return ["".join(each) for each in islice(product(*readings), MOST_SPELLINGS)]
