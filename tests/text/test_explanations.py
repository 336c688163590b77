"""How descriptions were understood, and what of them a model can draw."""

import numpy as np
import pytest

from config import TEXT_ENCODER
from skipthoughts_encoder import load_encoder
from text.attributes import CHOICES, FACTS, as_tags
from text.colours import EYE_COLOURS
from text.explanations import explain, read_facts


@pytest.fixture(scope="module")
def shipped_encoder():
    """Return the encoder of the shipped model."""
    return load_encoder(TEXT_ENCODER)


SHOWN = dict.fromkeys(
    ("blue hair", "pink hair", "gray hair", "red eyes", "green eyes", "long hair", "smile"), 500
)
SHOWN |= {"hat": 20, "glasses": 19, "freckles": 0}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("red eyes, blue hair", "hair: blue, eyes: red"),
        ("smile", "hair: any, eyes: any, smile"),
        ("long hair and a smile, no hat", "hair: any, eyes: any, long hair, smile; not: hat"),
        ("no red eyes, no green eyes", "hair: any, eyes: any but green and red"),
        ("green eyes, no red eyes", "hair: any, eyes: green"),
        (
            "blue hair, glasses, no freckles, cyborg",
            "hair: blue, eyes: any; no effect in this model: no freckles, glasses, cyborg",
        ),
        (
            "pink hair, multicolored hair, heterochromia",
            "hair: pink, eyes: any; "
            "no effect in this model: multicolored hair (pink is drawn), heterochromia",
        ),
        ("no horns", "hair: any, eyes: any; no effect in this model: no horns"),
        ("blue hiar gren eyes", "hair: blue, eyes: green; hiar read as hair; gren read as green"),
        (
            "silver hair",
            "hair: gray, eyes: any; the faces have no silver hair, the nearest is gray",
        ),
        (
            "qué linda",
            "hair: any, eyes: any; not understood: qué, linda; the model reads English, no names",
        ),
        ("qué blue hair", "hair: blue, eyes: any; not understood: qué"),
    ],
)  # fmt: skip
def test_a_text_is_explained_by_its_facts(fact_encoder, text, line):
    assert explain(fact_encoder("cyborg"), [text], SHOWN) == [line]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("her hair is long and blue", "hair: blue, eyes: any, long hair"),
        ("her eyes are big and green", "hair: any, eyes: green"),
        ("girl with red lips", "hair: any, eyes: any"),
        ("her lips are red and her eyes are green", "hair: any, eyes: green"),
        ("red dress", "hair: any, eyes: any"),
        ("a red rose", "hair: any, eyes: any"),
        ("grey old man", "hair: any, eyes: any"),
        ("red eyes glowing in the dark", "hair: any, eyes: red"),
        ("eyes of fire and hair like snow", "hair: white, eyes: any"),
        ("neither blue nor green eyes", "hair: any, eyes: any but blue and green"),
        ("no pink, blue or red hair", "hair: any but blue and pink and red, eyes: any"),
        ("her hair is neither red nor blue", "hair: any but blue and red, eyes: any"),
        ("green eyed brunette", "hair: brown, eyes: green"),
        ("no red hair, no blue hair, no green hair, no pink hair", "hair: any but blue and green"),
        ("a redhead", "hair: red, eyes: any"),
        ("golden locks, teal gaze", "hair: blonde, eyes: aqua"),
        ("aqua black", "hair: aqua, eyes: black"),
        ("blue hair and eyes", "hair: blue, eyes: blue"),
        ("not blonde", "hair: any but blonde, eyes: any"),
        ("bangs", "hair: any, eyes: any, blunt bangs"),
        ("a girl with bangs and red eyes", "hair: any, eyes: red, blunt bangs, girl"),
        ("side-swept bangs", "hair: any, eyes: any"),
        ("boys", "hair: any, eyes: any, boy"),
        ("two girls", "hair: any, eyes: any, girl"),
        ("et", "hair: any, eyes: any"),
        ("red lips, blue hair", "hair: blue, eyes: any"),
        ("hat red, hair blue", "hair: blue, eyes: any, hat"),
        ("the ribbon is red and the hair blue", "hair: blue, eyes: any, hair ribbon"),
        ("pink, smile", "hair: pink, eyes: any, smile"),
        ("smile, pink, choker, blue", "hair: pink, eyes: blue, smile, choker"),
        ("teal, solo, smile, looking at viewer, sky, upper body, bangs", "hair: aqua, eyes: any"),
        ("blue/pink hair", "hair: blue, eyes: any, multicolored hair"),
        ("(blue & pink hair:1.2)", "hair: blue, eyes: any, multicolored hair"),
        ("pink, twintails, long hair", "hair: pink, eyes: any, long hair, twintails"),
        ("no pink", "hair: any but pink, eyes: any"),
        ("blue sky", "hair: any, eyes: any"),
        ("he has pink hair", "hair: pink, eyes: any, boy"),
        ("a girl likes his car, red hair", "hair: red, eyes: any, girl"),
        ("Ruby has black hair", "hair: black, eyes: any"),
        ("both her hair and her eyes are red", "hair: red, eyes: red"),
        ("Hair: long, silver / Eyes: red", "hair: gray, eyes: red, long hair"),
        ("red rose, black hair", "hair: black, eyes: any"),
        ("black hair with a red bow", "hair: black, eyes: any, hair ribbon"),
        ("blonde girl in a long red dress", "hair: blonde, eyes: any, girl"),
        ("a boy with red lips", "hair: any, eyes: any, boy"),
        ("blue hair & eyes", "hair: blue, eyes: blue"),
        ("skin: pale, hair: black", "hair: black, eyes: any, pale skin"),
        ("eyelashes, frills, parted lips", "hair: any, eyes: any"),
        ("buzz cut", "hair: any, eyes: any"),
        ("bangs red eyes", "hair: any, eyes: red, blunt bangs"),
        ("Scarlet, a girl with blue hair", "hair: blue, eyes: any"),
        ("Ruby Rose with long black hair", "hair: black, eyes: any, long hair"),
        ("red with blue eyes", "hair: red, eyes: blue"),
        ("a witch with eyes of the deepest green and black hair", "hair: black, eyes: green"),
        ("ribbons of red and her hair is black", "hair: black, eyes: any, hair ribbon"),
        ("brown hair, eyes without any red in them", "hair: brown, eyes: any but red"),
        ("her eyes aren't blue, and her hair is never black", "hair: any but black, eyes: any but"),
        ("1girl, -red_eyes, blonde, -long hair", "hair: blonde, eyes: any but red"),
        ("blue-haired - green eyes", "hair: blue, eyes: green"),
        ("long ago she had red hair", "hair: red, eyes: any"),
        ("1man, red hair", "hair: red, eyes: any, man"),
        ("Nobody here has red hair; hers is blue", "hair: blue, eyes: any"),
        ("none of her hair is red", "hair: any but red, eyes: any"),
        ("her hair used to be brown but now it is pink", "hair: pink, eyes: any"),
        ("she used to be blonde, but now she has blue hair", "hair: blue, eyes: any"),
        ("she used to have red hair but now it is blue", "hair: blue, eyes: any"),
        ("her hair used to be brown but it's pink now", "hair: pink, eyes: any"),
        ("Her hair, once brown, is now pink. Her eyes stayed red.", "hair: pink, eyes: red"),
        ("the once-blonde girl now has purple hair", "hair: purple, eyes: any, girl"),
        ("formerly black-haired, now a pink-haired idol", "hair: pink, eyes: any"),
        ("I thought her eyes were brown, but they are actually green", "hair: any, eyes: green"),
        ("her eyes turned from blue to red", "hair: any, eyes: red"),
        ("he dyed his brown hair green", "hair: green, eyes: any, boy"),
        ("hair black, really blue eyes", "hair: black, eyes: blue"),
        ("dyed red hair green eyes", "hair: red, eyes: green"),
        ("her once red eyes are now blue", "hair: any, eyes: blue"),
        ("formerly green eyes, now red", "hair: any, eyes: red"),
        ("previously red-haired, now with blue eyes", "hair: red, eyes: blue"),
        ("once blonde, she now has red hair", "hair: red, eyes: any"),
        ("I see why not everyone has blue hair", "hair: any but blue, eyes: any"),
        ("eyes that aren't open", "hair: any, eyes: any, closed eyes"),
        ("long blonde hair, eyes half closed", "hair: blonde, eyes: any, long hair, narrow eyes"),
        ("instead of blue eyes, she has red ones", "hair: any, eyes: red"),
        ("why not give her red eyes?", "hair: any, eyes: red"),
        ("why don't you draw red eyes?", "hair: any, eyes: red"),
        ("blonde-to-pink ombre hair", "hair: blonde, eyes: any, multicolored hair"),
        ("eyes half shut", "hair: any, eyes: any, narrow eyes"),
        ("eyes like rubies, looooong hair, grinning", "hair: any, eyes: red, long hair, smile"),
        ("eyes are mismatched, one gold and one brown", "hair: any, eyes: yellow, heterochromia"),
        ("red pupils, a boy grins", "hair: any, eyes: red, smile, boy"),
        ("a bow on her dress", "hair: any, eyes: any"),
        ("a bow on her head", "hair: any, eyes: any, hair ribbon"),
    ],
)
def test_colours_are_those_that_the_words_give_to_hair_and_eyes(shipped_encoder, text, line):
    assert explain(shipped_encoder, [text], {})[0].split(";")[0].startswith(line)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("castle", "hair: any, eyes: any; no effect in this model: castle"),
        ("Castle, blue hair, hat", "hair: blue, eyes: any, hat; no effect in this model: Castle"),
        ("no castle, please", "hair: any, eyes: any; no effect in this model: no castle, please"),
        (
            "short hair, long hair",
            "hair: any, eyes: any, short hair; no effect in this model: long hair",
        ),
        ("blue hair, /, !, smile", "hair: blue, eyes: any, smile"),
        ("glasses, hat", "hair: any, eyes: any, hat; no effect in this model: glasses"),
        ("scarf, choker", "hair: any, eyes: any, choker, scarf"),
        ("no fringe", "hair: any, eyes: any; not: blunt bangs"),
        ("smile-free, pink hair -choker", "hair: pink, eyes: any; not: smile, choker"),
        ("neck ribbon, red hair", "hair: red, eyes: any; no effect in this model: neck ribbon"),
        ("skip the choker, her eyes not closed", "hair: any, eyes: any; not: closed eyes, choker"),
        ("a guy", "hair: any, eyes: any, boy"),
        ("a girl", "hair: any, eyes: any"),
        ("no girl", "hair: any, eyes: any; no effect in this model: no girl"),
        ("Her hair is long, it’s blue.", "hair: blue, eyes: any, long hair"),
        ("red hair, grass", "hair: red, eyes: any; no effect in this model: grass"),
        ("her eyes aren't closed, red hair", "hair: red, eyes: any; not: closed eyes"),
        (
            "green eyes, eyes like the sea",
            "hair: any, eyes: green; no effect in this model: eyes like the sea",
        ),
        ("hatsune miku", "hair: any, eyes: any; not understood: hatsune, miku; the model reads"),
        (
            ", ".join(f"{colour} wall" for colour in (*EYE_COLOURS, "gray", "teal", "lime") * 2),
            "hair: any, eyes: any; no effect in this model: "
            + ", ".join(f"{colour} wall" for colour in (*EYE_COLOURS, "gray", "teal"))
            + ", 1 more",
        ),
    ],
)
def test_what_would_be_lost_is_told(shipped_encoder, text, line):
    shown = dict.fromkeys(FACTS, 90) | {"glasses": 0, "man": 0, "girl": 0}
    told = explain(shipped_encoder, [text], shown)[0]
    assert told.startswith(line)
    assert "effect" in line or "effect" not in told


