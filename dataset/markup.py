"""Take from captions what programs put into them: weights, settings, entities, lists, blanks."""

from __future__ import annotations

import html
import json
import re

from text.tag_lists import strip_weights

_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]\w{1,30});", re.IGNORECASE)
# What AUTOMATIC1111's web UI writes below a prompt: what is not to be drawn, and its settings.
_SETTINGS = re.compile(r"(?ism)\bnegative prompt\s*:.*|^[ \t]*steps: \d+, .*")
# (tag:1.2), tag:0.98, <lora:name:1> and other elements, \(series\)
_MARKED = re.compile(r"\([^()]*:\s*-?\d|:\s*-?\d*\.\d|<[a-z/][^<>]*>|\\[()]", re.IGNORECASE)
# What databases and spreadsheets write into cells without a value.
_MISSING = {"nan", "null", "none", "nil", "n/a", "#n/a", "<na>", "-"}
# Full-width characters and marks of Chinese and Japanese keyboards; characters without a width.
_KEYBOARDS: dict[int, str | None] = {
    **{0xFF01 + n: chr(0x21 + n) for n in range(94)},
    0x3000: " ",
    0x3001: ",",
    **dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF)),
}
_STRING = re.compile(r"'[^'\\]*'|\"[^\"\\]*\"")


def plain_caption(text: str) -> str:
    r"""Return a caption as it was meant, its white space aside; `""` if it stands for none.

    Example:
        >>> plain_caption("(blue hair:1.2), d&#39;artagnan\nNegative prompt: red hair")
        "blue hair, d'artagnan"
        >>> plain_caption("NaN")
        ''
    """
    if is_missing(text):
        return ""
    plain = text if text.isascii() else text.translate(_KEYBOARDS)
    if "&" in plain:
        plain = _ENTITY.sub(lambda match: html.unescape(match[0]), plain)
    plain = plain.replace("\\n", " ")  # a line break that was escaped once too often
    if ":" in plain:
        plain = _SETTINGS.sub("", plain)
    if _MARKED.search(plain):
        plain = re.sub(r"(?<!\s)\s+(?=[,;])", "", strip_weights(plain))
    return plain if plain == text else plain.strip(" \t\r\n,;")


def is_missing(cell: str) -> bool:
    """Return whether a cell says that it has no value."""
    return cell.strip().lower() in _MISSING


def read_list(cell: str) -> list[str] | None:
    r"""Return the strings of a list as Python or JSON writes it into a cell; None if it is none.

    Example:
        >>> read_list("['blue hair', \"d'artagnan\"]")
        ['blue hair', "d'artagnan"]
    """
    cell = cell.strip()
    if not (cell.startswith("[") and cell.endswith("]")):
        return None
    try:
        found = json.loads(cell)
    except (ValueError, RecursionError):
        if _STRING.sub("", cell[1:-1]).strip(", \n"):  # what NumPy writes has no commas
            return None
        return [string[1:-1] for string in _STRING.findall(cell)]
    return found if all(isinstance(text, str) for text in found) else None
