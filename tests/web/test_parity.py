"""What the page computes is what Python computes: noise, words, vectors, readings, pixels."""

import random

import numpy as np
import pytest

from exports import html, operations
from exports.base import load_generator
from exports.page_text import describe_encoder
from sampler import Sampler
from text.attributes import VALUES
from text.descriptions import clean_description
from text.explanations import explain, read_facts
from text.shown import to_draw
from text.variations import variations
from tools.encoder_probe import labelled_texts

LEVELS = 2  # of 255, that a pixel may differ by
TEXTS = 500  # of all kinds
ODD = [
    *("青い髪、赤い目", "cheveux bleus, yeux rouges", "Ёжик с синими волосами", "नीले बाल"),
    *("IŞIK İstanbul ΣΊΣΥΦΟΣ", "ﬁne ﬂuffy ½ ² Ⅷ hair", "𝔅𝔩𝔲𝔢 hair", "😀 blue hair 🎨"),
    *("<b>blue hair</b><script>alert(1)</script>", "&lt; red eyes &amp;", "constructor __proto__"),
    *("don't want red eyes, isn't blonde", "she’s got green eyes", "a-b_c--d", "... a", "?! 1"),
    *("blue\u00a0hair\u3000red\u200beyes\ufeff", "hair " * 300, "x" * 1_500, "bluehair redeyes"),
    *("a\u0301 e\u0301 naïve café", "12:30 10.5 1,000", "no hair no eyes", "platinum silver hair"),
    *("anything but blue hair, other than red eyes", "silver hair gray eyes", "leave out the hat"),
    *("do not forget her red eyes, not blonde", "not only blue hair, no doubt without red eyes"),
    *("dark blue hair ribbon, red hair", "pink and dark blue hair", "her eyes are red and blue"),
    *("no red, dark blue, or teal eyes", "neither red nor pink hair", "red or blue hair, or not"),
    *("blue eyes instead of red, not very long red hair", "don't make her hair pink or purple"),
    *("blue hair? no, pink", "I hate red eyes", "don't draw red eyes, draw green ones"),
    *("bangs, no fringe", "side-swept bangs and red eyes, 2girls", "hat red, hair blue", "et teal"),
    *(
        "pink, solo, twintails, blue",
        "blue/pink hair & eyes",
        "not pink",
        "castle, smile, no smile",
    ),
    *("long hair and a short red skirt, a red rose", "the bow in her hair is red", "frills, hazel"),
    *("half pink, half blue", "choker: no", "eyes open, mouth closed", "snow hair with a bow"),
    *(
        "he has red hair",
        "hair & eyes: red",
        "ruby has black hair",
        "hair: long, silver, smile: no",
        "a man, not a boy, red hair",
        "-red_eyes; -Hat,-2, -ſ, 1man, snow white with black hair, eyes of the sea, -",
        "pink hair -choker -b, neck bow, eyes not closed, he grins",
        "nobody has red hair, hers is teal",
    ),
    "night, a girl with long pink hair, moon, red dress, solo, sky, big smile, hair between eyes",
    *("scarf, choker, red lips, blue eyes like the sea", ", ".join(["big wall"] * 14)),
    *("hair: red and black eyes", "a and b hair and red and blue and green eyes", "and and hair"),
]
TAGS = [tag for value in VALUES.values() for tag in (*value.tags, *value.nouns, *value.doing)]
COLOURS = ("blue", "red", "silver", "teal", "jet", "black", "strawberry", "blonde", "dark")
LETTERS = "abc blue red hair eyes no not ,.:;'’-_()[]{}<>\\/|&=!?–—ÀßĲŉǅΐᾳ①²½٣३\u0345\u0307ıİſ"


def misspelt(text: str, rng: random.Random) -> str:
    letters = list(text)
    for _ in range(rng.randint(1, 3)):
        place = rng.randrange(len(letters))
        letters[place : place + rng.randint(0, 1)] = rng.choice(["", "e", "s", " ", "xy"])
        letters = letters or ["a"]
    return "".join(letters)


def tag(rng: random.Random) -> str:
    """A tag of any kind: a value, a denial, colours of something, or what other programs write."""
    colours = " ".join(rng.sample(COLOURS, rng.randint(1, 2)))
    other = ["solo", "(blue hair:1.2)", "[red eyes]", "<lora:x:0.8>", "hair: blue", "{{smile}}"]
    thing = rng.choice(["hair", "eyes", "hair ribbon", "blonde", "ponytail", "girl", "black hair"])
    denial = rng.choice(["no", "not wearing", "without", "does not have"])
    value = rng.choice(TAGS).replace("{her}", "his")
    return rng.choice([value, value, f"{denial} {value}", f"{colours} {thing}", rng.choice(other)])


