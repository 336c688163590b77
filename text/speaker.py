"""Say what is known of a character, in new words each time."""

from __future__ import annotations

import random
import re
from collections.abc import Collection, Iterator

from text.attributes import ATTRIBUTE_OF, CHOICES, COLOUR_FACTS, MANY_COLOURS, VALUES, Facts
from text.colour_names import AS_PERSON, FIRST_PARTS, NAMES, SHADES
from text.grammar import (
    ASIDES,
    ASIDES_SAID,
    ASKED,
    BRIEF,
    BRIEF_HAIR,
    DENIED,
    EYES,
    FACES,
    HAIR,
    NEITHER,
    NOBODY,
    NOBODY_MALE,
    PARTS,
    PEOPLE,
    PERSONS,
    SAID,
    SAME,
    STATED,
    TWO_COLOURED,
    UNCOLOURED,
    WORDS,
)

PLAIN_SHARE = 0.45  # of values called by their plain names, which other names are learnt from
_BRIEF_SHARE = 0.85  # the same, in brief texts
_NO = ("no", "no", "no", "not", "without")  # before a tag
_MORE_TAGS = (0, 0, 0, 1, 1, 2, 3, 5)  # tags in a list that say nothing of the face
_SEPARATORS = (" ", ", ", ", ", ", ", "; ")  # of tags
_BRIEF_SEPARATORS = (" ", ", ", ", ")
_FORMS = {"H": HAIR, "E": EYES, "aside": ASIDES, "aside_said": ASIDES_SAID}
_SYLLABLES = [f"{a}{b}" for a in "bdfgklmnprstvz" for b in "aeiou"]
# Things on a head, which may have a colour: a pattern.
_THINGS = (
    r"hat|cap|hood|head\w+|choker|scarf|collar|hair ?(?!bun)\w+"
    r"|(?:ribbon|bow|flower|clip)(?: in .*)?"
)
_ON_THE_HEAD = {"headwear", "ornament", "neck"}  # attributes whose tags may have a colour
_HAIRSTYLES = {"tied", "shape", "fringe"}  # attributes whose nouns can stand for the hair
_HAIR_OF_ANY_CUT = re.sub(r"\b(?:bangs|fringe)\|", "", WORDS["Hair"])
_SLOTS = {"h": "hair", "e": "eyes"}  # what the colours of these names in forms belong to


