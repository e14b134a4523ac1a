"""Read a QR from the SVG of a page, module by module, as a phone would: by the standard's rules."""

from __future__ import annotations

import re
from itertools import chain, zip_longest
from typing import Any

from segno import consts

Matrix = list[list[bool]]
MASKS = (
    lambda y, x: (y + x) % 2,
    lambda y, x: y % 2,
    lambda y, x: x % 3,
    lambda y, x: (y + x) % 3,
    lambda y, x: (y // 2 + x // 3) % 2,
    lambda y, x: y * x % 2 + y * x % 3,
    lambda y, x: (y * x % 2 + y * x % 3) % 2,
    lambda y, x: ((y + x) % 2 + y * x % 3) % 2,
)
FORMAT_AT = [*((8, x) for x in (0, 1, 2, 3, 4, 5, 7, 8)), *((y, 8) for y in (7, 5, 4, 3, 2, 1, 0))]
FORMAT_MASK = 0b101010000010010
BYTES = 0b0100


def read_all(page: str) -> list[str]:
    """Return what the QR codes of a page say, in order."""
    return [read(svg) for svg in re.findall(r'<svg[^>]*class="q-qr".*?</svg>', page, re.DOTALL)]


def read(svg: str) -> str:
    """Return the text in one QR; without mending errors, for a screen makes none."""
    dark = _matrix(svg)
    form = _number(dark[y][x] for y, x in FORMAT_AT) ^ FORMAT_MASK
    version = (len(dark) - 17) // 4
    data = _data(_words(dark, MASKS[form >> 10 & 7], version), version, form >> 13)
    bits = "".join(f"{word:08b}" for word in data)
    assert int(bits[:4], 2) == BYTES
    head = 12 if version < 10 else 20
    length = int(bits[4:head], 2)
    text = bits[head : head + 8 * length]
    return bytes(int(text[at : at + 8], 2) for at in range(0, len(text), 8)).decode()


def _matrix(svg: str) -> Matrix:
    """Return the modules that the path of an SVG draws, without the quiet zone."""
    size = int(re.findall(r'viewBox="0 0 (\d+)', svg)[0])
    dark = [[False] * size for _ in range(size)]
    x = y = 0.0
    for step, first, second in re.findall(r"([Mmh])(-?[\d.]+)(?: (-?[\d.]+))?", _path(svg)):
        if step == "h":
            for at in range(int(x), int(x) + int(first)):
                dark[int(y)][at] = True
            x += float(first)
        else:
            x, y = (
                (x if step == "m" else 0) + float(first),
                (y if step == "m" else 0) + float(second),
            )
    return [row[4:-4] for row in dark[4:-4]]


def _path(svg: str) -> str:
    return re.findall(r' d="([^"]+)"', svg)[0]


def _words(dark: Matrix, mask: object, version: int) -> list[int]:
    """Return the codewords: two columns at a time, up and down, from the right."""
    assert callable(mask)
    size, bits, up = len(dark), [], True
    for right in [*range(size - 1, 6, -2), 5, 3, 1]:
        for y in range(size - 1, -1, -1) if up else range(size):
            for x in (right, right - 1):
                if not _is_pattern(y, x, size, version):
                    bits.append(dark[y][x] ^ (mask(y, x) == 0))
        up = not up
    return [_number(bits[at : at + 8]) for at in range(0, len(bits) - 7, 8)]


def _is_pattern(y: int, x: int, size: int, version: int) -> bool:
    corners = (y < 9 and (x < 9 or x >= size - 8)) or (y >= size - 8 and x < 9)
    if corners or 6 in (y, x):
        return True
    if version >= 7 and ((y < 6 and x >= size - 11) or (x < 6 and y >= size - 11)):
        return True
    lines: tuple[int, ...] = tuple(consts.ALIGNMENT_POS[version - 2]) if version > 1 else ()
    last = max(lines, default=0)
    centres: list[tuple[int, int]] = [
        (a, b) for a in lines for b in lines if (a, b) not in ((6, 6), (6, last), (last, 6))
    ]
    return any(abs(y - a) <= 2 and abs(x - b) <= 2 for a, b in centres)


def _data(words: list[int], version: int, level: int) -> list[int]:
    """Return the data of the blocks, which stand one word of each in turn."""
    kinds: Any = consts.ECC[version]
    sizes = [kind.num_data for kind in kinds[level] for _ in range(kind.num_blocks)]
    blocks: list[list[int]] = [[] for _ in sizes]
    turns = zip_longest(*([n] * size for n, size in enumerate(sizes)))
    order: list[int] = [n for n in chain.from_iterable(turns) if n is not None]
    for n, word in zip(order, words, strict=False):
        blocks[n].append(word)
    return list(chain.from_iterable(blocks))


def _number(bits: object) -> int:
    number = 0
    for bit in bits:  # type: ignore[attr-defined]
        number = number * 2 + int(bit)
    return number
