"""Writing an encoder: the published layout, what the reader computes, words no story has."""

import pickle
import pickletools
from pathlib import Path

import keras
import numpy as np
import pytest

from skipthoughts_encoder import load_encoder
from text.attributes import FACTS
from text.colour_names import OTHER_WORDS, PLAIN_WORDS
from text.facts import FACT_SPELLINGS
from text.tokens import plain_words
from tools import colour_words
from tools.encoder_batches import UNK
from tools.encoder_network import WORD_DIM
from tools.encoder_writer import expand, write


def test_the_layout(trained):
    _, words, directory, _ = trained
    assert {path.name for path in directory.iterdir()} == {
        "dictionary.txt",
        "encoder.json",
        *("utable.npy", "uni_skip.npz", "uni_skip.npz.pkl"),
        *("btable.npy", "bi_skip.npz", "bi_skip.npz.pkl"),
    }
    assert list(directory.parent.iterdir()) == [directory]
    assert directory.stat().st_mode & 0o777 == directory.parent.stat().st_mode & 0o777 | 0o055
    known = (directory / "dictionary.txt").read_text().splitlines()
    assert known[: len(words)] == words
    assert set(known) == {*words, *colour_words.load()[0]} and len(set(known)) == len(known)
    shapes: dict[str, tuple[int | None, ...]] = {
        "W": (48, 2),
        "b": (2,),
        "U": (None, 2),
        "Wx": (48, 1),
        "bx": (1,),
        "Ux": (None, 1),
    }
    for name, dim, prefixes in [("uni", 192, ["encoder"]), ("bi", 96, ["encoder", "encoder_r"])]:
        table = np.load(directory / f"{name[0]}table.npy")
        assert table.shape == (len(known), 48)
        assert table.dtype == np.float32
        with np.load(directory / f"{name}_skip.npz") as arrays:
            np.testing.assert_array_equal(arrays["Wemb"], table)
            assert {key: arrays[key].shape for key in arrays if key != "Wemb"} == {
                f"{prefix}_{key}": tuple(
                    dim if n is None else n if n == 48 else n * dim for n in shape
                )
                for prefix in prefixes
                for key, shape in shapes.items()
            }
        options = (directory / f"{name}_skip.npz.pkl").read_bytes()
        assert options.startswith(b"(d")  # protocol 0
        assert pickle.loads(options) == {
            "encoder": "gru",
            "dim": dim,
            "dim_word": 48,
            "n_words": len(known),
            "n_words_src": len(known),
        }


@pytest.mark.parametrize(
    ("name", "prefixes"), [("uni", ["encoder"]), ("bi", ["encoder", "encoder_r"])]
)
def test_the_original_loader_finds_every_field(trained, name, prefixes):
    """What `load_model` of the original program looks up, and the shapes that it expects."""
    directory = trained.directory
    pickled = (directory / f"{name}_skip.npz.pkl").read_bytes()
    # What Python 2 knows, and no globals: protocol 0 is text.
    assert {opcode.proto for opcode, _, _ in pickletools.genops(pickled)} == {0}
    options = pickle.loads(pickled)
    assert options["encoder"] == "gru"  # the one layer that it has
    n_words, e, d = options["n_words_src"], options["dim_word"], options["dim"]
    expected: dict[str, tuple[int, ...]] = {"Wemb": (n_words, e)}
    for prefix in prefixes:
        expected |= {f"{prefix}_W": (e, 2 * d), f"{prefix}_b": (2 * d,), f"{prefix}_U": (d, 2 * d)}
        expected |= {f"{prefix}_Wx": (e, d), f"{prefix}_bx": (d,), f"{prefix}_Ux": (d, d)}
    with np.load(directory / f"{name}_skip.npz") as arrays:
        assert {key: arrays[key].shape for key in arrays} == expected
        assert {arrays[key].dtype for key in arrays} == {np.dtype(np.float32)}
    table = np.load(directory / f"{name[0]}table.npy")  # not pickled: read by any NumPy
    lines = (directory / "dictionary.txt").read_bytes().splitlines()
    assert table.shape == (len(lines), e) and n_words == len(lines)
    assert {b"UNK", b"<eos>"} <= set(lines)


