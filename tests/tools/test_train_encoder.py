"""Training the encoder: stopped and continued, and what the command refuses."""

import itertools

import numpy as np
import pytest

from config import DEFAULT_SIZE, ProjectError, UsageError
from dataset.cache import load_dataset
from skipthoughts_encoder import load_encoder
from text.attributes import FACTS
from tools import encoder_probe, train_encoder
from tools.encoder_batches import batches
from tools.encoder_network import DIRECTIONS, build
from tools.train_encoder import find_extra, fit, main


@pytest.fixture(autouse=True)
def small_probe(monkeypatch):
    """Fit probes to a few texts only."""
    monkeypatch.setattr(encoder_probe, "TEXTS", 600)
    monkeypatch.setattr(encoder_probe, "EPOCHS", 1)


@pytest.fixture
def stop(monkeypatch):
    """Make training stop at a batch, as if the user had pressed Ctrl+C."""

    def at(number, model):
        calls = itertools.count()

        def stopping(*args):
            stops = next(calls) == list(DIRECTIONS).index(model)
            for count, batch in enumerate(batches(*args)):
                if stops and count == number:
                    raise KeyboardInterrupt
                yield batch

        # The calls are counted when the batches are first asked for; a finished model asks too.
        monkeypatch.setattr(train_encoder, "batches", stopping)

    return at


def test_training_that_is_stopped_and_continued_writes_the_same_bytes(
    trained, tmp_path, capsys, monkeypatch, stop
):
    directory, settings = trained.directory, trained.settings
    output = tmp_path / "new" / "encoder"
    options = [f"--stories={settings.stories}", f"--updates={settings.updates}"]
    monkeypatch.setattr(train_encoder, "SAVE_EVERY", 2)
    for model, kept in [("uni", ["uni"]), ("bi", ["bi", "uni"])]:
        stop(3, model)
        assert main([f"--output={output}", *options]) == 130
        assert "continues from the last save" in capsys.readouterr().err
        (work,) = output.parent.iterdir()
        assert work.name.startswith(".encoder-")
        assert sorted(path.stem for path in work.iterdir()) == kept
        with np.load(work / f"{model}.npz") as arrays:
            assert arrays["done"] == 2
    monkeypatch.setattr(train_encoder, "batches", batches)
    assert main([f"--output={output}", *options]) == 0
    assert "read off sentences it was not trained on: hair 0." in capsys.readouterr().out
    assert list(output.parent.iterdir()) == [output]
    assert load_encoder(output).probe is not None
    for path in directory.iterdir():
        assert path.read_bytes() == (output / path.name).read_bytes(), path.name


def test_other_settings_start_over(tmp_path, stop):
    stop(0, "uni")
    settings: list[tuple[int, int, int, list[str], list[str]]] = [
        *((5, 2, 0, [], []), (6, 2, 0, [], []), (5, 3, 0, [], []), (5, 2, 1, [], [])),
        *((5, 2, 0, ["teal"], []), (5, 2, 0, [], ["apron"]), (5, 2, 0, [], ["apron", "sky"])),
    ]
    for number, each in enumerate([*settings, settings[0]], start=1):
        stop(0, "uni")
        with pytest.raises(KeyboardInterrupt):
            train_encoder.train(tmp_path / "encoder", *each)
        assert len(list(tmp_path.iterdir())) == min(number, len(settings))


