"""Pictures made on the spot, sound and unsound ones."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

WIDE = (120, 80)


def noise(size: tuple[int, int] = WIDE) -> Image.Image:
    return Image.effect_noise(size, 60).convert("RGB")


def encoded(image: Image.Image, kind: str = "JPEG", **more: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))
