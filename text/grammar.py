"""How people describe a face: the forms of their sentences and the words to fill them with."""

from __future__ import annotations

import re

# All of this is data that the shipped encoder was trained on: raise `paraphrases.VERSION` with any
# change. In a form, [a|b|] is a choice (here of a, b or nothing) and {name} stands for one of the
# forms or words of that name below. {h} is a hair colour, {e} an eye colour, {any} any colour.
PEOPLE = (
    {"she": "she", "her": "her", "girl": "[girl|girl|girl|woman|lady|maid|princess]"},
    {"she": "he", "her": "his", "girl": "[boy|boy|man|prince|guy]"},
    {
        "she": "[the character|my character]",
        "her": "[the|their|its]",
        "girl": "[character|person|face|student|elf|witch|heroine|idol|kid|teenager|figure]",
    },
)
WORDS = {
    "is": "[is|is|is|are|was]",
    "are": "[are|are|are|is|were]",
    "haired": "[haired|haired|haired|headed]",
    "eyed": "eyed",
    "tint": "[{look} |][tint|hue|tone|shade|color|colour|tinge|touch|{unknown}]",
    "kind": "[{girl}|{girl}|{age} {girl}|{age}, {age} {girl}]",
    "Hair": "[hair|hair|hair|hair|hair|hair|hair|hair|locks|tresses|bangs|curls|ponytail|twintails"
    "|pigtails|braids|fringe|strands|mane|bob|bun|twin tails|hairs|hairstyle|haircut|hairdo]",
    "Eyes": "[eyes|eyes|eyes|eyes|eyes|eyes|eyes|eyes|eye|irises|gaze|orbs|pupils|stare|iris]",
    "tie": "[ponytail|bun|braid|bow|ribbon]",
    "length": "[long|short|medium|very long|shoulder length|waist-length|medium-length]",
    "look": "[curly|wavy|straight|messy|fluffy|silky|shiny|flowing|thick|spiky|beautiful|neat|wild"
    "|smooth|lovely|glossy|tousled|{length}|{length}|{length}]",
    "gleam": "[big|large|bright|sparkling|gentle|narrow|sharp|sleepy|wide|beautiful|shining|round"
    "|kind|sad|cold|pretty|deep|warm|tired|lovely|mysterious|piercing|glowing|expressive]",
    "age": "[young|old|teenage|little|cute|pretty|happy|sad|smiling|shy|tall|small|lonely|cheerful"
    "|angry|serious|beautiful|lovely|cool|calm|anime|quiet|nice|elegant|sweet]",
    "wear": "[dress|shirt|skirt|hat|coat|kimono|sweater|scarf|uniform|cape|cap|jacket|hoodie|hood"
    "|ribbon|bow|hairband|hair ribbon|hair ornament|hair bow|hair band|hairclip|flower|headphones"
    "|glasses|tie|vest"
    "|blouse|necktie|bikini|swimsuit|choker|earrings|robe|gown|armor|gloves|apron|socks|shoes|lips"
    "|skin|cheeks|nails|wings|horns|tail|ears|lipstick|makeup|eyeshadow|mask|eyepatch|crown|boots]",
    "thing": "[umbrella|book|sword|cat|rose|balloon|car|bag|bird|guitar|ball|apple|phone|cup|wall"
    "|house|dog|flower|background|sky|light|moon|door|sofa|room|curtain|lamp|leaf|sea|sunset]",
    # Words between hair and eyes that nobody knows or that mean nothing for their colours.
    "filler": "[{some} {some}|{some} {some} {some}|{some} {some} {some} {some} {some}]",
    "some": "[{unknown}|{unknown}|{unknown}|i|the|a|will|would|of|to|for|that|those|when|as|in|so"
    "|just|not|you|up|out|then|both|all|who]",
    "place": "[school|the beach|home|night|the park|a cafe|the window|a festival|work|sunset]",
    "scene": "[the rain|spring|summer|winter|a forest|the snow|the city|space|a garden|the sun|a"
    " classroom|the dark|the morning|town|a library|a castle|anime style|a field of flowers]",
    "doing": "[smiling|crying|laughing|blushing|sleeping|running|singing|reading|waiting|frowning"
    "|winking|dancing|looking at the viewer|looking away|looking sad|facing left|standing|sitting"
    "|talking|eating|waving|with an open mouth|with a smile|with freckles|with cat ears]",
    "tag": "[1girl|solo|smile|blush|open mouth|closed mouth|school uniform|looking at viewer|hat"
    "|glasses|ribbon|bow|simple background|white background|upper body|portrait|serafuku|ahoge"
    "|hairband|hair ornament|hair ribbon|hair bow|hair between eyes|earrings|flower|cat ears"
    "|animal ears|face|close-up|happy|sad|angry|shy|cute|anime|young|teenager|twintails|braid"
    "|ponytail|bangs|curls|{any} hair [ribbon|bow|ornament|band|tie|clip|flower]"
    "|{girl}|{length} hair|{length} hair|{look} hair|{gleam} eyes|{any} {wear}|{any} {wear}"
    "|{any} {thing}|{doing}|{age}|blunt bangs|bare shoulders|hairclip|headphones|choker]",
}
# Remarks beside hair and eyes that mean nothing for their colours: parts, then whole sentences.
ASIDES = (
    "[in|wearing|with] [a|{her}|the|some|] {any} {wear}",
    "[in|wearing|with] [a|{her}|the|an old|] {wear}",
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
    "[{her}|the|{look}|{look}|{length},] {h} {Hair}",
    "{look}[,| and|] {look} {h} {Hair}",
    "{h}[,|] {look} {Hair}",
    "{look} {h} {Hair}",
    "{length} {h} {Hair}",
    "{h} {Hair} [in|tied in|tied up in|done up in|with] a [{any} |]{tie}",
    "{Hair} [that is|which is|of|in|dyed|that's|as dark as|the color of|the colour of] {h}",
    "{Hair} like {h}",
    "{Hair} with a {h} {tint}",
    "{h}[-| ][colored|coloured|dyed|tinted] {Hair}",
    "[a head|lots|waves] of {h} [hair|hair|curls|locks]",
)
EYES = (
    *("{e} {Eyes}",) * 9,
    "[{her}|the|{gleam}|{gleam}|two|a pair of] {e} {Eyes}",
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
PARTS: tuple[str, ...] = (  # about the hair or the eyes alone
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
    *("{H}[,| and| with|.] [a |]{any} [{wear}|{thing}]",) * 4,
    *("[a |]{any} [{wear}|{thing}][,| and|.] {H}",) * 4,
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
    "{e} eyes {h} hair",
    "{h} hair, {e} eyes",
    "{girl} with {h} hair and {e} eyes",
    "{length} {h} hair {e} eyes",
)
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
PARTS += tuple(_swapped(form) for form in PARTS)
# Sentences that no form above makes. They measure what an encoder understands.
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
