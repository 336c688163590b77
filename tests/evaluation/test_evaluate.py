"""Evaluation: figures that follow from the faces, the files, and the command."""

import dataclasses
import json
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

import DCGAN
from config import PRETRAINED, TRUNCATION
from dataset.faces import Dataset
from evaluation import evaluate
from evaluation.classifier import Classifier, Judged
from evaluation.figures import Comparison
from evaluation.real_faces import read_real_faces
from evaluation.report import to_json
from evaluation.subject import Faces, Subject
from sampler import Sampler
from text.colours import COLOURS, HAIR_COLOURS, caption


def test_files(evaluation):
    figures, output = evaluation
    names = {"evaluation.html", "evaluation.json", "faces.png", "pairs.png"}
    assert {p.name for p in output.iterdir()} == names
    assert json.loads((output / "evaluation.json").read_text()) == to_json(figures)


def test_the_page_has_figures_sheets_and_confusions(evaluation):
    figures, output = evaluation
    page = (output / "evaluation.html").read_text("utf-8")
    assert page.count("<h2>") == 4 + 4 and page.count("data:image/jpeg") == 2
    assert figures.fit.tags.both and f"{figures.fit.tags.both.value:.1%} of the faces" in page
    for part in ("real faces, by their tags", "Fréchet distance", "generated faces, hair", "seen"):
        assert part in page


def test_the_shipped_model_fits_words_and_chance_does_not(evaluation):
    fit = evaluation[0].fit
    assert fit.tags.both.value > 0.6 and fit.sentences.both.value > 0.6
    assert fit.shuffled_tags.hair.value < 0.2
    accuracies = dataclasses.asdict(fit).values()
    shares = [share for accuracy in accuracies for share in accuracy.values() if share]
    assert len(shares) == 6 * 3 - 1
    for share in shares:
        assert 0 <= share["low"] <= share["value"] <= share["high"] <= 1


def test_every_figure_has_the_real_one_beside_it(evaluation):
    figures = evaluation[0]
    patches = figures.quality.patches
    assert list(patches) == [64, 32, 16]
    for comparison in [*vars(figures.quality).values(), *patches.values()]:
        assert isinstance(comparison, Comparison) or comparison is patches
    assert figures.quality.frechet.generated > 0
    assert set(figures.unseen) == {"purple hair black eyes"}
    for slot, colours in COLOURS.items():
        assert set(figures.colours[slot]) == set(figures.real_colours[slot]) == set(colours)


def test_one_colour_alone(evaluation):
    figures = evaluation[0]
    named = figures.fit.one_colour
    assert named.both is None
    assert min(named.hair.value, named.eyes.value) > 0.6
    in_a_pair = figures.variety.one_caption.real
    for apart in (figures.variety.one_hair, figures.variety.one_eyes):
        assert apart.generated > 0 and apart.real > in_a_pair  # the other colour is open


def test_the_shipped_model_heeds_the_length_of_hair(evaluation):
    heeded = evaluation[0].heeded
    for name in ("long hair", "short hair"):
        found = heeded[name]
        assert found.told > found.untold > found.denied and 0.8 < found.accuracy < 1


def test_what_a_model_was_not_shown_is_not_measured(few):
    sampler = Sampler.load(PRETRAINED)
    subject = Subject(sampler, Classifier.load(), read_real_faces(), 0)
    sampler.header = dataclasses.replace(sampler.header, shown={"blue hair": 90, "long hair": 50})
    assert list(evaluate.heeded(subject)) == ["long hair"]
    sampler.header = dataclasses.replace(sampler.header, shown={})
    assert evaluate.heeded(subject) == {}


def test_held_out_captions_are_reported(few, tmp_path):
    sampler = Sampler.load(PRETRAINED)
    sampler.header = dataclasses.replace(sampler.header, held_out=("blue hair red eyes",))
    found = evaluate.evaluate(sampler, 0, tmp_path)
    assert list(found.unseen) == ["blue hair red eyes", "purple hair black eyes"]


@pytest.mark.parametrize(
    ("origin", "data", "count"),
    [
        ("scratch", True, 120 - 6),
        ("scratch", False, 1),
        ("pretrained, step 52992", True, 0),
        ("pretrained, step 52992", False, 1),
        ("model.ckpt", True, 120 - 6),
    ],
)
def test_a_model_has_seen_what_the_weights_it_began_with_saw(origin, data, count, tmp_path):
    """The six pairs of the data, of which one is the pair that the shipped model never saw."""
    header = SimpleNamespace(origin=origin, held_out=())
    sampler: Any = SimpleNamespace(header=header, path=tmp_path / "checkpoint-00000001.npz")
    shipped = read_real_faces().labels
    captions = ["purple hair black eyes", *(f"{hair} hair red eyes" for hair in HAIR_COLOURS[:5])]
    dataset: Any = SimpleNamespace(captions=captions) if data else None
    assert len(evaluate.unseen_pairs(sampler, shipped, dataset)) == count