def texts_of_all_kinds(count: int) -> list[str]:
    rng = random.Random(0)
    said = [text for text, _ in labelled_texts(count // 4, 0)]
    texts = [*ODD, *said, *(misspelt(text, rng) for text in said)]
    texts += [", ".join(tag(rng) for _ in range(rng.randint(1, 30))) for _ in range(count // 5)]
    texts += [" ".join(tag(rng).replace(" ", "_") for _ in range(4)) for _ in range(count // 20)]
    while len(texts) < count:
        texts.append("a" + "".join(rng.choice(LETTERS) for _ in range(rng.randint(1, 60))))
    return [text[:2_000] for text in texts]


@pytest.fixture(params=["small", "shipped"])
def either(request) -> tuple[Sampler, bytes]:
    """A model that hears facts, or the one that ships; and its page."""
    return request.getfixturevalue(request.param), request.getfixturevalue(f"{request.param}_page")


def test_the_same_seed_gives_the_same_noise(engine, small_page):
    seeds = [(7919 * k, k % 5, k) for k in range(400)] + [(2**32 - 1, 2**32 - 1, 2**32 - 1), (0,)]
    script = """(seed) => {
        const random = new Random(seed, engine.arrays);
        const normal = Array.from({ length: 101 }, () => random.normal());
        return [...normal, random.uniform(), random.uniform()];
    }"""
    for seed, found in zip(seeds, engine(small_page).map(script, seeds), strict=True):
        generator = np.random.default_rng(seed)
        noise = generator.standard_normal((1, 101), np.float32)[0]
        # Beyond the last layer of the ziggurat, NumPy takes the logarithm of the C library.
        tail = np.abs(noise) > 3.654
        np.testing.assert_array_equal(np.array(found[:101])[~tail], noise[~tail], str(seed))
        np.testing.assert_allclose(np.array(found[:101])[tail], noise[tail], rtol=3e-7)
        assert found[101:] == [*generator.random(2)], seed


def test_texts_are_read_alike(engine, either):
    sampler, page = either
    encoder, shown, lots = sampler.encoder, sampler.header.shown, sampler.header.lots
    numbers = [(0.3 + 0.4 * k) % 1 for k in range(len(lots))]
    texts = texts_of_all_kinds(TEXTS)
    script = """(given) => {
        const text = clean(given, engine.encoder.about.tables);
        const { words, mended, unknown } = engine.encoder.reader.read(text);
        const numbers = %s;
        return {
            text, words, mended: [...mended], unknown,
            vector: [...engine.encoder.encode(text)],
            explained: engine.encoder.explain(text).join("; "),
            drawn: engine.encoder.toDraw(text, () => numbers.shift()),
            varied: engine.encoder.vary(engine.encoder.facts(text), "hair", "pink hair"),
        };
    }"""
    found = engine(page).map(script % numbers, texts)
    cleaned = [clean_description(text) for text in texts]
    vectors = encoder.encode(cleaned)
    explained = explain(encoder, cleaned, shown)
    assert len({*explained}) > TEXTS / 3, "the readings differ from each other"
    for k, (text, result) in enumerate(zip(cleaned, found, strict=True)):
        words, mended, unknown = encoder.read(text)
        assert result["text"] == text
        assert result["words"] == words, text
        assert [*map(tuple, result["mended"])] == [*mended.items()], text
        assert result["unknown"] == unknown, text
        np.testing.assert_allclose(result["vector"], vectors[k], atol=1e-4, err_msg=text)
        assert result["explained"] == explained[k], text
        (varied,) = variations(encoder, text, "hair", ("pink hair",), shown)[:1]
        assert result["varied"] == varied.text
        if encoder.probe:
            (facts,) = read_facts(encoder, [text])
            text = to_draw(facts, shown, lots, numbers) or text
        assert result["drawn"] == text


def test_texts_that_python_refuses_are_refused(engine, small_page):
    texts = ["", " ", "?!", "\x00 a", "\x07", "a" * 2_001, "😀", "_ _", "a" * 2_000, "٣"]
    script = "(t) => { try { clean(t, engine.encoder.about.tables); } catch { return true; } }"
    refused: list[bool | None] = []
    for text in texts:
        try:
            clean_description(text)
        except ValueError:
            refused.append(True)
        else:
            refused.append(None)
    assert engine(small_page).map(script, texts) == refused and {*refused} == {True, None}


def compare_pixels(engine, sampler: Sampler, page: bytes, count: int) -> None:
    """Check that faces of random texts and seeds have the same pixels."""
    rng = random.Random(1)
    texts = [clean_description(text) for text in texts_of_all_kinds(count)]
    seeds = [rng.randrange(2**32) for _ in texts]
    truncations = [rng.choice([1, 0.85, 0.7123, 0]) for _ in texts]
    drawings = [
        {"face": {"text": text, "seed": seed, "j": k, "truncation": truncation}}
        for k, (text, seed, truncation) in enumerate(zip(texts, seeds, truncations, strict=True), 1)
    ]
    script = "(drawing) => [...engine.draw(drawing)]"
    runner = engine(page)
    found = [np.array(runner.map(script, [each])[0]) for each in drawings]
    size = sampler.header.model.size
    worst = 0
    for k, pixels in enumerate(found):
        noise_seed = [(seeds[k], 1, k + 1)]
        (wanted,) = sampler.sample([texts[k]], noise_seed, truncations[k], tries=1)
        rgb = pixels.reshape(size, size, 4)[:, :, :3]
        worst = max(worst, int(np.abs(rgb - wanted.astype(int)).max()))
    assert worst <= LEVELS


def test_the_shipped_model_draws_the_same_faces(engine, shipped, shipped_page):
    compare_pixels(engine, shipped, shipped_page, 200)


@pytest.mark.parametrize(
    "settings",
    [
        {"size": 32},
        {"size": 80, "width": 5},  # sides that are odd or no multiple of a tile
        {"size": 64, "residual": True},
        {"size": 48, "recipe": "original"},
    ],
    ids=str,
)
def test_every_recipe_and_size_draws_the_same_faces(engine, make_model, settings):
    model = make_model(**settings)
    compare_pixels(engine, model, html.export(model).data, 40)


def test_a_layer_that_differs_is_named(small):
    generator = load_generator(small)
    steps = operations.list_operations(generator)
    vectors, (noise,) = small.prepare(["blue hair", "red eyes"], [(0, 1), (0, 2)])
    inputs = {"noise": noise, "text": vectors}
    operations.check(steps, generator, inputs)
    layer = generator.get_layer("up0")
    layer.set_weights([2 * weight for weight in layer.get_weights()])
    with pytest.raises(html.ProjectError, match=r"its layer up0 cannot be copied: it differs by 5"):
        operations.check(steps, generator, inputs)


def test_a_layer_that_the_page_cannot_run_is_named():
    import keras

    x = keras.Input((8,), name="noise")
    model = keras.Model(x, keras.layers.Softmax(name="share")(x))
    with pytest.raises(html.ProjectError, match=r"cannot run its layer share \(Softmax\)"):
        operations.list_operations(model)
    model = keras.Model(x, keras.layers.Dense(2, activation="gelu", name="curve")(x))
    with pytest.raises(html.ProjectError, match="cannot run the activation gelu of layer curve"):
        operations.list_operations(model)


def test_weights_stay_in_single_precision_where_half_would_show(small):
    generator = load_generator(small)
    steps = operations.list_operations(generator)
    vectors, (noise,) = small.prepare(["blue hair"] * 60, [(0, k) for k in range(60)])
    inputs = {"noise": noise, "text": vectors}

    def kinds(inputs: dict[str, np.ndarray]) -> set[str]:
        halved = operations.in_half_precision(steps, inputs)
        return {str(a.dtype) for step in halved for a in step.arrays if a.ndim > 1}

    assert kinds(inputs) == {"float16"}
    assert kinds({name: 300 * array for name, array in inputs.items()}) == {"float32"}


def test_encoders_that_no_page_can_hold_are_refused(published, shipped, monkeypatch):
    with pytest.raises(html.ProjectError, match="is a published one, whose words NLTK splits"):
        describe_encoder(published, {}, {})
    monkeypatch.setattr("exports.page_text.LARGEST", 100_000)
    with pytest.raises(html.ProjectError, match=r"has 1 MB, and a page should have less than 0"):
        describe_encoder(shipped.encoder, {}, {})
