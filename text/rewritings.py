"""Say sentences about hair and eyes, and what is denied, in the words of tags."""

from __future__ import annotations

from collections.abc import Iterable

from text.attributes import VALUES
from text.colour_names import COLOUR_NAMES, FIRST_PARTS, NAMES, SHADES, SLOT_WORDS
from text.colours import EYE_COLOURS, HAIR_COLOURS
from text.grammar import WORDS

SHADE_WORDS = {part for shade in SHADES for part in shade.split()}
# Words of names of colours.
COLOUR_WORDS = SHADE_WORDS.union(COLOUR_NAMES, *map(str.split, FIRST_PARTS.values()))
# Things in the hair: a pattern.
IN_HAIR = r"(?:ribbon|bow|ornament|band|clip|tie|flower|pin|accessor(?:y|ie)|scrunchie|elastic)s?"
# Tags that encoders were not taught, and values that say the same.
SYNONYMS = {
    **dict.fromkeys(("bangs", "fringe"), "blunt bangs"),
    **dict.fromkeys(("girls", "2girls", "multiple girls"), "girl"),
    **dict.fromkeys(("boys", "2boys", "multiple boys"), "boy"),
    "ladies": "woman",
    **dict.fromkeys(("men", "guys", "1man", "1guy", "dude"), "man"),
}
SLOTS = {"hair": "hair", "haired": "hair", "hairs": "hair", "eyes": "eyes", "eyed": "eyes"}
# Words that encoders may not know, and that REWRITINGS resolve.
RESOLVED = (
    *(word for tag in SYNONYMS for word in tag.split()),
    *("blondes", "blonds", "redheads", "nope", "nah", "wait"),
    *("neither", "nor", "or", "non", "other", "than", "besides", "everything", "rather", "w", "o"),
    *("instead", "don", "shouldn", "mustn", "should", "must", "be", "ever", "dye", "quite"),
    *("avoid", "avoiding", "exclude", "excluding", "lacks", "lacking", "hate", "dislike"),
    *("wanted", "allowed", "welcome", "ones", "nobody", "none", "hers", "used", "now", "free"),
    *("hardly", "skip", "grins", "grinning", "smiles", "frowns", "blushes", "winks"),
    *("once", "formerly", "previously", "originally", "actually", "stayed"),
    *("changed", "turned", "went", "why", "rubies", "ombre"),
    *("dont", "doesnt", "isnt", "arent", "wasnt", "werent", "hasnt", "havent", "shouldnt", "wont"),
)


def one_of(choices: str) -> str:
    """Return a pattern of one of the words, `a|b`, with the space before it."""
    return rf" (?:{choices})(?= )"


def one_word(words: Iterable[str]) -> str:
    """Return a pattern of one of the words, with the space before it."""
    return one_of("|".join(sorted(words)))


