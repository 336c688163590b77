"""What people call the colours."""

from __future__ import annotations

from text.colours import EYE_COLOURS, HAIR_COLOURS

# WordNet or the xkcd colour survey (tools/colour_words.csv) agrees with 155 of the 203 names below,
# counting those of hair and of eyes apart. The others are curated: names that both sources lack,
# such as raven, or sort by hue alone, such as mint, and names used of hair or of eyes only.
_NAMES = {
    "aqua": "aqua cyan turquoise teal aquamarine",
    "black": "black ebony onyx obsidian inky coal",
    "blue": "blue azure navy sapphire cobalt cerulean ultramarine bluish",
    "brown": "brown chestnut chocolate mahogany umber coffee cocoa bronze cinnamon brownish",
    "green": "green emerald lime olive jade mint viridian moss greenish",
    "orange": "orange tangerine copper apricot pumpkin",
    "pink": "pink rose magenta fuchsia salmon rosy pinkish bubblegum",
    "purple": "purple violet lavender lilac amethyst mauve plum orchid indigo purplish",
    "red": "red crimson scarlet ruby vermilion vermillion maroon burgundy garnet carmine cherry"
    " reddish",
}
# Names used of hair only or of eyes only, or with another meaning there: golden hair is blonde,
# golden eyes are yellow. The faces have no gray eyes, but those that their tags call black are dark
# gray. They have no white eyes; aqua ones are the lightest.
_HAIR_NAMES = _NAMES | {
    "black": _NAMES["black"] + " raven jet dark",
    "blonde": "blonde blond golden gold yellow flaxen sandy honey wheat straw fair light lemon"
    " champagne",
    "brown": _NAMES["brown"] + " brunette auburn caramel",
    "gray": "gray grey silver ashen slate steel smoky pewter silvery gunmetal",
    "orange": _NAMES["orange"] + " ginger carrot",
    "white": "white snowy snow ivory pearl milky alabaster platinum",
}
_EYE_NAMES = _NAMES | {
    "aqua": _NAMES["aqua"] + " white",
    "black": _NAMES["black"] + " dark gray grey silver slate steel smoky",
    "brown": _NAMES["brown"] + " hazel",
    "yellow": "yellow golden gold amber lemon topaz honey saffron",
}
NAMES = {
    slot: {colour: tuple(words.split()) for colour, words in names.items()}
    for slot, names in (("hair", _HAIR_NAMES), ("eyes", _EYE_NAMES))
}
# Colours that people ask for and the faces lack. The nearest is drawn, and the user is informed.
NEAREST = {
    "hair": {"silver": "gray", "silvery": "gray", "platinum": "white"},
    "eyes": {
        "white": "aqua",
        **dict.fromkeys(("gray", "grey", "silver", "slate", "steel", "smoky"), "black"),
    },
}
# Forms (see text/grammar.py) that name a person by the colour of the hair.
AS_PERSON = {
    "blonde": "[blonde|blond|blonde {girl}|blond {girl}|fair-haired {girl}]",
    "brown": "[brunette|brunette|brunette {girl}]",
    "red": "[redhead|redhead|redheaded {girl}|red head]",
    "orange": "[ginger|ginger {girl}]",
    "black": "[dark-haired|raven-haired] {girl}",
}
# The words that misspelt ones are corrected to: first the plain words, then the others.
PLAIN_WORDS = tuple(sorted({"hair", "eyes", *HAIR_COLOURS, *EYE_COLOURS}))
_KEY_WORDS = (
    *("eye", "haired", "eyed", "hairs", "locks", "tresses", "bangs", "curls", "ponytail", "gaze"),
    *("twintails", "pigtails", "braids", "fringe", "irises", "iris", "pupils"),
    *("colored", "coloured", "hairstyle", "haircut", "hairdo"),
)
COLOUR_NAMES = frozenset(
    word for names in NAMES.values() for words in names.values() for word in words
)
OTHER_WORDS = tuple(sorted(COLOUR_NAMES.union(_KEY_WORDS).difference(PLAIN_WORDS)))
# The words that matter in a text about hair and eyes. Those added here are never a correction.
TELLING_WORDS = frozenset((*PLAIN_WORDS, *OTHER_WORDS, "strands", "mane", "bob", "bun", "tails"))
TELLING_WORDS |= {"orbs", "stare", "redhead", "redheaded"}
# The words for hair and for eyes, without one of which a text gives them no colour.
SLOT_WORDS = {
    "hair": {
        *("hair", "haired", "hairs", "head", "headed", "locks", "tresses", "mane", "strands"),
        *("bangs", "fringe", "curls", "waves", "ringlets", "drills", "ponytail", "ponytails"),
        *("twintails", "pigtails", "tails", "braid", "braids", "plaits", "bob", "bun", "buns"),
        *("hairstyle", "haircut", "hairdo", "cut"),
        *("blonde", "blond", "brunette", "redhead", "redheaded", "ginger"),
    },
    "eyes": {
        *("eyes", "eye", "eyed", "irises", "iris", "gaze", "orbs", "pupils", "pupil", "stare"),
    },
}
# Words that may stand before a colour without making it another one.
SHADES = (
    *("light", "dark", "bright", "deep", "pale", "pastel", "soft", "vivid", "rich", "pure"),
    *("neon", "very dark", "really", "reddish", "bluish", "greenish", "brownish", "purplish"),
)
# First words of names in two words, such as jet black. Emerald green is made of names above.
FIRST_PARTS = {
    "aqua": "pale sea",
    "black": "jet raven coal midnight",
    "blonde": "ash dirty strawberry platinum honey sandy golden",
    "blue": "sky navy midnight royal ice icy steel baby ocean",
    "brown": "chestnut chocolate coffee nut earthy golden",
    "gray": "ash steel silver stone",
    "green": "forest mint sea grass leaf spring",
    "orange": "burnt fiery carrot sunset",
    "pink": "hot rose cherry bubblegum candy",
    "purple": "royal grape midnight",
    "red": "blood ruby cherry fiery wine rose",
    "white": "snow pure pearl milk silver",
    "yellow": "lemon sunny canary golden",
}
