"""Texts in forms that no story has, with the facts that they state or deny."""

import numpy as np
import pytest

from benchmarks.text_facts import (
    accessories,
    bare_colours,
    board_tags,
    colour_denials,
    fact_cases,
    lists,
)
from config import UsageError
from text.attributes import ATTRIBUTES, VALUES
from text.facts import read_tags


def test_every_value_is_stated_and_denied():
    cases = list(fact_cases(np.random.default_rng(0)))
    persons = {value.name for value in ATTRIBUTES["person"]}
    for stated in (True, False):
        assert {name for _, name, is_stated in cases if is_stated is stated} == {*VALUES} - persons
    assert len({text for text, _, _ in cases}) > 1000
    assert not any("{" in text or "[" in text for text, _, _ in cases)


def test_every_colour_is_denied():
    denials = list(colour_denials())
    assert len(denials) == 4 * 22
    assert ("anyone whose eyes are not red", "red eyes") in denials


def test_the_colour_of_a_thing_is_another_than_that_of_the_hair():
    cases = list(accessories(np.random.default_rng(0)))
    assert len(cases) > 400
    for text, facts in cases:
        assert all(name in text for name in facts)
    assert {len(facts) for _, facts in bare_colours()} == {1, 2}


def test_lists_have_both_colours_among_other_tags(tmp_path):
    path = tmp_path / "tags.csv"
    rows = [f"word{n} thing,{n + 1}" for n in range(60)] + ["blue hair,90", ",5"]
    path.write_text("\n".join(["tag,count", *rows]))
    tags, shares = board_tags(path)
    assert len(tags) == 60 and shares.sum() == pytest.approx(1)
    for underscored in (False, True):
        cases = list(lists(np.random.default_rng(0), tags, shares, 20, underscored))
        assert len(cases) == 120
        for text, facts in cases:
            found = read_tags(text)[0]
            assert len(text.split(", ")) == 20 and facts.items() <= found.items()


@pytest.mark.parametrize("content", [None, "a,b\n1,2\n", "tag,count\nhat,many\n"])
def test_a_table_of_tags_that_cannot_be_read_is_named(tmp_path, content):
    path = tmp_path / "tags.csv"
    if content:
        path.write_text(content)
    with pytest.raises(UsageError, match=r"--tags .*tags\.csv is no CSV of tag,count"):
        board_tags(path)
