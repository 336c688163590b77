"""Training, writing and measuring the text encoder, and the one that ships."""

import itertools
import pickle
import re

import keras
import numpy as np
import pytest

import train_encoder
from captions import EYE_COLOURS, HAIR_COLOURS, stories
from config import ROOT, UsageError
from skipthoughts_encoder import load_encoder
from train_encoder import (
    EOS,
    UNK,
    batches,
    build,
    cross_entropy,
    fit,
    main,
    measure,
    vocabulary,
    write,
)

SHIPPED = ROOT / "model" / "text-encoder"
STORIES, UPDATES, SEED = 30, 3, 0


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Both models after a few updates, their words, and the folder they were written to."""
    told = stories(STORIES, SEED)
    words = vocabulary(told)
    keras.utils.set_random_seed(SEED)
    models = {name: build(len(words), n) for name, n in train_encoder.DIRECTIONS.items()}
    for name, model in models.items():
        fit(model, batches(told, words, SEED), UPDATES, title=name)
    directory = tmp_path_factory.mktemp("encoder") / "text-encoder"
    write(directory, words, models)
    return models, words, directory


# ---- sentences


def test_the_vocabulary_is_by_frequency_after_end_and_unknown():
    assert vocabulary([["b a", "c a"], ["c"]]) == ["<eos>", "UNK", "a", "c", "b"]


def test_batches_are_consecutive_sentences_of_one_length_each_once_an_epoch(monkeypatch):
    monkeypatch.setattr(train_encoder, "UNKNOWN_RATE", 0)
    told = [["a", "b b", "c", "d d d"], ["e", "f f", "g g"]]
    words = vocabulary(told)
    data = batches(told, words, seed=0)
    seen = []
    for _ in range(2):  # lengths 1 and 2 of the middle sentences
        batch = next(data)
        assert not np.any(batch.sentence == EOS)
        assert np.all(batch.previous[:, -1] == EOS)
        assert np.all(batch.next[:, -1] == EOS)
        for rows in zip(*batch, strict=True):
            seen.append(tuple(" ".join(words[i] for i in row if i != EOS) for row in rows))
    triples = {("b b", "a", "c"), ("c", "b b", "d d d"), ("f f", "e", "g g")}
    assert set(seen) == triples
    assert len(seen) == len(triples)


def test_some_words_are_read_as_unknown_but_none_has_to_be_predicted():
    told = stories(600, seed=0)
    some = list(itertools.islice(batches(told, vocabulary(told), seed=0), 30))
    share = np.mean(np.concatenate([batch.sentence.ravel() for batch in some]) == UNK)
    assert 0.01 < share < 0.03
    assert not any(np.any(ids == UNK) for batch in some for ids in batch[1:])


# ---- training and writing


def test_the_layout(trained):
    _, words, directory = trained
    assert {path.name for path in directory.iterdir()} == {
        "dictionary.txt",
        "encoder.json",
        *("utable.npy", "uni_skip.npz", "uni_skip.npz.pkl"),
        *("btable.npy", "bi_skip.npz", "bi_skip.npz.pkl"),
    }
    assert list(directory.parent.iterdir()) == [directory]
    assert directory.stat().st_mode & 0o777 == directory.parent.stat().st_mode & 0o777 | 0o055
    assert (directory / "dictionary.txt").read_text().splitlines() == words
    shapes = {"W": (32, 2), "b": (2,), "U": (None, 2), "Wx": (32, 1), "bx": (1,), "Ux": (None, 1)}
    for name, dim, prefixes in [("uni", 96, ["encoder"]), ("bi", 48, ["encoder", "encoder_r"])]:
        table = np.load(directory / f"{name[0]}table.npy")
        assert table.shape == (len(words), 32)
        assert table.dtype == np.float32
        with np.load(directory / f"{name}_skip.npz") as arrays:
            assert {key: arrays[key].shape for key in arrays} == {
                f"{prefix}_{key}": tuple(
                    dim if n is None else n if n == 32 else n * dim for n in shape
                )
                for prefix in prefixes
                for key, shape in shapes.items()
            }
        options = (directory / f"{name}_skip.npz.pkl").read_bytes()
        assert options.startswith(b"(d")  # protocol 0
        assert pickle.loads(options) == {
            "encoder": "gru",
            "dim": dim,
            "dim_word": 32,
            "n_words": len(words),
            "n_words_src": len(words),
        }


def test_the_reader_computes_what_was_trained(trained):
    import keras

    models, words, directory = trained
    encoder = load_encoder(directory)
    assert encoder.dim == 192
    ids = {word: number for number, word in enumerate(words)}
    for text in ["blue hair red eyes", "Her hair is blue .", "xyzzy"]:
        row = np.array([[ids.get(word, UNK) for word in text.lower().split()]])
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


def test_training_reaches_every_part(trained):
    models, _, _ = trained
    for model in models.values():
        for layer in model.layers:
            for kernel in layer.get_weights():
                # Biases begin at zero, so that any other value is from training.
                assert kernel.any(), layer.name


def test_cross_entropy_is_that_of_the_words_and_one_end():
    rng = np.random.default_rng(0)
    ids = np.array([[3, 2, EOS, EOS, EOS], [4, 4, 2, 3, EOS]], np.int32)
    logits = rng.normal(size=(2, 5, 6)).astype(np.float32)
    log_p = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    cost = -np.take_along_axis(log_p, ids[..., None], axis=-1)[..., 0]
    wanted = (cost[0, :3].sum() + cost[1].sum()) / 2
    assert float(cross_entropy(ids, logits)) == pytest.approx(wanted, rel=1e-5)


def test_a_failed_write_leaves_the_earlier_encoder(trained, monkeypatch):
    models, words, directory = trained
    before = {path.name: path.read_bytes() for path in directory.iterdir()}
    rename = train_encoder.Path.rename

    def fail(self, target):
        if self.name == "fresh":
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(train_encoder.Path, "rename", fail)
    with pytest.raises(KeyboardInterrupt):
        write(directory, [*words[:2], *words[:1:-1]], models)
    assert {path.name: path.read_bytes() for path in directory.iterdir()} == before
    assert list(directory.parent.iterdir()) == [directory]


# ---- the command


def test_the_command_writes_the_same_bytes_again(trained, tmp_path, capsys):
    _, _, directory = trained
    output = tmp_path / "new" / "encoder"
    options = [f"--stories={STORIES}", f"--updates={UPDATES}", f"--seed={SEED}"]
    assert main([f"--output={output}", *options]) == 0
    assert "smallest distance" in capsys.readouterr().out
    for path in directory.iterdir():
        assert path.read_bytes() == (output / path.name).read_bytes(), path.name


def test_the_command_replaces_nothing_but_an_encoder(tmp_path, capsys):
    (tmp_path / "mine.txt").touch()
    assert main([f"--output={tmp_path}"]) == UsageError.exit_code
    assert "holds mine.txt" in capsys.readouterr().err
    assert main([f"--output={tmp_path / 'mine.txt'}"]) == UsageError.exit_code
    assert main([f"--output={tmp_path / 'mine.txt' / 'below'}"]) == UsageError.exit_code
    assert main(["--updates=0"]) == UsageError.exit_code
    assert "--updates must be 1 or more. Received: 0" in capsys.readouterr().err


# ---- measuring


def test_measure_on_perfect_and_on_empty_vectors():
    said = [f"{colour}[ -]hair|hair is {colour}" for colour in HAIR_COLOURS]
    said += [f"{colour}[ -]eye|eyes are {colour}" for colour in EYE_COLOURS]

    def perfect(texts):
        return np.array([[bool(re.search(each, text)) for each in said] for text in texts], float)

    report = measure(perfect)
    assert report.smallest_distance == pytest.approx(2**0.5)
    assert report.swap_cosine == pytest.approx(0)
    assert set(report.accuracy.values()) == {(1.0, 1.0)}

    report = measure(lambda texts: np.ones((len(texts), 5)))
    assert report.smallest_distance == 0
    assert report.swap_cosine == pytest.approx(1)
    assert set(report.accuracy.values()) == {(1 / 12, 1 / 10)}


# ---- the encoder that ships


def test_the_shipped_encoder_tells_all_colours_apart():
    report = measure(load_encoder(SHIPPED).encode)
    assert report.smallest_distance > 0.4
    assert report.swap_cosine < 0.85
    for form, (hair, eyes) in report.accuracy.items():
        assert min(hair, eyes) >= 0.9, form


def test_the_shipped_encoder_is_small_and_knows_the_words_of_captions():
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 500_000
    encoder = load_encoder(SHIPPED)
    assert encoder.unknown_words(" ".join([*HAIR_COLOURS, *EYE_COLOURS])) == []
    assert encoder.unknown_words("Long hair, a girl with twintails and glasses!") == []
    assert encoder.unknown_words("xyzzy hair") == ["xyzzy"]


def test_the_shipped_encoder_takes_synonyms_for_their_colours():
    texts = [f"{colour} hair" for colour in HAIR_COLOURS]
    base = load_encoder(SHIPPED).encode(texts)
    said = {"crimson": "red", "azure": "blue", "golden": "blonde", "silver": "gray"}
    said |= {"violet": "purple", "teal": "aqua", "emerald": "green", "raven": "black"}
    vectors = load_encoder(SHIPPED).encode([f"{word} hair" for word in said])
    nearest = [HAIR_COLOURS[i] for i in (vectors @ base.T).argmax(axis=1)]
    assert nearest == list(said.values())
