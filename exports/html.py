"""`--export FILE.html`: a page that draws in the visitor's browser, complete in one file.

`web/` holds its parts: the page, its style and its modules in JavaScript. Everything is put inline,
and a Content-Security-Policy keeps the page from asking anything of anywhere.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
from typing import Any

import numpy as np

from config import ORIGINAL, ROOT, TRUNCATION, WEB, ProjectError, program_version
from exports import operations, ziggurat
from exports.base import Exported, check, load_generator
from exports.card import model_card
from exports.page_text import describe_encoder, describe_menus
from files.pages import load_template
from files.provenance import HASH_DIGITS, Provenance
from sampler import Sampler

ALIGNMENT = 4  # bytes, of each array in the page
TOLERANCE = 2 / 127.5  # two levels of 255, for values in [-1, 1]
_USE = "This page draws them: describe a face above."
# Texts to try, and the facts in them that a model may not have learnt. The first ones are offered.
_EXAMPLES: dict[str, tuple[str, ...]] = {
    "blue hair red eyes": (),
    "a boy with short black hair": ("boy", "short hair"),
    "blonde, green eyes, open mouth": ("open mouth",),
    "silver hair and violet eyes": (),
    "a redhead with brown eyes": (),
    "pink hair": (),
    "blonde, green eyes": (),
}
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const)\b)", re.MULTILINE)


def export(sampler: Sampler) -> Exported:
    """Write the page, after a check that its network draws what the model draws.

    Raises:
        ProjectError: The page cannot hold the model: its encoder is too large or a published one,
            or its generator has a layer that the page cannot run.
    """
    try:
        header = sampler.header
        about, arrays = describe_encoder(sampler.encoder, header.shown, header.lots)
        arrays |= ziggurat.tables()
        generator = load_generator(sampler)
        steps = operations.list_operations(generator)
        texts = [f"{colour} hair" for colour in ("black", "blonde", "blue", "red")]
        vectors, (noise,) = sampler.prepare(texts, [(0, k) for k in range(len(texts))])
        inputs = {"noise": noise, "text": vectors}
        operations.check(steps, generator, inputs)
        steps = operations.in_half_precision(steps, inputs)
    except ProjectError as error:
        raise ProjectError(f"{sampler.path} cannot become a page: {error}.") from error

    def draw(noise: np.ndarray, text: np.ndarray) -> np.ndarray:
        return operations.run(steps, {"noise": noise, "text": text})[steps[-1].output]

    note = check(sampler, generator, draw, TOLERANCE)
    listed = []
    for step in steps:
        names = [f"{step.output}.{number}" for number in range(len(step.arrays))]
        arrays |= dict(zip(names, step.arrays, strict=True))
        listed.append(step.to_dict(names))
    places, weights = pack(arrays)
    config = sampler.header.model
    model = {
        "size": config.size,
        "noise": config.noise,
        "uniform": config.recipe == ORIGINAL,
        "truncation": TRUNCATION,
        "texts": _file_texts(sampler),
        "operations": listed,
        "arrays": places,
        "encoder": about,
    }
    menus = describe_menus(sampler.encoder, sampler.header.shown)
    about_model = f"{sampler.path.name} · {program_version()}"
    text = page(model, weights, model_card(sampler, _USE), about=about_model, **menus)
    return Exported(text.encode(), [note])


def choose_examples(choices: dict[str, list[str]], count: int = 5) -> list[str]:
    """Return texts to try, of which a model can draw everything.

    Args:
        choices: What it learnt besides colours, by attribute.
        count: How many.
    """
    learnt = set(itertools.chain(*choices.values()))
    return [text for text, facts in _EXAMPLES.items() if learnt.issuperset(facts)][:count]


class _Blank(str):
    """The place of a value that only the page knows, however it is formatted."""

    def __format__(self, spec: str) -> str:
        return str(self)


def _file_texts(sampler: Sampler) -> dict[str, str]:
    """Return the texts of a face's file, with the places of what differs from face to face."""
    values: dict[str, Any] = {name: _Blank(f"{{{name}}}") for name in ("seed", "j", "truncation")}
    return Provenance(
        description=_Blank("{text}"),
        i=1,
        model=sampler.path.name,
        model_hash=sampler.fingerprint[:HASH_DIGITS],
        encoder_hash=sampler.encoder.fingerprint[:HASH_DIGITS],
        version=program_version(),
        **values,
    ).metadata(sampler.header.model.size)


def pack(arrays: dict[str, np.ndarray]) -> tuple[list[dict[str, Any]], bytes]:
    """Put arrays one behind the other, little-endian, in half or single precision as they are.

    Returns:
        Where each lies: name, number of values, whether in half precision, offset in bytes. And
        the bytes.
    """
    places = []
    data = bytearray()
    for name, array in arrays.items():
        half = array.dtype == np.float16
        place = {"name": name, "size": array.size, "half": half, "offset": len(data)}
        places.append(place)
        data += array.astype("<f2" if half else "<f4").tobytes()
        data += bytes(-len(data) % ALIGNMENT)
    return places, bytes(data)


def page(model: dict[str, Any], weights: bytes, card: str, **parts: Any) -> str:
    """Return the page of a model.

    Args:
        model: What the scripts read of it.
        weights: From `pack`.
        card: What visitors are told of the model, in Markdown.
        parts: What else `web/page.html.jinja` shows.
    """
    script, style = bundle("page"), read("style.css")
    sources = {"script-src": script, "style-src": style}
    policy = [
        "default-src 'none'",
        *(f"{kind} 'sha256-{_digest(text)}'" for kind, text in sources.items()),
        "worker-src blob:",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    return load_template(WEB / "page.html.jinja").render(
        policy="; ".join(policy),
        style=style,
        script=script,
        worker=bundle("worker"),
        # A "<" in the data could end their element.
        model=json.dumps(model, separators=(",", ":")).replace("<", "\\u003c"),
        weights=base64.b64encode(weights).decode(),
        card=_to_html(card),
        licence=(ROOT / "LICENSE").read_text(encoding="utf-8"),
        examples=choose_examples(parts["choices"]),
        **parts,
    )


def _to_html(markdown: str) -> str:
    """Return Markdown as HTML, as text where it links or shows images: nothing leads out of a page.

    HTML in it is escaped.
    """
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(markdown)
    for token in tokens:
        if token.type.startswith("heading_"):  # below the headings of the page
            token.tag = f"h{min(int(token.tag[1:]) + 2, 6)}"
        for child in token.children or []:
            if child.type in ("link_open", "link_close"):
                child.hidden = True
            elif child.type == "image":
                child.type = "text"
    return parser.renderer.render(tokens, parser.options, {})


def bundle(name: str) -> str:
    """Return a module of `web/` with all that it imports, as one script.

    Args:
        name: The module's, without `.js`.
    """
    sources: dict[str, str] = {}

    def add(name: str) -> None:
        source = read(f"{name}.js")
        for needed in _IMPORT.findall(source):
            if needed not in sources:
                add(needed)
        sources[name] = _EXPORT.sub("", _IMPORT.sub("", source))

    add(name)
    return "\n".join(["", *sources.values()])


def read(name: str) -> str:
    """Read a part of the page."""
    return (WEB / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
