"""How people describe a face: the forms of their sentences and the words to fill them with."""

from __future__ import annotations

import re

# All of this is data that the shipped encoder was trained on: raise `paraphrases.VERSION` with any
# change. In a form, [a|b|] is a choice (here of a, b or nothing) and {name} stands for one of the
# forms or words of that name below. {h} is a hair colour, {e} an eye colour, {any} any colour.
# Pronouns by the kind of person, and the nouns for someone of no stated kind.
PEOPLE = {
    "girl": ("she", "her"),
    "woman": ("she", "her"),
    "boy": ("he", "his"),
    "man": ("he", "his"),
    "character": ("[the character|my character|this one]", "[the|their|its]"),
}
NOBODY = (
    "[character|person|face|student|witch|heroine|idol|kid|teenager|figure|someone|maid|princess]"
)
NOBODY_MALE = "[character|person|face|student|wizard|hero|idol|kid|teenager|figure|someone|prince]"
WORDS = {
    "is": "[is|is|is|are|was]",
    "are": "[are|are|are|is|were]",
    "haired": "[haired|haired|haired|headed]",
    "eyed": "eyed",
    "tint": "[{look} |][tint|hue|tone|shade|color|colour|tinge|touch|{unknown}]",
    "kind": "[{girl}|{girl}|{age} {girl}|{age}, {age} {girl}]",
    "Hair": "[hair|hair|hair|hair|hair|hair|hair|hair|locks|tresses|bangs|fringe|strands|mane|hairs"
    "|hairstyle|haircut|hairdo]",
    "Eyes": "[eyes|eyes|eyes|eyes|eyes|eyes|eyes|eyes|eye|irises|gaze|orbs|pupils|stare|iris]",
    "look": "[messy|fluffy|silky|shiny|flowing|thick|spiky|beautiful|neat|wild|smooth|lovely|glossy"
    "|tousled|soft|pretty]",
    "gleam": "[big|large|bright|sparkling|gentle|sharp|wide|beautiful|shining|round|kind|sad|cold"
    "|pretty|deep|warm|lovely|mysterious|piercing|glowing|expressive]",
    "age": "[young|old|teenage|little|cute|pretty|happy|sad|shy|tall|small|lonely|cheerful|angry"
    "|beautiful|lovely|cool|calm|anime|quiet|nice|elegant|sweet]",
    "wear": "[dress|shirt|skirt|coat|kimono|sweater|uniform|cape|jacket|hoodie|tie|vest|blouse"
    "|necktie|bikini|swimsuit|earrings|robe|gown|armor|gloves|apron|socks|shoes|lips|nails|wings"
    "|tail|lipstick|makeup|eyeshadow|mask|boots|necklace|belt|backpack|cardigan|pants|shorts"
    "|bracelet|sleeves|t-shirt|ring|neckerchief|jewelry]",
    "thing": "[umbrella|book|sword|cat|rose|balloon|car|bag|bird|guitar|ball|apple|phone|cup|wall"
    "|house|dog|flower|background|sky|light|moon|door|sofa|room|curtain|lamp|leaf|sea|sunset"
    "|water|tree|roses|butterfly|fire|petals]",
    # Words between hair and eyes that nobody knows or that mean nothing for their colours.
    "filler": "[{some} {some}|{some} {some} {some}|{some} {some} {some} {some} {some}"
    "|{some} {some} {some} {some} {some} {some} {some} {some}]",
    "some": "[{unknown}|{unknown}|{unknown}|i|the|a|will|would|of|to|for|that|those|when|as|in|so"
    "|just|you|up|out|then|both|all|who]",
    "place": "[school|the beach|home|night|the park|a cafe|the window|a festival|work|sunset]",
    "scene": "[the rain|spring|summer|winter|a forest|the snow|the city|space|a garden|the sun|a"
    " classroom|the dark|the morning|town|a library|a castle|anime style|a field of flowers]",
    "doing": "[running|singing|reading|waiting|dancing|looking at the viewer|looking away"
    "|looking sad|facing left|standing|sitting|talking|eating|waving|looking up|holding a {thing}"
    "|leaning forward|drinking|flying|fighting]",
    "tag": "[solo|school uniform|looking at viewer|simple background|white background|upper body"
    "|portrait|serafuku|seifuku|ahoge|hair between eyes|earrings|face|close-up|happy|sad|angry|shy"
    "|cute|anime|young|teenager|bare shoulders|dress|original|sky|tail|wings|weapon|gloves|clouds"
    "|necklace|petals|night|water|sword|kimono|japanese clothes|maid|animal|food|tie|long sleeves"
    "|detached sleeves|sidelocks|swimsuit|instrument|moon|snow|building|monochrome|masterpiece"
    "|best quality|highres|absurdres|sketch|signed|scan|vocaloid|touhou|{unknown} {unknown}"
    "|{unknown}|{unknown} {unknown} {unknown}|{gleam} eyes|{look} hair|{any} {wear}|{any} {wear}"
    "|{any} hair [scrunchie|tie|elastic|{unknown}]|[short|long|open|closed] {wear}"
    "|{any} {thing}|{any} background|{doing}|{age}]",
}
# How a fact that is neither a colour nor an adjective is said. {x} is a noun phrase, or an
# adjective or participle after *doing*; {bare} is a noun phrase without its article.
STATED = {
    "noun": ("with {x}", "with {x}", "{she} has {x}", "and {x}", "having {x}", "who has {x}"),
    "worn": ("wearing {x}", "with {x}", "{she} wears {x}", "{she} is wearing {x}", "in {x}"),
    "doing": ("{x}", "{she} is {x}", "who is {x}", "{she} looks {x}", "while {x}", "and {x}"),
    "hair": ("with {x} hair", "{her} hair is {x}", "and {x} hair", "{x} hair", "hair: {x}"),
    "eyes": ("with {x} eyes", "{her} eyes are {x}", "and {x} eyes", "{x} eyes"),
    "tag": ("{x}",),
    "kind": ("a {x}", "{she} is a {x}", "{x}", "the {x}"),
}
_BRIEF_DENIALS = (
    *("absolutely no {bare}", "no {bare}, thanks", "leave out {x}", "minus {x}", "not any {bare}"),
)
DENIED = {
    "noun": (
        *("no {bare}", "no {bare}", "without {x}", "without {bare}", "without any {bare}"),
        *("{she} has no {bare}", "{she} [does not|doesn't] have {x}", "not with {x}"),
        *("but no {bare}", "there is no {bare}", "never {x}"),
        *_BRIEF_DENIALS,
    ),
    "worn": (
        *("no {bare}", "no {bare}", "without {x}", "without {bare}", "not wearing {x}"),
        *("{she} [does not|doesn't] wear {x}", "{she} wears no {bare}", "{she} is not wearing {x}"),
        *("but no {bare}", "never wears {x}", "{she} isn't wearing any {bare}"),
        *_BRIEF_DENIALS,
    ),
    "doing": (
        *("not {x}", "not {x}", "{she} [is not|isn't] {x}", "who is not {x}", "but not {x}"),
        *("without {x}", "never {x}", "not {x} at all"),
    ),
    "hair": (
        *("no {x} hair", "not {x} hair", "{her} hair [is not|isn't] {x}", "without {x} hair"),
        *(
            "hair that is not {x}",
            "{she} [does not|doesn't] have {x} hair",
            "anything but {x} hair",
        ),
        *(
            "but no {x} hair",
            "not {x}-haired",
            "not {x}",
            "absolutely no {x} hair",
            "no {x} hair, thanks",
        ),
        *("somebody whose hair is not {x}", "anything except {x} hair", "{her} hair is never {x}"),
    ),
    "eyes": (
        *("no {x} eyes", "not {x} eyes", "{her} eyes [are not|aren't] {x}", "without {x} eyes"),
        *(
            "eyes that are not {x}",
            "{she} [does not|doesn't] have {x} eyes",
            "anything but {x} eyes",
        ),
        *("but no {x} eyes", "not {x}-eyed", "absolutely no {x} eyes", "no {x} eyes, thanks"),
        *(
            "somebody whose eyes are not {x}",
            "anything except {x} eyes",
            "{her} eyes are never {x}",
        ),
    ),
    "tag": ("no {x}", "not {x}", "without {x}"),
    "kind": ("not a {x}", "{she} is not a {x}", "not {x}", "no {x}"),
}
# Remarks beside hair and eyes that mean nothing for their colours: parts, then whole sentences.
ASIDES = (
    "[in|wearing|with] [a|{her}|the|some|] {any} {wear}",
    "[in|wearing|with] [a|{her}|the|an old|a long|a short|] {wear}",
    "with a {any} [{unknown}|scrunchie|elastic] in {her} hair",
    "[holding|carrying|with|near|beside|and] [a|the|{her}] {any} {thing}",
    "[under|before|in front of|on] [a|the|some] {any} {thing}",
    "[at|near] {place}",
    "in {scene}",
    "{doing}",
    "{doing} [at {place}|in {scene}]",
    "[16|17|twenty|ten] years old",
)
ASIDES_SAID = (
    "{she} [wears|has|likes|loves|bought|holds] [a|the|{her}|] {any} {wear}",
    "[{her}|the] {wear} is {any}",
    "[{her}|the] {any} {wear} [is|looks|seems] [new|old|nice|lovely|torn|too big]",
    "{she} [is|looks|feels|seems] {age}",
    "[it is|{she} is] in {scene}",
    "the {thing} [is|was|behind her is] {any}",
    "{she} [is|was] {doing}",
    "[there is|i see] a {any} {thing} [behind {her} back|in the back|]",
)
# Noun phrases about the hair, then about the eyes.
HAIR = (
    *("{h} {Hair}",) * 9,
    "[{her}|the|that|{look}|{look}] {h} {Hair}",
    "{look}[,| and|] {look} {h} {Hair}",
    "{h}[,|] {look} {Hair}",
    "{look} {h} {Hair}",
    "{Hair} [that is|which is|of|in|dyed|that's|as dark as|the color of|the colour of] {h}",
    "{Hair} like {h}",
    "{Hair} with a {h} {tint}",
    "{h}[-| ][colored|coloured|dyed|tinted] {Hair}",
    "[a head|lots|plenty] of {h} [hair|hair|locks]",
)
EYES = (
    *("{e} {Eyes}",) * 9,
    "[{her}|the|those|{gleam}|{gleam}|two|a pair of] {e} {Eyes}",
    "{gleam}[,| and|] {gleam} {e} {Eyes}",
    "{e}[,|] {gleam} {Eyes}",
    "{gleam} {e} {Eyes}",
    "{Eyes} [that are|which are|of|in|the color of|the colour of|as bright as] {e}",
    "{Eyes} like {e}",
    "{Eyes} with a {e} {tint}",
    "{e}[-| ][colored|coloured|tinted] {Eyes}",
)
# Forms about both. {H} is one of HAIR and {E} one of EYES; {is} goes with hair, {are} with eyes.
FACES: tuple[str, ...] = (  # noun phrases, which ASKED can ask for
    *("{H}[,| and| with| &|] {E}",) * 3,
    "[a|the|this|some|one|that|my|] {kind} [with|having|who has|that has] {H} and {E}",
    "[a|the|this|some|one|that|my|] {kind} with {H}[,| and| and also|, with] {E}[,|] {aside}",
    "[a|the|this|] {kind} {aside}[,|] [with|has|having] {H} and {E}",
    "[a|the|] {kind}, {H}, {E}",
    "[a|the|one|my|] {kind} whose {Hair} {is} {h} and whose {Eyes} {are} {e}",
    "[a|the|] [{look} |]{h}[-| ]{haired}[,|] {e}[-| ]{eyed} {kind}",
    "{h}[-| ]{haired}[,| and|] {e}[-| ]{eyed}",
    "[a|the|] {h}[-| ]{haired} {kind} [with|who has|and] {E}",
    "[a|the|] {h}[-| ]{haired} {kind} [whose|and {her}|{aside} whose] {Eyes} {are} {e}",
    "{H}, {aside}, {E}",
    "{H} and {E}[,|] {aside}",
)
SAID: tuple[str, ...] = (
    "{she} has {H} and {E}",
    "{she} has {H}[,| and| and also] [has |]{E}[, and {aside}|]",
    "{she} [has|got|has got] [both |]{H} [as well as|together with|along with|plus] {E}",
    "[{her}|the] {Hair} [{is}|{is}|looks|{is} dyed] {h} and [{her}|the|] {Eyes} [{are}|look] {e}",
    "[{her}|the] {Hair} {is} {h}[,|.] [{her}|the|] {Eyes} [{are} |]{e}",
    "[{her}|the|] {Hair} {is} {h}, [while|but|and] {she} has {E}",
    "{she} has {H}. {she} [also|] has {E}",
    "{she} has {H}. [{her}|the] {Eyes} {are} {e}",
    "{she} is a {h}[-| ]{haired} {kind}. [{her}|the] {Eyes} {are} {e}",
    "[the|this|that] {girl}'s {Hair} {is} {h} and [{her}|the] {Eyes} {are} {e}",
    "[the|a|this] {girl}'s {h} {Hair} [and|goes with|matches] [{her}|the|] {e} {Eyes}",
    "[{her}|the] {h} {Hair} [frames|hides|covers|and|sets off|over] [{her}|the|] {E}",
    "[{her}|the] {h} {Hair} [and|with] [{her}|the|] {E} [are|look] [lovely|nice|pretty]",
    "{h} for [the|{her}] {Hair}[,| and] {e} for [the|{her}] {Eyes}",
    "{Hair}: {h}[,|;|.|] {Eyes}: {e}",
    "{Hair} [color|colour]: {h}[,|;|.|] {Eyes} [color|colour]: {e}",
    "{Hair} [color|colour] [is|=|] {h}[,| and] {Eyes} [color|colour] [is|=|] {e}",
    "{Hair} [{is}|=|] {h}[,|] {Eyes} [{are}|=|] {e}",
    "{Hair} {h} {Eyes} {e}",
    "[{her}|the] {Hair} [has|have] a {h} {tint} and [{her}|the] {Eyes} [have|has] a {e} {tint}",
    "[{her}|the] {Hair} {is} a {tint} of {h}[,|;|.| and] [{her}|the] {Eyes} {are} a {tint} of {e}",
    "[make|draw|color|paint] [{her}|the] {Hair} {h} and [{her}|the] {Eyes} {e}",
    "{kind}. {H}. {E}.",
    "{aside}, {H}, {E}",
    "{aside_said}. {she} has {H} and {E}",
    "{she} has {H} and {E}. {aside_said}",
    "{H} and {E}. {aside_said}",
    "{Hair} {is} {h}. {aside_said}. [{her}|the] {Eyes} {are} {e}",
    "{she} has {H}. {aside_said}. {she} has {E}",
    "[{her}|the] [{wear}|{thing}] is {any}[,|.| and] [{her}|the] {Hair} {is} {h}[,| and|, and]"
    " [{her}|the] {Eyes} {are} {e}",
    "{H}[,|.|] {filler} {E}",
    "[{her}|the] {Hair} {is} {h}[,| and|, and|.] {filler} {e} {Eyes}",
    "{filler}[,|.|] {H}[,| and| with] {E}",
    "{filler}[.| and|] [{her}|the] {Hair} {is} {h}[,| and|.] {filler} {E} {filler}",
    "{filler} {h}[-| ]{haired} {filler} {e} {Eyes}",
    "{H} and {E} {filler}",
    "{H} {filler}[,|.| and] {E} {filler}",
)
PERSONS = (  # the hair colour makes the person: a redhead
    "[a|the|one|] [{age} |]{person} with {E}",
    "[a|the|] {e}[-| ]eyed {person}",
    "[a|the|] {person}, {E}",
    "{she} is a [{age} |]{person} with {E}",
    "[a|the|] {person} whose {Eyes} are {e}",
    "{tag}, {person}, {E}",
)
SAME = (  # for hair and eyes of one colour
    "{h} hair and eyes",
    "[a|the|] {kind} with {h} [hair|{Hair}] and [matching |]eyes",
    "hair and eyes [are|are both|of|in] {h}",
    "{h} hair and {e} eyes",
    "{she} has {h} hair and eyes",
    "{h} eyes and hair",
    "matching {h} {Hair} and {Eyes}",
    "[{her}|the] {Hair} {is} {h} and so are [{her}|the] {Eyes}",
    "{H} and [eyes to match|{Eyes} of the same [color|colour]|the same eyes]",
    "{h} {Hair}, same eyes",
    "[both |]her hair and [her |]eyes are {h}",
)
_PARTS: tuple[str, ...] = (  # about the hair alone
    *("{H}",) * 3,
    "[a|the|] {h}[-| ]{haired} {kind}",
    "[a|the|] {h}[-| ]{haired} {kind}[,|] {aside}",
    "[{her}|the|] {Hair} [{is}|looks] {h}",
    "{Hair}[:| =|] {h}",
    "{Hair} [color|colour][:| is|] {h}",
    "{Hair}: {h}, {tag}",
    "[a|the|] {kind} with {H}",
    "[a|the|] {kind} with {H}[,|] {aside}",
    "[a|the|] {kind} with {H} and [a|] {any} {wear}",
    "[a|the|] {kind} {aside}[,| and|] with {H}",
    "{she} has {H}[ and {aside}|]",
    *("{H}[,| and| with|.] [a |]{any} [{wear}|{thing}]",) * 3,
    *("[a |]{any} [{wear}|{thing}][,| and|.] {H}",) * 3,
    *("[a|the|] {kind} in [a |]{any} [{wear}|{thing}] with {H}",) * 2,
    "{H}, {tag}, {any} {wear}",
    "{H}[,|] {aside}",
    "{H}, [{gleam} eyes|{look} hair]",
    "{H}. {aside_said}",
    "{filler} {H}",
    "{H} {filler}",
    "{filler} {H} {filler}",
)
NEITHER = (
    "[a|the|] {kind}",
    "[a|the|] {kind} {aside}",
    "{aside_said}",
    "{tag}, {tag}",
    "{any} {wear}, {tag}",
    "[a|the|] {kind} with {look} hair",
    "{she} has {gleam} eyes",
)
BRIEF = (
    *("{h} hair {e} eyes",) * 8,
    *("{e} eyes {h} hair",) * 4,
    *("{h} hair, {e} eyes",) * 2,
    *("{e} eyes, {h} hair",) * 2,
    "{girl} with {h} hair and {e} eyes",
    "{girl} with {e} eyes and {h} hair",
    *("{h} {e}", "{h}, {e}", "{h} and {e}") * 2,
)
BRIEF_HAIR = (*("{h} hair",) * 4, *("{h}",) * 3, "{h}[!|.]")  # for the hair alone
# How a text begins that says no colour.
UNCOLOURED = ("", "", "[a|the|] {kind}", "{she} is {age}", "[a|the|] {kind} {aside}")
# The hair's colour and a further one; the eyes' colour and that of the other eye.
TWO_COLOURED = {
    "multicolored hair": (
        *(
            "{h} and {any_hair} hair",
            "half {h} half {any_hair} hair",
            "half {h}, half {any_hair} hair",
        ),
        "{h} hair with {any_hair} [tips|streaks|highlights|ends|strands|bangs]",
        *("{h} hair and {any_hair} [tips|streaks|highlights]", "{h}/{any_hair} hair"),
        *(
            "{her} hair is {h} and {any_hair}",
            "{h} {any_hair} hair",
            "{h} to {any_hair} gradient hair",
        ),
    ),
    "heterochromia": (
        *("one {e} eye, one {any_eyes} eye", "one {e} eye and one {any_eyes} eye"),
        *("one eye {e}, the other {any_eyes}", "one eye is {e} and the other is {any_eyes}"),
        *("{e} left eye, {any_eyes} right eye", "left eye {e}, right eye {any_eyes}"),
        *("a {e} eye and a {any_eyes} eye", "{e} and {any_eyes} eyes"),
    ),
}
ASKED = (
    "[please |][draw|paint|make|show|give|create|generate|sketch][ me|] {text}[, please| please|]",
    "[can|could|would] you [please |][draw|make|paint|show me] {text}[?| please?|]",
    "[i want|i would like|i'd like|i need|i'm looking for|let me see|how about|imagine] {text}",
    "[a picture|a portrait|a drawing|an image|a face|anime face|pic] of {text}",
    "[is there|do you have|what about] {text}?",
    "[this is|here is|there is|it's|meet|it is|i see] {text}",
)
# The same forms with hair and eyes exchanged.
_SWAP = {"H": "E", "h": "e", "Hair": "Eyes", "is": "are", "haired": "eyed"}
_SWAP |= {eyes: hair for hair, eyes in _SWAP.items()}