class Speaker:
    """Describes one character, in new words each time.

    A text is a form of `text.grammar` that states the colours, and a clause or a tag for each other
    fact. Words that a form has room for, such as adjectives before the hair, say some of the other
    facts on the way: `_left` holds those that are still to be said.

    Args:
        rng: The source of every choice.
        without: Names of colours to leave out; not the plain ones.
        invents: Whether to make up the second colour of hair or eyes that have two, and to use
            words that descriptions are not read by: *he* for a character of no stated kind, and
            *bangs* for hair of any cut.

    Example:
        >>> Speaker(random.Random(0)).tags({"blue hair": True, "glasses": False})
        'no glasses, blue hair'
    """

    def __init__(
        self, rng: random.Random, without: Collection[str] = (), invents: bool = True
    ) -> None:
        self._rng, self._without, self._invents = rng, without, invents
        self._plain_share = PLAIN_SHARE
        self._left: Facts = {}  # what is still to be said, in random order
        # The colours that are stated: hair, eyes -> colour. Denied ones are facts like others.
        self._colours: dict[str, str] = {}
        self._said: Facts = {}  # all that the text says
        self._she, self._her = PEOPLE["character"]

    def brief(self, facts: Facts) -> str:
        """Return little more than the facts, mostly by their plain names.

        Args:
            facts: What the text says, and nothing else of the face.
        """
        self._begin(facts, _BRIEF_SHARE)
        form = self._brief_form() if self._colours else ""
        denies = not all(facts.values())
        parts = [self._expand(form)] if form else []
        parts += self._tags_left()
        self._rng.shuffle(parts)
        apart = _is_bare(form) or denies  # a denial would reach into the next part
        return (", " if apart else self._rng.choice(_BRIEF_SEPARATORS)).join(parts)

    def tags(self, facts: Facts) -> str:
        """Return the facts as tags, in any order, perhaps among other tags.

        Args:
            facts: What the text says, and nothing else of the face.
        """
        self._begin(facts)
        tags = [self._expand(f"{{{slot[0]}}} {slot}") for slot in self._colours]
        tags += self._tags_left()
        tags += [self._expand("{tag}") for _ in range(self._rng.choice(_MORE_TAGS))]
        self._rng.shuffle(tags)
        denies = not all(facts.values())
        return (", " if denies else self._rng.choice(_SEPARATORS)).join(tags)

    def sentence(self, facts: Facts) -> str:
        """Return one or more sentences that say the facts.

        Args:
            facts: What the text says, and nothing else of the face.
        """
        self._begin(facts)
        form = self._form()
        text = self._expand(form)
        while self._left:
            text = self._joined(text, self._clause(), _is_bare(form))
        return _polished(text)

    def neither(self) -> str:
        """Return a text that says nothing of the face."""
        self._begin({})
        return self._expand(self._rng.choice(NEITHER))

    def _begin(self, facts: Facts, plain_share: float = PLAIN_SHARE) -> None:
        """Take up what the next text is to say, and how often by plain names."""
        self._plain_share, self._said = plain_share, facts
        self._left = dict(self._rng.sample(list(facts.items()), len(facts)))
        self._colours = {
            slot: name.split()[0]
            for slot, names in COLOUR_FACTS.items()
            for name in names
            if facts.get(name)
        }
        for slot, colour in self._colours.items():
            del self._left[f"{colour} {slot}"]
        kind = next((name for name in PEOPLE if facts.get(name)), None)
        kinds = [name for name in PEOPLE if self._invents or "he" not in PEOPLE[name]]
        self._she, self._her = PEOPLE[kind or self._rng.choice((*kinds, "character"))]

    def _brief_form(self) -> str:
        """Choose a form of a brief text for the colours; there is at least one."""
        if len(self._colours) == 2:
            return self._rng.choice(BRIEF)
        return self._rng.choice(BRIEF_HAIR) if "hair" in self._colours else "{e} eyes"

    def _form(self) -> str:
        """Choose a form that states the colours, or begins a text without any."""
        for slot, name in MANY_COLOURS.items() if self._invents else ():
            # One eye that is closed would be a wink.
            closed = slot == "eyes" and any(map(self._said.get, CHOICES["eyelids"]))
            can = self._left.get(name) and slot in self._colours and not closed
            if can and self._rng.random() < 0.7:
                del self._left[name]
                return self._form_of_two(name, slot)
        if len(self._colours) == 2:
            return self._form_of_both()
        if self._colours:
            return self._form_of_one(*self._colours)
        return self._rng.choice(UNCOLOURED if self._left else NEITHER)

    def _form_of_two(self, name: str, slot: str) -> str:
        """Choose a form that gives hair or eyes a second colour."""
        rng = self._rng
        first = rng.choice(TWO_COLOURED[name])
        (other,) = {"hair", "eyes"} - {slot}
        if other not in self._colours:
            is_phrase = not re.search(" is |^one eye |^left ", first)
            return (rng.choice(("", "a {girl} with ", "{she} has ")) if is_phrase else "") + first
        second = "{H}" if other == "hair" else "{E}"
        return rng.choice((f"{first}, {second}", f"{second}, {first}"))

    def _form_of_both(self) -> str:
        """Choose a form that states both colours."""
        rng, forms = self._rng, FACES + SAID
        if self._person() and rng.random() < 0.15:
            forms = PERSONS
        elif self._colours["hair"] == self._colours["eyes"] and rng.random() < 0.5:
            forms = SAME
        form = rng.choice(forms)
        if form in FACES and rng.random() < 0.25:
            form = rng.choice(ASKED).replace("{text}", form)
        return form

    def _form_of_one(self, slot: str) -> str:
        """Choose a form that states the only colour, of hair or eyes."""
        form = self._rng.choice(PARTS[slot])
        if slot == "hair" and self._rng.random() < 0.08 and self._person():
            return "[a|the|] {person}[[,|] {aside}|]"
        return form

    def _person(self) -> str:
        """Return the form that names a person by the hair colour; empty if there is none."""
        person = AS_PERSON.get(self._colours.get("hair", ""), "")
        return "" if any(word in person for word in self._without) else person

    def _tags_left(self) -> list[str]:
        """Return a tag for each of the facts still to be said."""
        said = []
        while self._left:
            name, stated = self._left.popitem()
            tag = self._expand(self._tag(name))
            if stated and ATTRIBUTE_OF.get(name) in _ON_THE_HEAD and self._rng.random() < 0.4:
                tag = self._expand(f"{{any}} {tag}")
            said.append(tag if stated else f"{self._rng.choice(_NO)} {tag}")
        return said

    def _tag(self, name: str) -> str:
        """Choose a tag for a value."""
        if slot := _coloured_slot(name):
            return f"{self._called(slot, name.split()[0])} {slot}"
        if name not in VALUES:  # a tag of a data set
            return name
        tags = VALUES[name].tags
        return name if self._rng.random() < self._plain_share else self._rng.choice(tags)

    def _clause(self) -> str:
        """Return a clause that says one of the facts left, or several that go together."""
        name, stated = self._left.popitem()
        if stated and _nouns(name) and self._rng.random() < 0.4:
            more = [other for other, said in self._left.items() if said and _is_had(other)]
            if more and _is_had(name):
                return self._list([name, *more[: self._rng.choice((1, 1, 2, 3))]])
        kind, phrase = self._phrase(name)
        form = self._rng.choice((STATED if stated else DENIED)[kind])
        bare = re.sub(r"^(?:an?|the|\{her\}) ", "", phrase)
        if stated and kind in ("noun", "worn"):
            phrase = self._coloured(phrase)
        return self._expand(form.replace("{x}", phrase).replace("{bare}", bare))

    def _list(self, names: list[str]) -> str:
        """Return one clause that states two or more values, by their nouns."""
        for name in names[1:]:
            del self._left[name]
        *first, last = [self._rng.choice(_nouns(name)) for name in names]
        listed = self._coloured(", ".join(first)) + self._rng.choice((" and ", ", ")) + last
        return self._expand(self._rng.choice(STATED["noun"]).replace("{x}", listed))

    def _coloured(self, phrase: str) -> str:
        """Put a colour before a thing, which says nothing of the hair and the eyes."""
        thing = re.fullmatch(f"an? ({_THINGS})", phrase)
        return f"a {{any}} {thing[1]}" if thing and self._rng.random() < 0.5 else phrase

    def _phrase(self, name: str) -> tuple[str, str]:
        """Choose how to say a value: the kind of clause, and the words."""
        if slot := _coloured_slot(name):
            return slot, self._called(slot, name.split()[0])
        if name not in VALUES:  # a tag of a data set
            return self._rng.choice(("tag", "noun")), name
        value = VALUES[name]
        if ATTRIBUTE_OF[name] == "person":
            return "kind", self._rng.choice(value.nouns)
        kinds = {
            "worn" if value.worn else "noun": value.nouns,
            "doing": value.doing,
            _slot_described(name): value.adjectives,
            "tag": value.tags,
        }
        kind = self._rng.choice([kind for kind, words in kinds.items() if words])
        return kind, self._rng.choice(kinds[kind])

    def _joined(self, text: str, clause: str, apart: bool) -> str:
        """Join a clause to a text, before it or after it; `apart` by a mark, not by a space."""
        # A colour before these would be theirs.
        apart = apart or clause.startswith(("hair ", "eyes "))
        if not text:
            return clause
        if re.match(r"(?:she|he|her|his|the|their|its|my|this) ", clause):
            return f"{text}{self._rng.choice(('. ', '. ', ', ', ' and '))}{clause}"
        if clause.startswith(("and ", "but ", "who ", "while ", "having ")):
            return f"{text}{self._rng.choice((' ', ', '))}{clause}"
        if self._rng.random() < 0.25:
            return f"{clause}, {text}"
        return f"{text}{self._rng.choice((', ' if apart else ' ', ', ', ', ', '. '))}{clause}"

    def _expand(self, form: str) -> str:
        """Make the choices of a form, and of what they bring in, until none is left."""
        text = form
        while "[" in text or "{" in text:
            text = re.sub(r"\[([^\[\]]*)\]", lambda m: self._rng.choice(m[1].split("|")), text)
            text = re.sub(r"\{(\w+)\}", lambda m: self._fill(m[1]), text)
        return _polished(text)

    def _fill(self, name: str) -> str:
        """Return what `{name}` stands for, which may be a form again."""
        rng = self._rng
        if slot := _SLOTS.get(name):
            return self._colour(slot)
        if name.startswith("any"):  # the colour of some other thing, or a further one
            further = name.removeprefix("any_") if "_" in name else None
            slot = further or rng.choice(("hair", "eyes"))
            # A further one is neither the first one nor one that is denied.
            others = [c for c in NAMES[slot] if not further or f"{c} {slot}" not in self._said]
            return self._name(slot, rng.choice(others))
        if name in ("she", "her"):
            return self._she if name == "she" else self._her
        if name == "girl":
            return self._noun()
        if name == "person":
            return self._person()
        if name == "Hair":
            return self._hairstyle() or (WORDS[name] if self._invents else _HAIR_OF_ANY_CUT)
        if name == "unknown" or (name in ("wear", "thing") and rng.random() < 0.5):
            # A made-up word: no list can name all the things that have a colour.
            return "".join(rng.choices(_SYLLABLES, k=rng.choice((2, 3, 3, 4))))
        return rng.choice(_FORMS[name]) if name in _FORMS else WORDS[name]

    def _noun(self) -> str:
        """Return the noun for the character; it says the kind of person if that is to be said."""
        for name in PEOPLE:
            if self._left.get(name):
                del self._left[name]
                return self._rng.choice(VALUES[name].nouns)
        return NOBODY if self._she != "he" else NOBODY_MALE

    def _hairstyle(self) -> str | None:
        """Return a hairstyle that stands for the hair if it is to be said: pink twintails."""
        for name in list(self._left):
            if not self._left[name] or ATTRIBUTE_OF.get(name) not in _HAIRSTYLES:
                continue
            nouns = [noun for noun in VALUES[name].nouns if " eye" not in noun]
            if nouns and self._rng.random() < 0.6:
                del self._left[name]
                return re.sub("^an? |^two ", "", self._rng.choice(nouns))
        return None

    def _colour(self, slot: str) -> str:
        """Return a name of the stated hair or eye colour, perhaps with words before it."""
        colour, rng = self._colours[slot], self._rng
        word = self._called(slot, colour)
        if word == colour and rng.random() < 0.2:
            parts = [*FIRST_PARTS[colour].split(), *NAMES[slot][colour]]
            parts = [part for part in parts if part not in self._without and part != colour]
            word = f"{rng.choice(parts)} {word}"
        if rng.random() < 0.12:
            word = f"{rng.choice(SHADES)} {word}"
        return " ".join([*self._adjectives(slot), word])

    def _adjectives(self, slot: str) -> Iterator[str]:
        """Yield adjectives that go before the colour; they say some of the facts left."""
        for name in list(self._left):
            if name in VALUES and self._left[name] and self._rng.random() < 0.5:
                adjectives = VALUES[name].adjectives
                if adjectives and _slot_described(name) == slot:
                    del self._left[name]
                    yield self._rng.choice(adjectives) + self._rng.choice(("", "", ",", " and"))

    def _called(self, slot: str, colour: str) -> str:
        """Return the plain name of a colour, or now and then any name."""
        plain = self._rng.random() < self._plain_share
        return colour if plain else self._name(slot, colour)

    def _name(self, slot: str, colour: str) -> str:
        """Return any name of a colour, the plain one included."""
        names = NAMES[slot][colour]
        return self._rng.choice([name for name in names if name not in self._without])


