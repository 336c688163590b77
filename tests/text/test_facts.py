"""What a tag says: a table of each, and every word for a value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from text.attributes import ATTRIBUTE_OF, FACTS, VALUES
from text.colour_names import FIRST_PARTS, NAMES
from text.facts import (
    FACT_SPELLINGS,
    FACT_WORDS,
    assign_colours,
    read_tag,
    read_tags,
    split_tags,
)
from text.tokens import plain_words

TAGS = [(value.name, tag) for value in VALUES.values() for tag in value.tags]


@pytest.mark.parametrize("name", VALUES)
def test_every_word_for_a_value_is_read_as_this_value(name):
    value = VALUES[name]
    slot = "eyes" if ATTRIBUTE_OF[name] == "eyelids" else "hair"
    phrases = [phrase.replace("{her}", "her") for phrase in (*value.tags, *value.nouns)]
    phrases += [*value.doing, *(f"{adjective} {slot}" for adjective in value.adjectives)]
    for phrase in phrases:
        assert read_tag(phrase) == {name: True}, phrase
        assert read_tag(f"no {phrase}") == {name: False}, phrase
        assert read_tag(phrase.upper()) == {name: True}, phrase
        assert read_tag(phrase.replace(" ", "_").replace("'s", "")) == {name: True}, phrase


@pytest.mark.parametrize("slot", NAMES)
def test_every_name_of_a_colour_is_read_with_the_words_before_it(slot):
    for colour, names in NAMES[slot].items():
        for name in names:
            found = {f"{colour} {slot}": True}
            assert read_tag(f"{name} {slot}") == found
            assert read_tag(f"her dark {name} {slot}") == found
        for first in FIRST_PARTS.get(colour, "").split():
            for shade in ("", "very dark ", "greenish "):
                assert read_tag(f"{shade}{first} {colour} {slot}") == found


@pytest.mark.parametrize(
    ("tag", "facts"),
    [
        *(("brunette", "brown hair"), ("strawberry blonde", "blonde hair")),
        *(("light blonde", "blonde hair"), ("redhead", "red hair"), ("blue-haired", "blue hair")),
        *(("emerald green eyes", "green eyes"), ("golden eyes", "yellow eyes")),
        *(("golden hair", "blonde hair"), ("jet-black hair", "black hair")),
        ("long straight black hair", "long hair, straight hair, black hair"),
        *(
            ("long and blue hair", "long hair, blue hair"),
            ("blue long hair", "long hair, blue hair"),
        ),
        ("wavy long hair", "wavy hair, long hair"),
        ("cherry buns", "hair bun, red hair"),
        ("sleepy blue eyes", "narrow eyes, blue eyes"),
        *(("blonde twintails", "twintails, blonde hair"), ("jet black bob", "bob cut, black hair")),
        *(("blonde girl", "girl, blonde hair"), ("green hair bun", "hair bun, green hair")),
        *(
            ("red hair ribbon", "hair ribbon"),
            ("light blue hat", "hat"),
            ("red bow", "hair ribbon"),
            ("hazel hat", "hat"),
            ("red flower in hair", "hair flower"),
        ),
        *(("black cat ears", "cat ears"), ("brown skin", "dark skin"), ("red cheeks", "blush")),
        *(("one eye closed", "wink"), ("a ribbon in her hair", "hair ribbon")),
    ],
)
def test_what_a_tag_states(tag, facts):
    assert read_tag(tag) == dict.fromkeys(facts.split(", "), True)


@pytest.mark.parametrize(
    ("tag", "fact"),
    [
        *(("no hat", "hat"), ("without a hat", "hat"), ("not wearing glasses", "glasses")),
        *(("does not have long hair", "long hair"), ("not smiling", "smile")),
        *(
            ("no red eyes", "red eyes"),
            ("never a ponytail", "ponytail"),
            ("not blonde", "blonde hair"),
        ),
    ],
)
def test_what_a_tag_denies(tag, fact):
    assert read_tag(tag) == {fact: False}


@pytest.mark.parametrize(
    "tag",
    [
        *("", " ", ",", "a", "no", "without", "hair", "eyes", "no hair", "blue", "tall", "♥"),
        *("school uniform", "hair between eyes", "red dress", "blue sky", "sad eyes", "eyes eyes"),
        *("blue and red hair", "pink purple hair", "long short hair", "blue girl", "no no hat"),
        *("a girl with long silver hair", "long haır", "hair of the dog"),
    ],
)
def test_what_says_nothing_that_is_understood(tag):
    assert read_tag(tag) is None


@pytest.mark.parametrize(
    ("caption", "facts", "others"),
    [
        ("blue hair red eyes", {"blue hair": True, "red eyes": True}, []),
        ("Red eyes, Blue hair", {"red eyes": True, "blue hair": True}, []),
        ("long hair; solo;no hat", {"long hair": True, "hat": False}, ["solo"]),
        ("short hair, long hair", {"short hair": True, "long hair": True}, []),
        ("hat, no hat", {"hat": True}, []),
        ("no hat, hat", {"hat": False}, []),
        (
            "blue eyes red hair ribbon black hair",
            {"blue eyes": True},
            ["red hair ribbon black hair"],
        ),
        ("blue hair hair over one eye", {"blue hair": True, "hair over one eye": True}, []),
        ("solo, , School Uniform", {}, ["solo", "School Uniform"]),
        ("hair blue eyes red", {}, ["hair blue eyes red"]),
        ("the hair gold and the eyes azure", {}, ["the hair", "gold and the eyes", "azure"]),
        ("she has long hair and blue eyes", {"long hair": True, "blue eyes": True}, []),
        ("", {}, []),
    ],
)
def test_captions_of_tags(caption, facts, others):
    assert read_tags(caption) == (facts, others)


@given(
    st.text(max_size=60) | st.lists(st.sampled_from(TAGS)).map(lambda t: " ".join(x for _, x in t))
)
def test_any_caption_is_split_into_facts_and_other_tags(caption):
    facts, others = read_tags(caption)
    assert set(facts) <= set(FACTS)
    assert all(read_tag(tag) is None and tag.strip() == tag != "" for tag in others)
    assert (
        plain_words("".join(split_tags(caption)).replace(" ", ""))
        == plain_words(caption.replace(",", "").replace(";", "").replace(" ", ""))
        or not caption.isascii()
    )


@given(st.lists(st.sampled_from(TAGS), max_size=8), st.sampled_from([", ", "; ", ","]))
def test_a_list_states_what_its_tags_state(tags, separator):
    facts, others = read_tags(separator.join(tag for _, tag in tags))
    assert facts == dict.fromkeys((name for name, _ in tags), True) and others == []


def test_misspelt_words_are_corrected_to_words_of_facts():
    assert {"twintails", "glasses", "heterochromia"} & {*FACT_SPELLINGS} == {
        "glasses",
        "heterochromia",
    }
    assert FACT_WORDS.issuperset(FACT_SPELLINGS) and {"not", "glasses", "bob"} <= FACT_WORDS
    assert all(len(word) > 4 for word in FACT_SPELLINGS)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        # The colour of a thing in the hair.
        ("black hair ribbon, green hair", "hair ribbon , green hair"),
        ("a very dark blue hair bow", "a hair bow"),
        ("no red hair flowers", "no hair flowers"),
        ("blue hair, bow", "blue hair , bow"),
        ("hair pin", "hair pin"),
        ("green hair bun", "green hair bun"),
        # That of another part of the face.
        ("blue hair, dark red lips", "blue hair , lips"),
        ("black eyebrows", "eyebrows"),
        ("pink cheeks", "pink cheeks"),
        # Sentences that give a colour to one of hair and eyes.
        ("her eyes are light blue", "her light blue eyes"),
        ("long hair, eyes that are green", "long hair , green eyes"),
        ("her hair and eyes are blue", "blue hair , blue eyes"),
        ("her eyes are not blue", "her , no blue eyes"),
        ("Hair that isn't black or brown", "no black hair , no brown hair"),
        ("eyes: not red, blue, or green", "no red eyes , no blue eyes , no green eyes"),
        ("dark hair but not black", "dark hair , no black hair"),
        ("her hair is long and her eyes are red", "her long hair , her red eyes"),
        ("neither red nor dark blue eyes", "no red eyes , no dark blue eyes"),
        # Colours that are denied together.
        ("no pink, blue or red hair", "no pink hair , no blue hair , no red hair"),
        ("without light green, and red eyes", "no light green eyes , no red eyes"),
        ("neither pink nor blue nor red hair", "no pink hair , no blue hair , no red hair"),
        (
            "no red, blue, pink, green, or aqua eyes",
            "no red eyes , no blue eyes , no pink eyes , no green eyes , no aqua eyes",
        ),
        ("no red, no light blue, no pink hair", "no red hair , no light blue hair , no pink hair"),
        ("no red hair or blue eyes", "no red hair , no blue eyes"),
        ("no red eyes but blue", "no red eyes , blue eyes"),
        ("her hair is not red, it's blue", "her , no red hair , blue hair"),
        ("not only red hair but blue eyes", "not only red hair but blue eyes"),
        ("any hair but red", "no red hair"),
        ("any eye colour except for red", "no red eyes"),
        ("anything but blue hair", "not blue hair"),
        ("eyes of any color except red and green", "no red eyes , no green eyes"),
        ("hair colour other than pink", "no pink hair"),
        ("avoid red or blue eyes", "no red eyes , no blue eyes"),
        ("she doesnt have red eyes", "she not have red eyes"),
        ("non-blue hair w/o bow", "no blue hair , no bow"),
        ("he is not a redhead", "boy , he is no red hair"),
        ("no bow in her long red hair", "no bow , long red hair"),
        ("her green eyes aren't red, not dark", "her green eyes , no red eyes , not dark"),
        ("hair isn't brown, dark green eyes", "no brown hair , dark green eyes"),
        ("hair isn't blue, red or pink eyes", "no blue hair , red or pink eyes"),
        ("hair is not red and eyes are blue", "no red hair , blue eyes"),
        ("any hair color but blue eyes", "any hair color but blue eyes"),
        ("I want anything but red hair", "i want anything but red hair"),
        ("no hat red hair", "no hat , red hair"),
        ("blue rather than red hair", "blue hair , no red hair"),
        ("blue eyes instead of dark red", "blue eyes , no dark red eyes"),
        ("brown hair rather than red hair", "brown hair , no red hair"),
        ("long hair instead of short, red eyes", "long hair , no short hair , red eyes"),
        ("a hat instead of glasses", "a hat , no glasses"),
        ("I would rather have red hair", "i would rather have red hair"),
        ("not very long blue hair", "no long hair , blue hair"),
        ("don't make her hair pink or purple", "no pink hair , no purple hair"),
        ("never dye the hair red", "no red hair"),
        ("do not draw her with red hair", "no red hair"),
        ("make her hair red", "make her hair red"),
        ("her hair must not be pink or red", "her , no pink hair , no red hair"),
        ("her eyes shouldn't be brown or black", "her , no brown eyes , no black eyes"),
        ("blue hair? no, pink", "no blue hair , pink hair"),
        ("blue eyes? no, pink, a smile", "no blue eyes , pink eyes , a smile"),
        ("red eyes are not wanted, blue hair", "no red eyes , blue hair"),
        ("red eyes aren't allowed", "no red eyes"),
        ("I hate purple hair", "no purple hair"),
        ("don't draw red eyes, draw green ones", "no red eyes , green eyes"),
        ("no red hair, make it blue", "no red hair , blue hair"),
        ("instead of red eyes give her blue eyes", "no red eyes , give her blue eyes"),
        ("instead of long hair give her short hair", "no long hair , give her short hair"),
        ("brown hair? nope, green", "no brown hair , green hair"),
        ("blue hair, no wait, pink", "no blue hair , pink hair"),
        # The colours of things behind them.
        ("hat red, hair blue", "hat , hair blue"),
        ("ribbon: red, hair: blue", "ribbon , blue hair"),
        ("the bow in her hair is pink, green eyes", "the bow in her hair , green eyes"),
        ("her ponytail is green", "her ponytail is green"),
        ("sky blue, hat", "sky blue hair , hat"),
        # What is said of clothes and of other things.
        ("long pink hair and a short red skirt", "long pink hair , a skirt"),
        ("black glasses brown hair", "glasses brown hair"),
        ("red feather in her hair", "feather in her hair"),
        ("red roses, a rose in her hair", "petals , a flower in her hair"),
        ("rose hair", "rose hair"),
        ("golden cat eyes", "golden cat eyes"),
        ("light sky blue hair", "light sky blue hair"),
        ("hair blue ribbon red", "hair blue ribbon"),
        ("long hair ribbon", "long hair ribbon"),
        ("snow white hair with a bow", "snow white hair , a bow"),
        ("mood: smile", "smile"),
        ("water, snow, black hair", "water , snow , black hair"),
        ("water, snow", "water , snow"),
        ("snow", "snow hair"),
        ("purple eyes closed mouth", "purple eyes closed mouth"),
        ("hair long deep sky blue", "hair long deep sky blue"),
        ("the girl is blonde", "the girl is blonde"),
        ("her hair is pale blue", "her pale blue hair"),
        ("her eyes are wide open", "her eyes"),
        ("mouth open and closed eyes", "open mouth , closed eyes"),
        ("hair clip green and hair black", "hair clip and hair black"),
        ("the dress is dark red", "the dress"),
        ("hat red hair", "hat red hair"),
        # Words that are not taught.
        ("bangs, red hair", "blunt bangs , red hair"),
        ("pink bangs and red eyes", "pink blunt bangs , red eyes"),
        ("red hair with a fringe", "red hair with a blunt bangs"),
        ("side-swept bangs", "side swept bangs"),
        ("smile bangs red eyes", "smile blunt bangs , red eyes"),
        ("long hair with short bangs", "long hair with bangs"),
        ("three girls, multiple boys", "girl , boy"),
        ("scarf and a choker", "scarf , a choker"),
        ("choker: no", "no choker"),
        ("smile, bangs: none", "smile , no blunt bangs"),
        ("remove the choker", "no choker"),
        ("non-blonde girl", "no blonde hair , girl"),
        ("he is tall", "boy , he is tall"),
        ("she likes his hat", "she likes his hat"),
        ("rose is a girl", "she is a girl"),
        ("hair color: pink, eye color is blue", "pink hair , blue eyes"),
        ("green eyes and hair", "green eyes , green hair"),
        ("hair: long brown", "long brown hair"),
        ("non-boy", "no boy"),
        ("ladies, blondes", "woman , blonde hair"),
        # Things that are denied together.
        ("no bow, red eyes, hat or cap", "no bow , red eyes , hat or cap"),
        ("no hat, hair ribbon, or glasses", "no hat , no hair ribbon , no glasses"),
        ("neither a hat nor glasses", "no a hat , no glasses"),
        ("no hat or red eyes, red hair", "no hat , no red eyes , red hair"),
        ("no hat no glasses", "no hat , no glasses"),
        ("no red hair and blue eyes", "no red hair , blue eyes"),
        ("no red hair, blue or pink eyes", "no red hair , blue or pink eyes"),
        ("no red, blue hair", "no red , blue hair"),
        ("no hat, red or blue hair", "no hat , red or blue hair"),
        ("her eyes are closed. Her hair is red", "her closed eyes , her red hair"),
        ("her eyes are closed", "her eyes are closed"),
        ("messy hair and bright green eyes", "messy hair , bright green eyes"),
        ("pink hair and very big eyes", "pink hair , very big eyes"),
        ("pink hair and eyes", "pink hair and eyes"),
        ("beautiful hair dark green eyes", "beautiful hair , dark green eyes"),
        ("blue hair beautiful eyes", "blue hair , beautiful eyes"),
        ("blue hair green eyes", "blue hair green eyes"),
        ("hair between eyes", "hair between eyes"),
        ("pink hair and no glasses", "pink hair and no glasses"),
        # Hair or eyes of two colours.
        ("pink and blue hair", "multicolored pink hair"),
        ("pink-blue hair", "multicolored pink hair"),
        ("half pink, half blue", "multicolored pink hair"),
        ("pink hair with a blue streak", "multicolored pink hair"),
        ("one red eye, one blue eye", "one red eye and one blue eye"),
        ("pink left eye, red right eye", "pink left eye and red right eye"),
        ("blond blonde hair", "blond blonde hair"),
        ("light red and very dark blue eyes", "mismatched light red eyes"),
        ("red hair, blue and dark green eyes", "red hair , mismatched blue eyes"),
        ("a pink and blue haired girl", "a multicolored pink haired girl"),
        ("her hair is black and red, her eyes", "her hair is multicolored black , her eyes"),
        ("eyes: red and blue", "eyes : mismatched red"),
        ("her hair is black and blue eyes", "her hair is black and blue eyes"),
        ("hair black and blue eyes", "hair black and blue eyes"),
        ("red hair and blue eyes", "red hair , blue eyes"),
        # Colours alone.
        ("pink and blue", "pink hair , blue eyes"),
        ("Gold!", "gold hair ."),
        ("dark blue, snow", "dark blue hair , snow eyes"),
        ("pale", "pale"),
        ("red, blue, green", "red hair , blue eyes , green"),
        ("teal blue", "teal hair , blue eyes"),
        ("emerald green", "emerald green hair"),
        ("emerald green, smile", "emerald green hair , smile"),
        ("pale blue, rich red", "pale blue hair , rich red eyes"),
        ("gray green, hat", "gray hair , green eyes , hat"),
        ("snow, her hair is never blue", "snow , her , no blue hair"),
        ("red, her hair is never blue", "red hair , her , no blue hair"),
        ("hazel, smile", "hazel eyes , smile"),
        ("long pink, blue", "long pink hair , blue eyes"),
        ("pink hair blue", "pink hair , blue eyes"),
        ("white with red eyes", "white hair , red eyes"),
        ("green eyes with pink", "green eyes , pink hair"),
        ("hair, pink, eyes, blue", "pink hair , blue eyes"),
        ("blonde? nope, pink", "no blonde hair , pink hair"),
        ("navy blue", "navy blue hair"),
        ("ash blonde, light blue, smile", "ash blonde hair , light blue eyes , smile"),
        ("smile, gold and teal", "smile , gold hair , teal eyes"),
        ("green eyes, pink", "green eyes , pink hair"),
        ("pink, green hair", "pink eyes , green hair"),
        ("hair ribbon, teal", "hair ribbon , teal hair"),
        ("redhead, green", "redhead , green eyes"),
        ("no red", "no red hair"),
        ("no red, blue", "no red , blue hair"),
        (".", "."),
        ("red and tall hair", "red and tall hair"),
        ("and", "and"),
    ],
)
def test_colours_are_assigned_to_what_they_belong_to(text, read):
    assert " ".join(assign_colours(plain_words(text))) == read


def test_what_an_encoder_was_taught_keeps_its_colour():
    words = plain_words("a red dress, black hair, a red hat")
    read = " ".join(assign_colours(words, ("red dress", "hat", "black hair")))
    assert read == "a red dress , black hair , a hat"