def test_words_between_alternatives_are_understood_where_all_are_denied(shipped_encoder):
    texts = ["no pink or blue hair", "neither pink nor blue hair", "red or blue hair"]
    assert explain(shipped_encoder, texts, {}) == [
        *["hair: any but blue and pink, eyes: any"] * 2,
        "hair: red, eyes: any; not understood: or",
    ]


@pytest.mark.parametrize(
    ("phrase", "facts"),
    [
        ("a beautiful girl with long pink hair", {"pink hair", "long hair", "girl"}),
        ("cute boy with blue hair and green eyes", {"boy", "blue hair", "green eyes"}),
        ("pink haired girl", {"pink hair", "girl"}),
        ("long messy brown hair", {"brown hair", "long hair"}),
        ("a girl wearing a choker", {"choker", "girl"}),
        ("smiling girl", {"smile", "girl"}),
        ("hair: short black", {"black hair", "short hair"}),
    ],
)
def test_phrases_of_long_lists_are_read(shipped_encoder, phrase, facts):
    around = ["masterpiece", "best quality", "red dress", "night", "moon", "yellow sky", "solo"]
    for place in (0, 3, 7):
        text = ", ".join([*around[:place], phrase, *around[place:]])
        (found,) = read_facts(shipped_encoder, [text])
        assert {name for name, stated in found.items() if stated} == facts