def damaged_checkpoints(content):
    yield b""
    yield b"no archive"
    yield content[:100]
    yield content[: len(content) // 2]
    yield content[:-1]
    yield content[:3000] + b"\0" * 100 + content[3100:]


def test_a_checkpoint_that_does_not_fit_is_named(tmp_path):
    data = batches([[["a"], ["b"], ["c"]]] * 5, ["<eos>", "UNK", "a", "b", "c"], 0)
    model, kept = build(5, 1), tmp_path / "uni.npz"
    fit(model, data, 1, kept)
    content = kept.read_bytes()
    for damaged in damaged_checkpoints(content):
        kept.write_bytes(damaged)
        with pytest.raises(ProjectError, match=r"(?s)uni\.npz .*Remove it to start over"):
            fit(model, data, 1, kept)
    for other in (build(6, 1), build(5, 2)):
        kept.write_bytes(content)
        with pytest.raises(ProjectError, match=r"(?s)uni\.npz .*Remove it to start over"):
            fit(other, data, 1, kept)
    fit(model, data, 1, kept)
    assert kept.read_bytes() == content


def test_the_command_replaces_nothing_but_an_encoder(tmp_path, capsys):
    (tmp_path / "mine.txt").touch()
    assert main([f"--output={tmp_path}"]) == UsageError.exit_code
    assert "holds mine.txt" in capsys.readouterr().err
    assert main([f"--output={tmp_path / 'mine.txt'}"]) == UsageError.exit_code
    assert main([f"--output={tmp_path / 'mine.txt' / 'below'}"]) == UsageError.exit_code
    assert main(["--updates=0"]) == UsageError.exit_code
    assert "--updates must be 1 or more. Received: 0" in capsys.readouterr().err
    for seed in (-1, 2**32):
        assert main([f"--seed={seed}", "--output=new"]) == UsageError.exit_code
        assert f"--seed must be from 0 to 2^32 - 1. Received: {seed}" in capsys.readouterr().err


def test_the_command_replaces_no_encoder_unless_asked_to(trained, tmp_path, capsys, stop):
    (tmp_path / "dictionary.txt").touch()
    assert main([f"--output={tmp_path}"]) == UsageError.exit_code
    assert "add --overwrite" in capsys.readouterr().err
    stop(0, "uni")
    assert main([f"--output={tmp_path}", "--stories=5", "--overwrite"]) == 130
    assert [path.name for path in tmp_path.iterdir()] == ["dictionary.txt"]


@pytest.fixture
def captioned(faces, tmp_path, monkeypatch):
    """Return a function that opens the twelve faces with a caption each."""
    monkeypatch.setattr(train_encoder, "EXTRA_IMAGES", 3)

    def load(captions):
        tags = tmp_path / "mine.csv"
        rows = [f'{n},"{captions[n % len(captions)]}"' for n in range(12)]
        tags.write_text("\n".join(["id,text", *rows]))
        return load_dataset(faces, tags, DEFAULT_SIZE, tmp_path / "cache")

    return load


def test_what_captions_say_beside_facts_is_found(captioned):
    dataset = captioned(
        [
            "blue hair, Apron, school uniform, solo, solo, no hat, apron",
            "red hair, apron., glasses, a very strange xyzzy near the sofa",
            "an apron, red eyes, a rare tag",
            "green hair, solo, a ghost with a xyzzy under the xyzzy",
        ]
    )
    found = find_extra(dataset)
    assert set(found[:3]) == {"apron", "solo", "xyzzy"}  # of six images each
    assert {"school uniform", "an apron", "a rare tag", "ghost"} <= {*found}
    assert not {"blue hair", "glasses", "no hat", "hat", "sofa", "the", "."}.intersection(found)


def test_rare_tags_and_all_but_the_commonest_are_left_out(captioned, monkeypatch):
    dataset = captioned(["apron, cape", "apron, veil, umbrella", "apron, cape"])
    assert find_extra(dataset) == ["apron", "cape", "umbrella"]
    monkeypatch.setattr(train_encoder, "EXTRA_IMAGES", 5)
    assert find_extra(dataset) == ["apron", "cape"]
    monkeypatch.setattr(train_encoder, "MOST_EXTRA", 1)
    assert find_extra(dataset) == ["apron"]
    assert find_extra(captioned(["blue hair", "red eyes, long hair"])) == []


def test_the_command_teaches_the_tags_of_a_data_set(faces, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(train_encoder, "EXTRA_IMAGES", 3)
    (faces / "metadata.csv").write_text(
        "file_name,text\n"
        + "".join(
            f'{n}.png,"{colour} hair, school uniform"\n'
            for n, colour in enumerate(["blue", "red"] * 6)
        )
    )
    output = tmp_path / "encoder"
    options = [f"--output={output}", "--stories=20", "--updates=2", f"--captions={faces}"]
    try:
        assert main(options) == 0
    finally:
        (faces / "metadata.csv").unlink()
    assert "1 further tag: school uniform" in capsys.readouterr().out
    encoder = load_encoder(output)
    assert encoder.facts == (*FACTS, "school uniform")
    assert encoder.probe is not None and encoder.probe.facts == encoder.facts
    assert {"school", "uniform"} <= {word for word in ("school", "uniform") if word in encoder.rows}


def test_captions_that_cannot_be_read_are_named(tmp_path, capsys):
    options = [f"--output={tmp_path / 'encoder'}", f"--captions={tmp_path / 'nowhere'}"]
    assert main(options) != 0
    assert "nowhere" in capsys.readouterr().err
    assert not (tmp_path / "encoder").exists()
