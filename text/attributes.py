"""What a text can say about a face: hair and eye colours, and 57 other values of 23 attributes.

A *fact* is a value that a text states or denies. Each value has one name, its plainest tag: `blue
hair`, `long hair`, `glasses`. Texts that say the same thing have the same facts.
"""

from __future__ import annotations

import dataclasses

from text.colours import EYE_COLOURS, HAIR_COLOURS

Facts = dict[str, bool]  # name of a value -> whether the text states it (True) or denies it


def as_tags(facts: Facts) -> str:
    """Return facts as a list of tags.

    Example:
        >>> as_tags({"red hair": True, "hat": False})
        'red hair, no hat'
    """
    return ", ".join(name if stated else f"no {name}" for name, stated in facts.items())


@dataclasses.dataclass(frozen=True)
class Value:
    """One value of an attribute, and the words for it. The first tag is the value's name.

    A text is made from whichever of these a sentence has room for.
    """

    tags: tuple[str, ...]  # as in a list of tags
    nouns: tuple[str, ...] = ()  # after *with*, *has* and, without their article, *no*
    adjectives: tuple[str, ...] = ()  # before *hair* (eyelids: *eyes*), and after *her hair is*
    doing: tuple[str, ...] = ()  # after *she is* and *not*
    worn: bool = False  # whether *wearing* suits the nouns

    @property
    def name(self) -> str:
        """The plainest tag."""
        return self.tags[0]


def _value(
    tags: str, nouns: str = "", adjectives: str = "", doing: str = "", worn: bool = False
) -> Value:
    def split(words: str) -> tuple[str, ...]:
        return tuple(words.split("|")) if words else ()

    return Value(split(tags), split(nouns), split(adjectives), split(doing), worn)


