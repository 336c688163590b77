"""Fonts for labels in any script."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterator

from PIL import ImageFont, features

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

# Fonts of many letters, by the names they have on Linux, Windows and macOS; Pillow finds them in
# the system's folders. None ships with the program: the default font has English letters only.
_FONTS = (
    *("DejaVuSans.ttf", "NotoSans-Regular.ttf", "NotoSansCJK-Regular.ttc", "wqy-microhei.ttc"),
    *("segoeui.ttf", "YuGothM.ttc", "msgothic.ttc", "msyh.ttc", "malgun.ttf", "arial.ttf"),
    *("Arial Unicode.ttf", "Hiragino Sans GB.ttc", "AppleSDGothicNeo.ttc", "Geneva.ttf"),
)
_NO_CHARACTER = "\U0010ffff"  # never assigned: drawn as the box of a missing letter
_FROM_RIGHT_TO_LEFT = {"R", "AL"}


def legible(text: str, size: int) -> tuple[str, Font]:
    r"""Return a text that can be drawn, and the font to draw it in.

    Args:
        text: One line.
        size: Height of the font in px.

    Returns:
        The text as it is and the first font that has all of its letters. If no font has them, the
        one that has the most; letters that it lacks are escaped, as in `\u9752`.
    """
    letters = {letter for letter in text if not letter.isspace()}
    best, fewest = _default(size), letters
    for font in _fonts(size):
        missing = {letter for letter in letters if not _draws(font, letter)}
        if len(missing) < len(fewest) or not missing:
            best, fewest = font, missing
        if not missing:
            break
    escaped = (c.encode("unicode_escape").decode() if c in fewest else c for c in text)
    return "".join(escaped), best


def _fonts(size: int) -> Iterator[Font]:
    yield _default(size)
    for name in _FONTS:
        if font := _open(name, size):
            yield font


@functools.cache
def _default(size: int) -> Font:
    return ImageFont.load_default(size)


@functools.cache
def _open(name: str, size: int) -> Font | None:
    try:
        return ImageFont.truetype(name, size)
    except OSError:
        return None


@functools.lru_cache(10_000)
def _draws(font: Font, letter: str) -> bool:
    """Return whether a font has a letter, and Pillow can set it in its place."""
    if unicodedata.bidirectional(letter) in _FROM_RIGHT_TO_LEFT and not features.check("raqm"):
        return False
    mask, missing = font.getmask(letter), font.getmask(_NO_CHARACTER)
    return (mask.size, bytes(mask)) != (missing.size, bytes(missing))