# Patterns of parts of a text: words with a space before each.
COLOUR = one_word(COLOUR_WORDS)
COLOURS = rf"(?:{COLOUR})+"  # of one name
PART = one_of("hair|eyes")
# Parts of a face whose colour is neither the hair's nor the eyes'.
_OTHER_PARTS = r"lips?|lipstick|tongue|teeth|nose|(?:finger)?nails?|(?:eye)?(?:brow|lash|lashe)s?"
# Colours without the words that only say which shade.
_BASE = one_word({*HAIR_COLOURS, *EYE_COLOURS})
_IS = rf"(?: that| which)?{one_of('is|are|was|were')}"
_NO, _OR = one_of("no|not|without|neither"), rf"(?: ,)?{one_of('or|nor|and')}"
_NEXT = rf"(?: ,|{_OR})"
_LIST = rf"(?:{COLOURS}{_NEXT})*{COLOURS}{_OR}{COLOURS}"
_END = rf"(?!{COLOUR}|{PART})"
_BUT = r" (?:but|besides|except|other than)(?: for)?"
_IS_NOT = (
    rf"(?:(?:{_IS}| but|{one_of(':')})?{one_of('not|neither|never')}|(?: must| should)? not be"
    rf"|(?: that| which)? (?:is|are|was|were)n 't)"
)
_ARE_NOT = r"(?: that)?(?:(?: are| is)? not| (?:are|is)n 't)"
_RATHER = r" (?:instead of|rather than)(?= )"
_ADJECTIVE = one_of("long|short|medium|straight|wavy|curly")
_HER = "(?:her|his|their|the|it|them)"
_DRAW = "(?:make|paint|dye|draw|give|colou?r)"
_MAKE = rf"(?: do)? (?:never|not)(?: ever)? {_DRAW}(?: {_HER})?"
_NOW_IT_IS = (
    r"(?:(?: it| they)?(?: is| are| 's| 're)? (?:now|actually|really)(?: it is| they are)?"
    rf"|(?: it| they) (?:is|are|'s|'re)(?={COLOURS} now ))"
)
_BUT_NOW = rf"(?: ,)?(?: but| and)?{_NOW_IT_IS}"
_FORMERLY = " (?:used to (?:be|have)|once|formerly|previously|originally)(?: an?)?"
_WORDS = "(?: [a-z]+){0,2}"
# Things that are denied: up to three words, in lists none of a colour.
_WORD = r" (?!(?:is|are|was|were|or|nor|and|but|no|with) )[a-z]+"
_THING, _PLAIN_THING = rf"(?:{_WORD}){{1,3}}", rf"(?:(?!{COLOUR}){_WORD}){{1,3}}"
_THINGS = rf"(?:{_PLAIN_THING} ,)*{_PLAIN_THING}(?: ,)? (?:or|nor){_PLAIN_THING}"
_ACCESSORY = one_word(
    {
        tag
        for value in VALUES.values()
        for tag in value.tags
        if " " not in tag and any(tag in noun.split() for noun in value.nouns)
    }
)
# Things that are no part of a face: those that are worn, clothes, and others.
_WORN = {tag for value in VALUES.values() if value.worn for tag in value.tags if tag.isalpha()}
_THINGS_AROUND = {
    *("clothes", "clothing", "top", "sleeves", "jeans", "stockings", "ears", "neck", "feather"),
    *("beard", "mustache", "shadow"),
    *(word for kind in ("wear", "thing") for word in WORDS[kind][1:-1].split("|")),
}.difference(COLOUR_NAMES, {"lips"})
_ITEM = (
    rf"(?:{one_word(filter(str.isalpha, (_WORN | _THINGS_AROUND) - COLOUR_WORDS))}"
    rf"|{one_word(_THINGS_AROUND & COLOUR_WORDS)}(?!{COLOUR}))"
    rf"(?!{PART}|{one_of('ears|girl|boy')})"
)
_ITEM_IN_HAIR = rf"(?: hair)?{one_of(IN_HAIR)}"
# What may have a colour behind it; sky blue is one.
_COLOURED_ITEM = rf"(?:{_ITEM_IN_HAIR}|(?!{COLOUR}){_ITEM})"
_PERSON = "(?:girl|woman|lady|boy|man|guy)"
_SIZE = one_of("long|short|medium|straight|wavy|curly|open|closed|narrow|big|small")
_OPEN = "(?:closed eyes|open mouth|closed mouth)"
# Not behind *hair* and *hair is*.
_NOT_ITS = "".join(
    f"(?<! {part}{is_})" for part in ("hair", "eyes") for is_ in ("", " is", " are", " was", " :")
)
_OTHER = rf"(?!{COLOUR}) [^ ]+"
# The name of a colour with shades, and one that is no shade of another.
_NAME = f"(?:{COLOUR})*{one_word(COLOUR_NAMES)}"
_FIRST_WORDS = {*" ".join((*SHADES, *FIRST_PARTS.values())).split()}
_WHOLE = rf"(?:{one_word(COLOUR_WORDS - COLOUR_NAMES)})*{one_word(COLOUR_NAMES - _FIRST_WORDS)}"
# Names of colours that are other tags as well, unless they stand alone.
_NO_OTHER_TAG = rf"(?!{one_of('snow|rose|dark|light')}(?: [,.] | $))"
_ONLY_COLOURS = rf"(?=(?:{COLOUR}| hair| and| [,.])* $)"
_ONE_EYE = rf"(?: one| left| right|{COLOUR})+ eye(?:{COLOURS})?"
_JOINING = one_of("and|or|over|covering|in|between|down|is|are|was|were|with|like|of|as|that|which")
# The word that says that there are two colours, by the words for what has them.
_TWO_COLOURED = {"hair|haired|hairs": "multicolored", "eyes|eyed": "mismatched"}
_SLOT, _COPULA = one_of("|".join(_TWO_COLOURED)), one_of("is|are|was|were|:")
_BEHIND_SLOT = "".join(f"(?<! {word})" for word in SLOTS)
# Not behind a word for another kind of bangs.
_PLAIN = "".join(
    f"(?<! {kind})"
    for kind in (
        *("blunt", "swept", "side", "parted", "crossed", "long", "short", "choppy", "wispy"),
        *("asymmetrical", "curtain", "uneven"),
    )
)
# A beginning, or a word, but no colour and not *hair is*.
_NO_SLOT = rf"^|(?!{COLOUR}|{_SLOT}|{_COPULA}) [^ ]+|{_BEHIND_SLOT}{_COPULA}"
# Names of one colour behind each other: emerald green.
_OF_ONE = "|".join(
    f"(?:{one_word(names)}){{2}}" for name, names in NAMES["hair"].items() if name in NAMES["eyes"]
)
_EYES_ONLY = one_word(COLOUR_NAMES.difference(*NAMES["hair"].values()))
# Signs for words: blue/pink hair , hair & eyes , looong hair , blue hair -hat. Patterns, of any
# letter case.
SIGNS = (
    (
        rf"\b({'|'.join(sorted(COLOUR_NAMES))})\s*[/&+]\s*"
        rf"(?=(?:{'|'.join(sorted(COLOUR_WORDS))})\b)",
        r"\1 and ",
    ),
    (r"\b(hair)\s*[/&+]\s*(?=eyes\b)", r"\1 and "),
    (r"\blo{3,}n+g\b", "long"),
    (r"(^|[,;]) *-(?=[^ 0-9-])", r"\1 no "),
    (r"(?<=[^ ,;]) +-(?=[^ 0-9-])", r", no "),
)