@pytest.mark.parametrize("length", [3, 6, 10])
def test_lists_are_read_tag_by_tag(shipped_encoder, length):
    """A vector alone loses some of more than five facts."""
    random = np.random.default_rng(length)
    lists = []
    for _ in range(20):
        attributes = random.choice([*CHOICES], length, replace=False)
        lists.append({random.choice(CHOICES[a]): bool(random.random() > 0.2) for a in attributes})
    found = read_facts(shipped_encoder, map(as_tags, lists))
    for facts, read in zip(lists, found, strict=True):
        assert facts.items() <= read.items()


def test_of_two_colours_in_a_list_the_first_is_drawn_and_both_are_told(shipped_encoder):
    shown = {**SHOWN, "multicolored hair": 0, "heterochromia": 0}
    texts = ["blue hair, pink hair, red eyes", "blue hair, red eyes, green eyes"]
    assert explain(shipped_encoder, texts, shown) == [
        "hair: blue, eyes: red; no effect in this model: multicolored hair (blue is drawn)",
        "hair: blue, eyes: red; no effect in this model: heterochromia (red is drawn)",
    ]


def test_colours_without_a_comma_between_them_are_read_in_long_lists(shipped_encoder):
    """A list of seven tags or more is read tag by tag, its vector never."""
    text = "blue hair red eyes, long hair, smile, solo, dress, hat, cat, dog"
    (facts,) = read_facts(shipped_encoder, [text])
    assert facts["blue hair"] and facts["red eyes"] and facts["hat"]
    assert "blue hair , red eyes , long hair" in " ".join(shipped_encoder.read(text).words)


def test_of_a_tag_and_a_sentence_the_tag_counts(shipped_encoder):
    texts = ["her long hair is lovely, short hair", "short hair, she has her hair cut long"]
    for facts in read_facts(shipped_encoder, texts):
        assert facts["short hair"] and not facts.get("long hair")


def test_without_a_record_everything_may_have_an_effect(fact_encoder):
    lines = explain(fact_encoder(), ["glasses, no hat", "blue hair"], {})
    assert lines == ["hair: any, eyes: any, glasses; not: hat", "hair: blue, eyes: any"]


def test_an_encoder_without_a_probe_tells_colours_and_a_published_one_unknown_words(published):
    texts = ["Blue_hair gren eyes", "silver hair, gray eyes", "xyzzy blue hair"]
    assert explain(load_encoder(TEXT_ENCODER), texts, {}) == [
        "hair: blue, eyes: green; gren read as green",
        "hair: gray, eyes: black; the faces have no silver hair, the nearest is gray; "
        "the faces have no gray eyes, the nearest is black",
        "hair: blue, eyes: any; not understood: xyzzy",
    ]
    assert explain(published, texts, {}) == [
        "not understood: Blue_hair, gren",
        "",
        "not understood: xyzzy",
    ]
