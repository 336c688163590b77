"""What programs put into captions is not learnt as if it were said of the image."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset.markup import plain_caption, read_list
from dataset.tags import parse_tags, read_text

MARKED = {  # a text -> what it says
    "(blue hair:1.2), [red eyes]": "blue hair, red eyes",
    "blue hair:0.98, red eyes:0.7": "blue hair, red eyes",
    "<lora:style:0.8>, blue hair": "blue hair",
    r"rem \(re:zero\), blue hair": "rem re:zero, blue hair",
    "<p>blue hair<br />red eyes</p>": "blue hair red eyes",
    "blue hair, d&#39;artagnan, &gt;:), tom &amp; jerry": "blue hair, d'artagnan, >:), tom & jerry",
    "&lt;lora:style:1&gt; blue hair": "blue hair",
    "blue hair\nNegative prompt: red hair, hat\nSteps: 20, Seed: 1": "blue hair",
    "blue hair, smile\nSteps: 20, Sampler: Euler a, Seed: 1": "blue hair, smile",
    "blue hair, negative prompt: red hair": "blue hair",
    "blue hair\uff0c\uff52\uff45\uff44 eyes\u3001hat\u3000on": "blue hair,red eyes,hat on",
    "red\u200b eyes": "red eyes",
    r"blue hair\nred eyes": "blue hair red eyes",
}  # fmt: skip


@pytest.mark.parametrize("text", MARKED)
def test_what_programs_add_to_a_caption_is_dropped(text):
    captions, guessed, is_new = read_text(text.encode())
    assert (captions, guessed, is_new) == ([MARKED[text]], "", True)
    quoted = text.replace('"', '""')
    assert parse_tags("metadata.csv", f'file_name,text\n1,"{quoted}"'.encode()).texts == {
        "1": MARKED[text]
    }


@pytest.mark.parametrize(
    "text",
    [
        "She has blue hair at 10:30, and smiles :3",
        "blue hair :D, <3, (black dress), [hat]",
        "moneti (daifuku), hair: blue, eyes: red, tom & jerry, steps: 20",
        "rating:safe, \u9752\u3044\u9aea, caf\u00e9",
    ],
)
def test_what_people_write_stays_as_it_is(text):
    assert plain_caption(text) == text
    assert read_text(text.encode()) == ([text], "", False)


@pytest.mark.parametrize("text", ["nan", " NaN", "None", "null", "N/A", "#N/A", "-", "<NA>"])
def test_what_stands_for_no_caption_is_none(text):
    assert plain_caption(text) == ""
    table = parse_tags("tags.csv", f"1,{text}\n2,blue hair\n".encode())
    assert table.texts == {"2": "blue hair"} and table.is_new
    assert table.bad == ["tags.csv line 1: no text"]


@pytest.mark.parametrize("text", ["3", "0 0.51 0.43 0.2 0.1\n1 0.2 0.2 0.1 0.1"])
def test_numbers_are_no_caption(text):
    """Classes, and what detectors such as YOLO find."""
    with pytest.raises(ValueError, match="no word in"):
        read_text(text.encode())


@given(st.lists(st.text("ab '\",\n[]", max_size=5), max_size=4))
def test_lists_come_back_from_how_python_writes_them(texts):
    assert read_list(str(texts)) in (texts, None)
    if not any("'" in text and '"' in text for text in texts) and "\n" not in "".join(texts):
        assert read_list(str(texts)) == texts


@pytest.mark.parametrize("cell", ["[hat], blue hair", "[blue hair]", "blue hair", "[1, 2]", "[[]]"])
def test_other_cells_are_no_lists(cell):
    assert read_list(cell) is None


def test_a_list_without_end_takes_no_time(bounded):
    with bounded():
        read_list("[" + "'" * 10**6 + "]")
        read_list("[" * 10**6 + "]")
        plain_caption(":" + "\n" * 10**6 + "(a:1.2)" + " " * 10**6 + "x")
        plain_caption("(" * 10**5 + ":" * 10**5 + "<a" * 10**5 + "&" * 10**5)