def _coloured(slot: str) -> str:
    """Return a pattern of hair or of eyes, by whatever word, with a colour that is not denied."""
    part = f"{one_word(SLOT_WORDS[slot] - COLOUR_NAMES)}(?!{one_of(IN_HAIR)})"
    few = r"(?: (?!no |not |never )[^ ,.]+){0,3}"
    person = f"|{one_of('redhead')}" if slot == "hair" else ""
    denied = "(?<! no)(?<! not)(?<! without)"
    return rf"(?:{denied}{COLOUR}{few}{part}|{part}{few}{COLOUR}{person})"


# Patterns of words with a space before each and behind the last, and what stands instead. A colour
# is easily heard of both hair and eyes where a sentence gives it to one of them, and words behind
# a comma are not heard as denied.
REWRITINGS = (
    # Things: their colours, and how long they are, are left out, and so are those of other parts.
    (rf"{COLOURS}(?= hair{one_of(IN_HAIR)}|{one_of(_OTHER_PARTS)})", ""),
    # red roses , a rose in her hair -> petals , a flower in her hair
    (rf"{COLOURS} roses?(?= [,.] | and | in | $)", " petals"),
    (rf" roses?(?= (?:in|on)(?: {_HER})? hair )", " flower"),
    # long hair and a short red skirt -> long hair and a skirt
    (rf"{_NOT_ITS}{COLOURS}(?={_ITEM_IN_HAIR}(?!{PART}))", ""),
    (rf"{_NOT_ITS}(?:{COLOUR}|{_SIZE})+(?={_ITEM})", ""),
    # neck ribbon , a ribbon on her dress -> clothes
    (
        r" (?:neck|wrist|waist|chest|arm|leg|thigh|back|tail) (?:ribbon|bow)s?(?= )"
        rf"| (?:ribbon|bow)s? (?:on|around)(?!(?: {_HER})? (?:head|hair) )(?: {_HER})? [a-z]+(?= )",
        " clothes",
    ),
    # red feather in her hair , the bow in her hair is red -> feather in ... , bow in her hair
    (
        rf"{COLOURS}(?=(?: (?!hair |eyes )[a-z]+){{1,2}} (?:in|on)(?: {_HER})? hair"
        r"(?: [,.] | and | $))",
        "",
    ),
    (
        rf"({_COLOURED_ITEM}(?: (?:in|on)(?: {_HER})? hair)?)(?:{_IS}| :| of)?{COLOURS}"
        r"(?= [,.] | and | $)",
        r"\1",
    ),
    # black hair with a bow -> black hair , a bow
    (
        rf"({COLOURS}{PART}) (?:with|and)(?=(?: an?| the)?(?:{_ITEM_IN_HAIR}|{_ITEM}))",
        r"\1 ,",
    ),
    # Values.
    (r" long(?= (?:ago|time) )", ""),
    (rf"({COLOURS}) (?:pupils|irises)(?= )", r"\1 eyes"),
    # a girl smiles -> a girl smiling
    (r" grin(?:s|ning)(?= )", " smiling"),
    (r" (smil|frown|blush|wink)e?s(?= )", r" \1ing"),
    (r" (like|are|two) rubies(?= )", r" \1 ruby"),
    # expression : smile -> smile
    (r" (?:expression|mood|accessor(?:y|ies)|hair style|hairstyle|outfit) :(?= )", ""),
    (rf"(?: and)? hair colou?r(?: is| :)?({COLOURS})", r" ,\1 hair"),
    (rf"(?: and)? eyes? colou?r(?: is| :)?({COLOURS})", r" ,\1 eyes"),
    # eyes of the deepest blue -> blue eyes
    (rf"({PART}) of(?: the)?(?:(?!{_ADJECTIVE}| any ) [a-z]+)?({COLOURS})(?!{COLOUR})", r"\2\1"),
    (r"(^| (?:,|\.|with|her|his)) eyes half (?:shut|closed)(?= )", r"\1 half closed eyes"),
    # open blue eyes -> blue eyes
    (rf"(?: wide)? open(?=(?:{COLOURS})? eyes )", ""),
    (r" eyes(?: are)?(?: wide)? open(?= )(?! mouth)", " eyes"),
    (rf" eyes{_ARE_NOT} open(?= )", " closed eyes"),
    (rf" (eyes|mouth){_ARE_NOT} (open|closed)(?= )", r" , no \2 \1"),
    # eyes closed and her open mouth -> closed eyes , her open mouth
    (r" (eyes|mouth) (open|closed)(?= )(?! (?:eyes|mouth|lips))", r" \2 \1"),
    (rf"( {_OPEN}) and(?=(?: an?| {_HER})? {_OPEN} )", r"\1 ,"),
    # bangs and red eyes -> blunt bangs , red eyes; but not: side swept bangs
    (rf"{_PLAIN} (?:bangs|fringe)(?= )(?! over| cover)", " blunt bangs"),
    (rf" blunt bangs(?={COLOURS} eyes )", " blunt bangs ,"),
    (r" (?:long|short)(?= (?:bangs|fringe) )", ""),
    (r" blunt bangs and(?= )", " blunt bangs ,"),
    # two girls , blondes -> girl , blonde
    *(
        (rf"(?: (?:two|three|many|some|several|multiple))? {tag}(?= )", f" {value}")
        for tag, value in SYNONYMS.items()
        if value != "blunt bangs"
    ),
    (r" (blonde|blond|redhead)s(?= )", r" \1"),
    # Two colours.
    # half pink half blue -> pink and blue hair
    (
        rf"^(?!.*{PART})((?:.* [,.])?) half({COLOURS})(?: ,| and)? half({COLOURS})(?= [,.] | $)",
        r"\1\2 and\3 hair",
    ),
    (rf" half({COLOURS})(?: ,| and)? half(?={COLOURS} )", r"\1 and"),
    # pink to blue ombre hair -> multicolored pink hair
    (
        rf"({COLOURS}) to{COLOURS} (?:ombre|gradient)(?= hair )",
        r" multicolored\1",
    ),
    # pink hair with a blue streak -> multicolored pink hair
    (
        rf"({COLOURS}) hair(?: with| ,)(?: an?)?{COLOURS}"
        r" (?:streak|highlight|tip|end|strand)s?(?= )",
        r" multicolored\1 hair",
    ),
    # one red eye , one blue eye -> one red eye and one blue eye
    (rf"({_ONE_EYE}) ,(?={_ONE_EYE}| the other )", r"\1 and"),
    # eyes are mismatched , one gold and one brown -> eyes are mismatched gold
    (rf" mismatched ,(?: one)?({COLOURS}) and(?: one)?{COLOURS}", r" mismatched\1"),
    # pink blue hair -> pink and blue hair
    (rf"({_BASE})(?!\1)(?={_BASE} hair )", r"\1 and"),
    # What is worn.
    # scarf and choker -> scarf , choker
    (rf"({one_word(_WORN)}) and(?=(?: an?| the)?{one_word(_WORN)})", r"\1 ,"),
    # choker : no -> no choker
    (r"(^| [,.])((?: [a-z]+){1,3}) : (?:no|none|off|false)(?= [,.] | $)", r"\1 no\2"),
    # rose has red hair , scarlet , a girl with blue hair -> she has red hair , she a girl with ...
    (rf"^(?:{one_word(COLOUR_NAMES)})+(?= (?:has|have|is an?|wears) )", " she"),
    (
        rf"^(?:{one_word(COLOUR_NAMES)})+(?: ,)?(?= (?:with|an? {_PERSON} with)"
        rf"(?: (?!no |not )[^ ,.]+){{0,3}}{COLOURS} hair )",
        " she",
    ),
    # he has red hair -> boy , he has red hair
    (
        rf"^(?!.* (?:{_PERSON}|she|her)(?= ))(?=.* (?:he|his|him) )",
        " boy ,",
    ),
    # Words that deny.
    (rf"(^|,|and) (?:remove|take off|skip)(?: {_HER})?(?= )", r"\1 no"),
    # choker free -> no choker
    (rf"({_ACCESSORY}|{one_of('smile|blush')}) free(?= [,.] | and | $)", r" no\1"),
    # nobody here has red hair , none of her hair is red -> no red hair
    (
        r" (?:nobody|no one|none)(?: (?!hair |eyes )[a-z]+){0,2} (?:has|have|with)"
        rf"(?={COLOURS}{PART})",
        " no",
    ),
    (rf" none of(?: {_HER})?({PART})(?:{_IS})({COLOURS})", r" no\2\1"),
    # hair used to be brown but now it is pink , once brown hair , now pink -> pink hair
    (
        rf"({PART})(?: used to be| was| were|(?: ,)?{_FORMERLY})(?: once)?{COLOURS}"
        rf"{_BUT_NOW}({COLOURS}){_END}",
        r"\2\1",
    ),
    (rf"{_FORMERLY}{COLOURS}({PART}){_BUT_NOW}({COLOURS}){_END}", r"\2\1"),
    # hair changed from brown to pink , she dyed her brown hair pink -> pink hair
    (rf"({PART}) (?:changed|turned|went) from{COLOURS} to({COLOURS}){_END}", r"\2\1"),
    (rf" dyed {_HER}{COLOURS} hair({COLOURS}){_END}", r"\1 hair"),
    # used to be blonde but now she has blue hair , a formerly blonde girl now has ... -> blue hair
    *(
        (
            rf"{_FORMERLY}{COLOURS}{former}(?: ,)?(?: but| and)?(?: she| he)? now"
            rf"(?=(?:(?!{COLOUR}) [a-z]+){{0,4}}{COLOURS} (?:{now}) )",
            r"\1",
        )
        for former, now in (
            (rf"(?: hair| haired)?( {_PERSON})?", rf"hair|haired|{_PERSON}"),
            (" eyes()", "eyes"),
        )
    ),
    (rf"({PART}) stayed(?={COLOURS})", r"\1 are"),
    (r"(^| [,.]) why (?:not|don 't (?:you|we))(?= )", r"\1"),
    (rf" non({COLOUR})(?!{PART})", r" no\1 hair ,"),
    # eyes without any red in them -> no red eyes
    (
        rf"({PART}) without(?: any)?({COLOURS})(?: in (?:it|them))?(?= [,.] | and | $)",
        r" , no\2\1",
    ),
    (r"(?: ,)? (?:nope|nah|no(?: ,)? wait|wait(?: ,)? no)(?= )", " no"),
    (r" (?:(?:do|does|is|are|was|were|has|have|should|wo)nt|(?:do|should|must)n 't)(?= )", " not"),
    (r" (?:avoid(?:ing)?|exclud(?:e|ing)|lack(?:s|ing)|hardly any|w , o)(?= )", " no"),
    # i hate red hair , red hair is not wanted -> no red hair
    (rf"(?: i)? (?:hate|dislike)(?={COLOURS}{PART})", " no"),
    (rf"({COLOURS}{PART}) (?:is|are)(?: not|n 't) (?:wanted|allowed|welcome)(?= )", r" no\1"),
    (r" (?:non|free of)(?= )", " no"),
    (r" (?:no|not|never)(?: an?)? redheads?(?= )", " no red hair"),
    # no bow in her red hair , no hat red hair -> no bow , red hair , no hat , red hair
    (rf"{_NO}({_THING}) (?:in|on|over)(?: {_HER})?(?={_WORDS}{COLOURS}{PART})", r" no\1 ,"),
    (rf"({_NO}{_ACCESSORY})(?={COLOURS}{PART})", r"\1 ,"),
    # eyes of any colour except red , any hair but red -> eyes not red , hair not red
    (
        rf"(?<! no)({PART})(?: of any)?(?: colou?rs?)? (?:except|other than)(?: for)?(?={COLOUR})",
        r"\1 not",
    ),
    (rf" any eye colou?rs?{_BUT}(?={COLOURS}{_END})", " eyes not"),
    (rf" any({PART})(?: colou?rs?)?{_BUT}(?={COLOURS}{_END})", r"\1 not"),
    (rf"(?<! want)(?<! have) (?:any(?:thing| colou?rs?)?|everything){_BUT}(?={COLOUR})", " not"),
    # red hair not pink -> red hair , no pink hair
    (rf"({COLOURS}({PART})){_IS_NOT}({COLOURS}){_END}", r"\1 , no\3\2"),
    # blue rather than red hair , blue hair instead of red , long hair instead of short , ...
    #   -> blue hair , no red hair , ... , long hair , no short hair
    (rf"({COLOURS}){_RATHER}({COLOURS})({PART})", r"\1\3 , no\2\3"),
    (
        rf"{_RATHER}({COLOURS})({PART})(?: ,)? (?:she|he) has({COLOURS}) ones(?= )",
        r" no\1\2 ,\3\2",
    ),
    (rf"({PART}){_RATHER}({COLOURS}|{_ADJECTIVE}){_END}", r"\1 , no\2\1"),
    (_RATHER, " , no"),
    # no red hair give her blue hair -> no red hair , give her blue hair
    (rf"( no(?:{COLOURS}|{_ADJECTIVE}){PART})(?= (?:give|draw|make) )", r"\1 ,"),
    # not very long blue hair -> no long hair , blue hair
    (rf" not(?: so| too| very| quite)?({_ADJECTIVE})({COLOURS})({PART})", r" no\1\3 ,\2\3"),
    # never make her hair pink or purple -> no pink hair , no purple hair
    (rf"{_MAKE}({PART})({COLOURS}){_OR}({COLOURS}){_END}", r" , no\2\1 , no\3\1"),
    (rf"{_MAKE}({PART})({COLOURS}){_END}", r" , no\2\1"),
    # do not draw her with red hair -> no red hair
    (rf"{_MAKE}(?: him| a girl)?(?: with)?(?={COLOURS}{PART})", " no"),
    # hair not red , pink or blue -> no red hair , hair not pink or blue; up to four colours
    *(
        (
            rf"({PART}){_IS_NOT}({COLOURS}){_NEXT}(?!{_LIST}{PART})(?={COLOURS}{_END})",
            r" , no\2\1 ,\1 not",
        ),
    )
    * 3,
    (rf"({PART}){_IS_NOT}({COLOURS}){_END}", r" , no\2\1"),
    (rf"( no{COLOURS}{PART}) and(?={_WORDS}{PART})", r"\1 ,"),
    # no red , no blue eyes -> no red eyes , no blue eyes
    (rf" no({COLOURS}) ,(?=(?: no{COLOURS} ,)* no{COLOURS}({PART}))", r" no\1\2 ,"),
    # no red , pink or blue eyes -> no red eyes , no pink or blue eyes; up to five colours
    *((rf"{_NO}({COLOURS}){_NEXT}(?={_LIST}({PART}))", r" , no\1\2 , no"),) * 3,
    # no red or blue eyes -> no red eyes , no blue eyes
    (rf"{_NO}({COLOURS}){_OR}({COLOURS})({PART})", r" , no\1\3 , no\2\3"),
    # no red hair or blue eyes -> no red hair , no blue eyes
    (rf"{_NO}({COLOURS}{PART}){one_of('or|nor')}(?={COLOURS}{PART})", r" , no\1 , no"),
    # red hair no , blue -> no red hair , blue hair
    (rf"({COLOURS})({PART})(?: [,.])? no ,({COLOURS})(?= [,.] | $)", r" no\1\2 ,\3\2"),
    (rf"^({_NAME})(?: [,.])? no ,?({_NAME})(?= [,.] | $)", r" no\1 hair ,\2 hair"),
    # no red eyes but blue , no red hair , it is blue -> no red eyes , blue eyes , ... , blue hair
    (
        rf"({PART})(?: ,)?"
        rf"(?: but(?: rather)?| (?:it|they|hers|his) (?:is|are|'s)| {_DRAW}(?: {_HER})?)"
        rf"({COLOURS})(?: ones?)?(?= [,.] | $)",
        r"\1 ,\2\1",
    ),
    # no hat , glasses or bow -> no hat , no glasses , no bow; up to four things
    *((rf"{_NO}({_PLAIN_THING}) ,(?={_THINGS})", r" , no\1 , no"),) * 2,
    (rf"{_NO}({_THING})(?: ,)? (?:or|nor)(?={_THING})", r" , no\1 , no"),
    # no red hair no hat -> no red hair , no hat
    (rf" no({_THING}) no(?= )", r" no\1 , no"),
    (r"^ ,| ,(?= ,)", ""),
    # Sentences about hair and eyes.
    # both her hair and her eyes are red -> red hair , red eyes
    (
        rf"(?: both)?(?: {_HER})? hair and(?: {_HER})? eyes are({COLOURS})(?!{COLOUR})",
        r"\1 hair ,\1 eyes",
    ),
    # her eyes are red -> her red eyes
    (
        rf"(?<! and)({PART})(?:{_IS}| :)((?:{_ADJECTIVE})*{COLOURS})(?!(?: and)?{COLOUR})",
        r"\2\1",
    ),
    # hair : long , red -> long red hair
    (rf"({PART}) :((?:{_ADJECTIVE})+) ,({COLOURS})(?= [,.] | $)", r"\2\3\1"),
    # green eyes and hair -> green eyes , green hair
    (rf"({COLOURS}) eyes and hair(?= [,.] | $)", r"\1 eyes ,\1 hair"),
    # her eyes are kind and her red hair -> her kind eyes , her red hair
    (rf"({PART}){_IS}({_OTHER}) (?:and|,|\.)(?=(?: [^ ]+)?{COLOURS}{PART})", r"\2\1 ,"),
    # lovely hair red eyes -> lovely hair , red eyes
    (rf"({_OTHER}{PART})(?={COLOURS}{PART})", r"\1 ,"),
    # red hair lovely eyes -> red hair , lovely eyes
    (rf"({PART})(?= [^ ,.:]+{PART})(?!{COLOUR}|{_JOINING})", r"\1 ,"),
    # long hair and red eyes -> long hair , red eyes; but not: her hair and her eyes are red
    (rf"({PART}) and(?! (?:her|his|their|the){PART})(?=(?: [^ ]+){{1,3}}{PART})", r"\1 ,"),
    # red and blue hair , eyes are red and blue -> multicolored red hair , eyes are mismatched red
    *(
        (
            rf"({one_of(part)}(?:{_COPULA})?)({COLOURS}) and{COLOURS}(?!{COLOUR}|{_SLOT})",
            rf"\1 {two_coloured}\2",
        )
        for part, two_coloured in _TWO_COLOURED.items()
    ),
    *(
        (
            rf"({_NO_SLOT})({COLOURS}) and{COLOURS}(?={one_of(part)})",
            rf"\1 {two_coloured}\2",
        )
        for part, two_coloured in _TWO_COLOURED.items()
    ),
    # Colours alone.
    # red hair blue , white with red eyes , eyes , blue -> red hair , blue , ...
    (rf"((?:^| ,){COLOURS}{PART})(?={_NAME}(?: [,.] | $))", r"\1 ,"),
    (rf"((?:^| ,){_NAME}) with(?={COLOURS} eyes )", r"\1 ,"),
    (rf"({COLOURS} eyes) (?:with|and)(?={_NAME}(?: [,.] | $))", r"\1 ,"),
    (rf"(^| ,)({PART}) ,({_NAME})(?= [,.] | $)", r"\1\3\2"),
    # teal blue -> teal , blue; but not: navy blue , emerald green
    (
        rf"(^| [,.])(?!(?:{_OF_ONE})(?: [,.] | $))({_WHOLE})(?={_NAME}(?: [,.] | $))",
        r"\1\2 ,",
    ),
    (rf"((?:^| ,){_EYES_ONLY})(?= [,.] | $)", r"\1 eyes"),
    (rf"^(?!.*{_coloured('hair')})((?:|.*? [,.]){_NAME}) and(?={_NAME}(?: [,.] | $))", r"\1 ,"),
    # red , smile -> red hair , smile; red , blue -> red hair , blue eyes
    *(
        (
            rf"^{of_text}(?!.*{_coloured(slot)})((?:|.*? [,.])(?:{_ADJECTIVE})*{of_tag}{_NAME})"
            r"(?= [,.] | $)",
            rf"\1 {slot}",
        )
        for slot in SLOT_WORDS
        for of_text, of_tag in ((_ONLY_COLOURS, ""), ("", _NO_OTHER_TAG))
    ),
    (rf"^(?!.*{PART})((?:|.*? [,.]){_NO}{_NAME})(?= [,.] | $)", r"\1 hair"),
)