def test_words_of_stories_keep_the_vectors_that_were_trained(trained):
    models, words, directory, _ = trained
    for name, model in models.items():
        (table,) = model.get_layer("words").get_weights()
        written = np.load(directory / f"{name[0]}table.npy")
        np.testing.assert_array_equal(written[: len(words)], table)
        np.testing.assert_array_equal(written[len(words) :], expand(words, table)[1])


def test_what_is_written_mends_by_the_words_of_this_project(trained):
    spelling = load_encoder(trained.directory).spelling
    assert spelling is not None
    facts = tuple(word for word in FACT_SPELLINGS if word in trained.words)
    assert (spelling.first, spelling.second) == (PLAIN_WORDS, (*OTHER_WORDS, *facts))
    assert "glasses" in facts
    assert spelling.others == set(colour_words.load_correct_words())


def test_what_is_written_names_its_facts(trained, tmp_path):
    assert load_encoder(trained.directory).facts == FACTS
    write(tmp_path / "encoder", trained.words, trained.models, ["apron", "school uniform"])
    encoder = load_encoder(tmp_path / "encoder")
    assert encoder.facts == (*FACTS, "apron", "school uniform")
    assert encoder.probe is None


def test_the_reader_computes_what_was_trained(trained):
    models, words, directory, _ = trained
    encoder = load_encoder(directory)
    assert encoder.dim == 384
    ids = {word: number for number, word in enumerate(words)}
    for text in ["blue hair red eyes", "A girl with blue hair .", "xyzzy"]:
        row = np.array([[ids.get(word, UNK) for word in plain_words(text)]])
        states = [
            np.asarray(keras.Model(model.inputs[0], model.get_layer(layer).output)(row))[0]
            for model, layer in [
                (models["uni"], "encoder"),
                (models["bi"], "encoder"),
                (models["bi"], "encoder_r"),
            ]
        ]
        found = encoder.encode([text], use_norm=False)[0]
        np.testing.assert_allclose(found, np.concatenate(states), atol=1e-5)


def test_a_failed_write_leaves_the_earlier_encoder(trained, monkeypatch):
    models, words, directory, _ = trained
    before = {path.name: path.read_bytes() for path in directory.iterdir()}
    rename = Path.rename

    def fail(self, target):
        if self.name == "fresh":
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(KeyboardInterrupt):
        write(directory, [*words[:2], *words[:1:-1]], models)
    assert {path.name: path.read_bytes() for path in directory.iterdir()} == before
    assert list(directory.parent.iterdir()) == [directory]


@pytest.fixture(scope="module")
def linear():
    """Words and a table that is linear in their features, plus words that have none."""
    named, features = colour_words.load()
    rng = np.random.default_rng(0)
    table = features @ rng.normal(size=(features.shape[1], WORD_DIM)) + rng.normal(size=WORD_DIM)
    return ["<eos>", "UNK", "hair", *named], np.vstack([rng.normal(size=(3, WORD_DIM)), table])


def test_left_out_words_are_found_where_they_belong(linear):
    words, table = linear
    left_out = [word for word in words[3:] if word not in PLAIN_WORDS][::3]
    kept = [row for row, word in enumerate(words) if word not in left_out]
    more, vectors = expand([words[row] for row in kept], table[kept])
    assert more == left_out
    assert vectors.dtype == np.float32
    expected = table[[words.index(word) for word in more]]
    np.testing.assert_allclose(vectors, expected, atol=1e-4)


@pytest.mark.parametrize(
    ("word", "colour"),
    [
        *(("crimson", "red"), ("scarlet", "red"), ("navy", "blue"), ("sapphire", "blue")),
        *(("jade", "green"), ("rose", "pink"), ("lilac", "purple"), ("ebony", "black")),
        *(("tangerine", "orange"), ("slate", "gray"), ("ivory", "white"), ("turquoise", "aqua")),
    ],
)
def test_a_left_out_name_lands_nearest_its_colour(linear, word, colour):
    words, table = linear
    kept = [row for row, each in enumerate(words) if each != word]
    (more,), (vector,) = expand([words[row] for row in kept], table[kept])
    assert more == word
    plain = [each for each in PLAIN_WORDS if each in words[3:]]
    distances = np.linalg.norm(table[[words.index(each) for each in plain]] - vector, axis=1)
    assert plain[distances.argmin()] == colour


def test_nothing_is_added_to_a_vocabulary_that_has_it_all(linear):
    more, vectors = expand(*linear)
    assert more == [] and vectors.shape == (0, WORD_DIM)