# Facts that are true of one face together stand under different attributes. All of this is data
# that the shipped encoder was trained on: raise `paraphrases.VERSION` with any change.
ATTRIBUTES: dict[str, tuple[Value, ...]] = {
    "length": (
        _value(
            "long hair|very long hair|absurdly long hair|hair down to the waist",
            "long hair|very long hair|hair down to {her} waist|hair down to {her} knees",
            "long|long|long|very long|waist-length|hip-length|knee-length|floor-length",
        ),
        _value(
            "medium hair|medium length hair|shoulder-length hair|mid-length hair",
            "medium hair|hair down to {her} shoulders|shoulder-length hair",
            "medium|medium-length|shoulder-length|mid-length",
        ),
        _value(
            "short hair|very short hair|pixie cut|cropped hair",
            "short hair|a pixie cut|very short hair|a short haircut",
            "short|short|short|very short|cropped|chin-length|close-cropped",
        ),
    ),
    "shape": (
        _value("straight hair|sleek hair", "straight hair", "straight|straight|sleek"),
        _value("wavy hair|wavy locks|hair in waves", "wavy hair|waves", "wavy|wavy|softly waved"),
        _value("curly hair|curls|frizzy hair", "curly hair|curls", "curly|curly|frizzy"),
        _value("drill hair|drills|twin drills|ringlets|drill curls", "drills|ringlets|drill curls"),
        _value("bob cut|bob|bobbed hair|bob haircut", "a bob|a bob cut|a bob haircut", "bobbed"),
    ),
    "fringe": (
        _value(
            "blunt bangs|straight bangs|blunt fringe|straight-cut bangs|hime cut",
            "blunt bangs|straight bangs|a blunt fringe|a straight fringe|straight-cut bangs",
        ),
        _value(
            "hair over one eye|hair covering one eye|one eye covered|bangs over one eye",
            "hair over one eye|hair covering one eye|one eye covered by hair|bangs over one eye",
        ),
    ),
    "tied": (
        _value(
            "twintails|twin tails|pigtails|low twintails|two side up|twin ponytails",
            "twintails|twin tails|pigtails|two ponytails|low twintails",
        ),
        _value(
            "ponytail|high ponytail|side ponytail|low ponytail|hair tied back",
            "a ponytail|a high ponytail|a side ponytail|a low ponytail",
        ),
        _value(
            "braids|braid|twin braids|single braid|french braid|side braid|braided hair|plaits",
            "braids|a braid|twin braids|a thick braid|plaits|a french braid",
            "braided|plaited",
        ),
        _value(
            "hair bun|bun|double bun|hair buns|double buns|odango|bun hair|hair up",
            "a bun|a hair bun|two buns|double buns|hair buns|odango buns",
        ),
    ),
    "expression": (
        _value(
            "smile|smiling|light smile|grin|gentle smile|happy smile|evil smile|smirk",
            "a smile|a gentle smile|a grin|a happy smile|a warm smile|a shy smile|a smirk",
            doing="smiling|smiling|grinning|smiling gently|smiling happily|beaming",
        ),
        _value(
            "serious|expressionless|neutral expression|poker face|straight face|emotionless",
            "a serious face|a neutral expression|a serious look|a blank expression|a straight face",
            doing="serious|expressionless",
        ),
        _value(
            "frown|frowning|pout|pouting|scowl|sulking|grumpy",
            "a frown|a pout|a scowl|a sulky face",
            doing="frowning|pouting|scowling|sulking",
        ),
    ),
    "mouth": (
        _value(
            "open mouth|mouth open|slightly open mouth|wide open mouth",
            "an open mouth|a wide open mouth|a slightly open mouth|{her} mouth open",
        ),
        _value(
            "closed mouth|mouth closed|mouth shut|closed lips",
            "a closed mouth|closed lips|{her} mouth closed|{her} mouth shut",
        ),
    ),
    "fang": (_value("fang|fangs|skin fang", "a fang|fangs|a little fang|sharp teeth"),),
    "eyelids": (
        _value(
            "narrow eyes|half-closed eyes|sleepy eyes|half-lidded eyes|jitome|sleepy|drowsy"
            "|squinting|tired eyes",
            "narrow eyes|half-closed eyes|sleepy eyes|drowsy eyes|narrowed eyes|tired eyes",
            "narrow|half-closed|sleepy|half-lidded|narrowed|tired|drowsy",
            doing="sleepy|squinting|drowsy",
        ),
        _value(
            "closed eyes|eyes closed|eyes shut|both eyes closed|sleeping|asleep",
            "closed eyes|both eyes closed|{her} eyes closed|{her} eyes shut",
            "closed|shut",
            doing="sleeping|asleep",
        ),
        _value(
            "wink|winking|one eye closed|one eye shut",
            "a wink|one eye closed|one eye shut|one closed eye",
            doing="winking|winking",
        ),
    ),
    "tears": (
        _value(
            "tears|crying|teary eyes|teary|tearful|weeping|teardrop|crying with eyes open",
            "tears|teary eyes|tears in {her} eyes|tears on {her} cheeks|a tear",
            doing="crying|weeping|sobbing|in tears",
        ),
    ),
    "blush": (
        _value(
            "blush|blushing|red cheeks|light blush|flushed|rosy cheeks|nose blush|full-face blush"
            "|flushed cheeks",
            "a blush|red cheeks|flushed cheeks|rosy cheeks|a light blush|a red face|pink cheeks",
            doing="blushing|blushing|flushed",
        ),
    ),
    "freckles": (_value("freckles|freckled|freckled face", "freckles|a freckled face"),),
    "glasses": (
        _value(
            "glasses|eyeglasses|spectacles|round glasses|megane|semi-rimless glasses"
            "|bespectacled|sunglasses|rimless glasses|under-rim eyewear",
            "glasses|eyeglasses|spectacles|a pair of glasses|round glasses|sunglasses",
            worn=True,
        ),
    ),
    "eyepatch": (
        _value(
            "eyepatch|eye patch|medical eyepatch",
            "an eyepatch|an eye patch|a medical eyepatch",
            worn=True,
        ),
    ),
    "headwear": (
        _value(
            "hat|cap|witch hat|straw hat|beret|santa hat|baseball cap|top hat|beanie|sun hat"
            "|peaked cap|mini hat",
            "a hat|a cap|a witch hat|a straw hat|a beret|a baseball cap|a top hat|a big hat",
            worn=True,
        ),
        _value(
            "headband|hairband|hair band|alice band|forehead protector",
            "a headband|a hairband|a hair band|an alice band",
            worn=True,
        ),
        _value(
            "headdress|maid headdress|veil|bonnet|bridal veil|lolita hairband",
            "a headdress|a maid headdress|a veil|a bonnet|a lace headdress",
            worn=True,
        ),
        _value("crown|tiara|mini crown|circlet|diadem", "a crown|a tiara|a circlet", worn=True),
        _value("hood|hood up|hooded|hooded cloak", "a hood|{her} hood up", worn=True),
        _value(
            "headphones|headset|earphones|headphones on head|earmuffs",
            "headphones|a headset|a pair of headphones|earphones|earmuffs",
            worn=True,
        ),
    ),
    "ornament": (
        _value(
            "hair ornament|hair ornaments|hair accessory|hair jewelry",
            "a hair ornament|a hair accessory|an ornament in {her} hair",
            worn=True,
        ),
        _value(
            "hair ribbon|ribbon|hair bow|bow|ribbons|hair ribbons|ribbon in hair|bows|head bow",
            "a ribbon|a hair ribbon|a bow|a hair bow|a ribbon in {her} hair|a bow in {her} hair"
            "|ribbons in {her} hair",
            worn=True,
        ),
        _value(
            "hair flower|flower in hair|flower on head|rose in hair|flower crown|head wreath",
            "a flower in {her} hair|a hair flower|a rose in {her} hair|flowers in {her} hair",
            worn=True,
        ),
        _value(
            "hairclip|hair clip|hairpin|hair pin|barrette|hairclips|hairpins|x hair ornament",
            "a hairclip|a hair clip|a hairpin|a hair pin|a barrette|a clip in {her} hair",
            worn=True,
        ),
    ),
    "ears": (
        _value(
            "cat ears|catgirl|cat girl|nekomimi|kitty ears|catboy|neko ears",
            "cat ears|kitty ears|the ears of a cat|a cat's ears",
        ),
        _value(
            "dog ears|wolf ears|doggirl|wolfgirl|dog girl|wolf girl|inumimi",
            "dog ears|wolf ears|puppy ears|the ears of a dog",
        ),
        _value(
            "fox ears|foxgirl|fox girl|kitsunemimi|kitsune",
            "fox ears|the ears of a fox|a fox's ears",
        ),
        _value(
            "rabbit ears|bunny ears|bunnygirl|bunny girl|usagimimi",
            "rabbit ears|bunny ears|the ears of a rabbit",
        ),
        _value("pointed ears|pointy ears|elf ears|elf|long pointy ears", "pointed ears|elf ears"),
        _value("animal ears|kemonomimi mode|animal ear fluff", "animal ears|furry ears"),
    ),
    "horns": (
        _value(
            "horns|horn|demon horns|oni horns|dragon horns|single horn|curled horns",
            "horns|a horn|demon horns|two horns|little horns|dragon horns",
        ),
    ),
    "halo": (_value("halo|angel halo", "a halo|a halo over {her} head|an angel's halo"),),
    "neck": (
        _value("choker|ribbon choker|lace choker", "a choker|a lace choker", worn=True),
        _value("scarf|muffler|wool scarf", "a scarf|a woollen scarf|a muffler", worn=True),
        _value("collar|neck collar|detached collar", "a collar|a leather collar", worn=True),
    ),
    "skin": (
        _value(
            "dark skin|dark-skinned|tan|tanned skin|brown skin|dark-skinned female|tanned",
            "dark skin|tanned skin|brown skin|a dark complexion|a tan",
            doing="dark-skinned|tanned",
        ),
        _value(
            "pale skin|fair skin|light skin|white skin|pale",
            "pale skin|fair skin|light skin|a pale face|a pale complexion",
            doing="pale|pale-skinned|fair-skinned",
        ),
    ),
    "person": (
        _value("girl|1girl|female|female focus|schoolgirl", "girl|girl|girl|young girl|schoolgirl"),
        _value("boy|1boy|male|male focus|schoolboy", "boy|boy|boy|young boy|schoolboy"),
        _value("woman|lady|mature female|adult woman|old woman", "woman|woman|lady|young woman"),
        _value("man|guy|adult man|mature male|old man|gentleman", "man|man|guy|young man"),
    ),
    "hair colours": (
        _value(
            "multicolored hair|two-tone hair|gradient hair|streaked hair|rainbow hair"
            "|two-coloured hair|multicoloured hair|colored inner hair|split-color hair",
            "rainbow hair|hair of two colours|multicolored hair|hair in two colors|gradient hair",
            "multicolored|two-tone|two-coloured|rainbow|rainbow-colored",
        ),
    ),
    "eye colours": (
        _value(
            "heterochromia|bicolored eyes|mismatched eyes|odd eyes|two-coloured eyes",
            "heterochromia|mismatched eyes|eyes of different colours|eyes of two colors|odd eyes",
        ),
    ),
}
VALUES: dict[str, Value] = {value.name: value for group in ATTRIBUTES.values() for value in group}
# Both colours as facts, in the order of `COLOURS`.
COLOUR_FACTS: dict[str, tuple[str, ...]] = {
    "hair": tuple(f"{colour} hair" for colour in HAIR_COLOURS),
    "eyes": tuple(f"{colour} eyes" for colour in EYE_COLOURS),
}
MANY_COLOURS = {"hair": "multicolored hair", "eyes": "heterochromia"}  # more colours than one
# Every attribute with the names of its values.
CHOICES: dict[str, tuple[str, ...]] = COLOUR_FACTS | {
    attribute: tuple(value.name for value in values) for attribute, values in ATTRIBUTES.items()
}
FACTS: tuple[str, ...] = tuple(name for names in CHOICES.values() for name in names)
ATTRIBUTE_OF: dict[str, str] = {
    name: attribute for attribute, names in CHOICES.items() for name in names
}
# What facts that exclude each other share: their attribute. Things that are worn exclude only
# themselves: a scarf and a choker go together.
RIVALS_OF: dict[str, str] = ATTRIBUTE_OF | {name: name for name in VALUES if VALUES[name].worn}


def as_drawn(facts: Facts) -> str:
    """Return facts as the tags that faces are drawn from, and that half of the paraphrases are.

    The stated colours come last, since a vector holds best what comes last.

    Example:
        >>> as_drawn({"red hair": True, "hat": False, "blue eyes": True})
        'no hat, red hair blue eyes'
    """
    colours = [name for names in COLOUR_FACTS.values() for name in names if facts.get(name)]
    others = {name: stated for name, stated in facts.items() if name not in colours}
    return ", ".join(filter(None, (as_tags(others), " ".join(colours))))