def _swapped(form: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda name: f"{{{_SWAP.get(name[1], name[1])}}}", form)


FACES += tuple(_swapped(form) for form in FACES)
SAID += tuple(_swapped(form) for form in SAID)
# A bare colour is the hair's.
PARTS = {
    "hair": (*_PARTS, *("{h}",) * 4),
    "eyes": tuple(_swapped(form) for form in _PARTS),
}
# What no form above makes. These sentences measure what an encoder understands.
HELD_OUT = (
    "she looks up at you with {e} eyes through a curtain of {h} hair",
    "someone whose {h} hair reaches down to the waist, eyes {e}",
    "my favourite heroine: {h} hairstyle, {e} eyes",
    "a tired knight with very messy {h} hair and a pair of dull {e} eyes",
    "wind plays with her {h} hair as she closes her {e} eyes",
    "{e} eyes stare out of a pale face framed by {h} hair",
    "an elf, {h} of hair and {e} of eye",
    "i met a girl yesterday. her hair was {h}, and i will never forget those {e} eyes",
    "her hair has a {h} shine and her eyes have a {e} glow",
    "the one with the {h} hair and the {e} eyes",
    "{h} hair flows down her back and her {e} eyes sparkle",
    "she dyed her hair {h} to match her {e} eyes",
    "give the girl {h} hair, then make both eyes {e}",
    "student, short skirt, {h} twin braids, {e} eyes, winter",
    "{h}-haired warrior, {e}-eyed, holding a spear",
)