def _is_bare(form: str) -> bool:
    """Return whether a form is a colour alone, which would become that of a thing behind it."""
    return bool(re.fullmatch(r"\{h\}|\{h\}(?: |, | and )\{e\}", form))


def _coloured_slot(name: str) -> str | None:
    """Return *hair* or *eyes* if a fact is their colour."""
    attribute = ATTRIBUTE_OF.get(name)
    return attribute if attribute in COLOUR_FACTS else None


def _slot_described(name: str) -> str:
    """Return *hair* or *eyes*: what the adjectives of a value stand before."""
    return "eyes" if ATTRIBUTE_OF[name] == "eyelids" else "hair"


def _nouns(name: str) -> tuple[str, ...]:
    """Return the nouns for a fact; none for a colour or a tag of a data set."""
    return VALUES[name].nouns if name in VALUES else ()


def _is_had(name: str) -> bool:
    """Return whether a fact is something that one has; one *is* a person."""
    return bool(_nouns(name)) and ATTRIBUTE_OF[name] != "person"


def _polished(text: str) -> str:
    """Return a text with single spaces, *an* before vowels, and marks that follow words."""
    text = re.sub(r"\ba (?=[aeiou])", "an ", " ".join(text.split()))
    return re.sub(r" (?=[,.;:?])", "", text)