def test_the_shipped_model_has_seen_its_own_data_whatever_data_is_given(newest):
    sampler: Any = SimpleNamespace(
        header=SimpleNamespace(origin="scratch", held_out=()), path=newest(PRETRAINED)
    )
    dataset: Any = SimpleNamespace(captions=["blue hair red eyes", "red hair blue eyes"])
    (pair,) = evaluate.unseen_pairs(sampler, read_real_faces().labels, dataset)
    assert caption(pair) == "purple hair black eyes"


@pytest.fixture
def blocks(tmp_path):
    """Sixty training images of 8×8 random blocks."""
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (60, 8, 8, 3)).astype(np.uint8)
    images = images.repeat(8, axis=1).repeat(8, axis=2)
    summary: Any = None  # not read here
    return Dataset(images, ["a face"], np.zeros(60, np.int32), summary, tmp_path)


def test_copies_of_training_images_are_found(blocks):
    """Faces that are training images plus a little noise are found with their originals."""
    random, classifier = np.random.default_rng(0), Classifier.load()

    def find(images):
        faces = Faces(images, np.zeros((len(images), 2), int), classifier.judge(images))
        return evaluate.nearest_training_faces(faces, blocks, classifier, 0)

    copies = blocks.images[[7, 3]] + random.normal(0, 2, (2, 64, 64, 3))
    figures, sheet = find(np.clip(copies, 0, 255).astype(np.uint8))
    assert figures.nearer == 1
    assert sheet.dtype == np.uint8
    figures, _ = find(random.integers(0, 256, (3, 64, 64, 3)).astype(np.uint8))
    assert figures.nearer == 0


def test_real_faces_are_like_real_faces():
    real = read_real_faces()
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (100, 64, 64, 3)).astype(np.uint8)

    def quality(features):
        judged = Judged(np.empty(0), np.empty(0), np.empty(0), features)
        return evaluate.quality(Faces(images, real.labels, judged), real)

    same = quality(real.features[0])
    assert same.frechet.generated == pytest.approx(0, abs=1e-6)
    assert (same.precision.generated, same.recall.generated) == (1, 1)
    noise = random.permuted(real.features[1], axis=0)  # each feature by itself is as it was
    other = quality(noise)
    assert other.frechet.generated > 5 * other.frechet.real
    assert other.precision.generated < other.precision.real - 0.2
    assert other.patches[64].generated > 10 * real.patches_apart[0]


def test_the_command(few, tmp_path, capsys):
    assert DCGAN.main(["--evaluate", "-o", str(tmp_path / "deep" / "er")]) == 0
    output = capsys.readouterr().out
    assert "Fréchet" in output and "evaluation.json and sheets in" in output
    assert DCGAN.main(["--evaluate", "--data", str(tmp_path / "none")]) == 2
    for wrong, mode in (("--grid", "--generate"), ("--minutes=3", "--train and --check")):
        with pytest.raises(SystemExit):
            DCGAN.main(["--evaluate", wrong])
        assert f"goes with {mode}, not with --evaluate" in capsys.readouterr().err


def test_with_data_the_nearest_faces_are_shown(few, faces, tmp_path, capsys):
    assert DCGAN.main(["--evaluate", "--data", str(faces), "-o", str(tmp_path)]) == 0
    assert (tmp_path / "nearest.png").is_file()
    assert "median distance to nearest training face" in capsys.readouterr().out


def test_a_sheet_of_an_earlier_evaluation_is_removed(tmp_path):
    sheet = np.zeros((9, 9, 3), np.uint8)
    evaluate.write_nearest(sheet, tmp_path)
    evaluate.write_nearest(None, tmp_path)
    assert (tmp_path / "nearest.png").is_file()  # in a folder without an evaluation: the user's
    (tmp_path / "evaluation.json").touch()
    evaluate.write_nearest(None, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["evaluation.json"]


def test_without_a_terminal_only_the_figures_are_shown(few, tmp_path, capfd):
    assert DCGAN.main(["--evaluate", "-o", str(tmp_path)]) == 0
    assert capfd.readouterr().err == ""


def test_fewer_broken_faces_are_also_measured_unless_they_are_what_is_measured(evaluation):
    figures = evaluation[0]
    assert figures.truncation == 1 and figures.as_drawn.truncation == TRUNCATION
    assert figures.as_drawn.recall.real == figures.quality.recall.real
    nothing, once = cast(Any, None), cast(Any, SimpleNamespace(default_tries=1))
    assert evaluate.as_drawn(Subject(once, nothing, nothing, 0, TRUNCATION)) is None


def test_faces_as_drawn_seem_less_broken(evaluation):
    figures = evaluation[0]
    assert 0.1 < figures.quality.broken.generated < 0.4 and 0.5 < figures.inspector_area < 1
    assert figures.as_drawn.broken.generated < 0.85 * figures.quality.broken.generated
    assert figures.as_drawn.broken.real == figures.quality.broken.real < 0.1
