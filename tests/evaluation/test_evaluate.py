"""Evaluation: figures that follow from what is drawn, the command, the short form."""

import dataclasses
import json
import sys
import types

import numpy as np
import pytest
from PIL import Image

import DCGAN
from checkpoints import checkpoint
from config import PRETRAINED, ROOT, ModelConfig, UsageError
from dataset.cache import load_dataset
from dataset.faces import hold_out
from evaluation import evaluate
from evaluation.classifier import Classifier
from evaluation.evaluate import caption, shares, told
from evaluation.face_detector import detector
from evaluation.monitor import FRECHET, Monitor
from evaluation.real_faces import read_real_faces
from evaluation.report import rounded, table
from sampler import Sampler
from text.colours import COLOURS, EYE_COLOURS, HAIR_COLOURS


@pytest.fixture
def few(monkeypatch):
    """Evaluation of as few faces as there can be."""
    for count in ("PER_PAIR", "PER_COLOUR", "UNSEEN"):
        monkeypatch.setattr(evaluate, count, 2)


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory):
    """The shipped model's, of few faces."""
    output = tmp_path_factory.mktemp("evaluation")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluate, "PER_PAIR", 4)
        patch.setattr(evaluate, "UNSEEN", 8)
        patch.setattr(evaluate, "PER_COLOUR", 3)
        figures = evaluate.evaluate(Sampler.load(PRETRAINED), 0, output)
        again = evaluate.evaluate(Sampler.load(PRETRAINED), 0, output)
    assert figures == again  # same seed, same figures
    return figures, output


def test_files(evaluation):
    figures, output = evaluation
    assert {p.name for p in output.iterdir()} == {"evaluation.json", "faces.png", "pairs.png"}
    assert json.loads((output / "evaluation.json").read_text()) == rounded(figures)


def test_the_shipped_model_fits_words_and_chance_does_not(evaluation):
    fit = evaluation[0]["fit"]
    assert fit["tags"]["both"][0] > 0.6 and fit[evaluate.SENTENCES]["both"][0] > 0.6
    assert fit["tags, shuffled"]["hair"][0] < 0.2
    for found in fit.values():
        for share, low, high in found.values():
            assert 0 <= low <= share <= high <= 1


def test_every_figure_has_the_real_one_beside_it(evaluation):
    figures = evaluation[0]
    for name, found in figures["quality"].items():
        assert set(found) == {"drawn", "real"}, name
    assert figures["quality"]["Fréchet distance"]["drawn"] > 0
    assert set(figures["unseen"]) == {"purple hair black eyes"}
    for slot, colours in COLOURS.items():
        assert set(figures["colours"][slot]) == set(colours)


def decimal(value, digits=3):
    return f"{value:.{digits}f}".removeprefix("0")


def test_the_readme_has_the_figures_of_the_shipped_model():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    figures = json.loads((ROOT / "docs" / "evaluation.json").read_text())
    fit, rows = figures["fit"], {}
    rows["real faces, tags as given"] = fit["real faces"]
    rows["tags"] = fit["tags"]
    rows["sentences of forms that it was not trained on"] = fit[evaluate.SENTENCES]
    rows["the same with other names of the colours"] = fit[evaluate.SYNONYMS]
    rows["one of the colours alone"] = fit["hair or eyes alone"]
    rows["tags of other faces (chance)"] = fit["tags, shuffled"]
    pair = "purple hair black eyes"
    rows[f"a pair that is not in its data: `{pair}`"] = figures["unseen"][pair]
    expected = [
        f"| {name} | " + " | ".join(decimal(share) for share, _, _ in found.values()) + " |"
        for name, found in rows.items()
    ]
    for name, key in {
        "Fréchet distance (features of the classifier)": "Fréchet distance",
        "precision": "precision",
        "recall": "recall",
        "distance of two faces of one caption": "distance in a caption",
        "1 − SSIM of these": "1 - SSIM in a caption",
        "distance of two faces of one hair colour": "distance, hair alone",
        "distance of two faces of one eye colour": "distance, eyes alone",
    }.items():
        found = (figures["quality"] | figures["variety"])[key]
        drawn, real = found["drawn"], found["real"]
        digits = 3 if real < 1 else 2
        ratio = decimal(drawn / real, 1 if drawn > 2 * real else 2)
        expected.append(
            f"| {name} | {decimal(drawn, digits)} | {decimal(real, digits)} | {ratio} |"
        )
    missing = [row for row in expected if row not in readme]
    assert not missing, "\n".join(missing)


def test_one_colour_alone(evaluation):
    figures = evaluation[0]
    named = figures["fit"]["hair or eyes alone"]
    assert list(named) == ["hair", "eyes"]
    assert min(share for share, _, _ in named.values()) > 0.6
    in_a_pair = figures["variety"]["distance in a caption"]["real"]
    for name in COLOURS:
        apart = figures["variety"][f"distance, {name} alone"]
        assert apart["drawn"] > 0 and apart["real"] > in_a_pair  # the other colour is open


def test_table(evaluation):
    text = table(evaluation[0])
    assert "never seen: purple hair black eyes" in text
    for part in ("real faces", "tags, shuffled", "hair or eyes alone", "recall"):
        assert part in text
    assert all(len(line) <= 250 for line in text.splitlines())


def test_told_in_held_out_sentences():
    for texts, labels in told(3).values():
        assert len(texts) == len(labels) == len(HAIR_COLOURS) * len(EYE_COLOURS) * 10
        assert len(set(texts)) > len(texts) / 2
    assert (
        told(3)[evaluate.SENTENCES][0]
        == told(3)[evaluate.SENTENCES][0]
        != told(4)[evaluate.SENTENCES][0]
    )
    text, label = (each[0] for each in told(0)[evaluate.SENTENCES])
    assert all(colours[n] in text for colours, n in zip(COLOURS.values(), label, strict=True))


def test_shares():
    found = shares(np.array([[True, True], [True, False], [True, True], [False, True]]))
    assert [found[k][0] for k in ("hair", "eyes", "both")] == [0.75, 0.75, 0.5]


def test_held_out_captions_are_reported(few, tmp_path):
    sampler = Sampler.load(PRETRAINED)
    sampler.header = dataclasses.replace(sampler.header, held_out=(caption(np.array([3, 8])),))
    found = evaluate.evaluate(sampler, 0, tmp_path)
    assert list(found["unseen"]) == ["blue hair red eyes", "purple hair black eyes"]


def test_memory_finds_copies():
    """Drawn faces that are training faces, but for noise, are found with their originals."""
    random = np.random.default_rng(0)
    blocks = random.integers(0, 256, (60, 8, 8, 3)).astype(np.uint8)
    images = blocks.repeat(8, axis=1).repeat(8, axis=2)

    class Data:
        caption_ids = np.zeros(60, int)

        def __init__(self):
            self.images = images

        def read(self, which):
            return self.images[which]

        def __len__(self):
            return 60

    classifier = Classifier.load()
    copies = np.clip(images[[7, 3]] + random.normal(0, 2, (2, 64, 64, 3)), 0, 255)
    copies = copies.astype(np.uint8)
    figures, sheet = evaluate.memory(
        copies, classifier.judge(copies).features, Data(), classifier, 0
    )
    assert figures["nearer than 99 % of training faces"] == 1
    assert sheet.dtype == np.uint8
    other = random.integers(0, 256, (3, 64, 64, 3)).astype(np.uint8)
    figures, _ = evaluate.memory(other, classifier.judge(other).features, Data(), classifier, 0)
    assert figures["nearer than 99 % of training faces"] == 0


def test_real_faces_are_like_real_faces():
    real = read_real_faces()
    random = np.random.default_rng(0)
    drawn = random.integers(0, 256, (100, 64, 64, 3)).astype(np.uint8)
    same = evaluate.quality(drawn, real.features[0], real)
    assert same["Fréchet distance"]["drawn"] == pytest.approx(0, abs=1e-6)
    assert (same["precision"]["drawn"], same["recall"]["drawn"]) == (1, 1)
    noise = random.permuted(real.features[1], axis=0)  # each feature by itself is as it was
    other = evaluate.quality(drawn, noise, real)
    assert other["Fréchet distance"]["drawn"] > 5 * other["Fréchet distance"]["real"]
    assert other["precision"]["drawn"] < other["precision"]["real"] - 0.2
    assert other["sliced Wasserstein, 64 px"]["drawn"] > 10 * real.patches_apart[0]


def test_cascade(tmp_path, monkeypatch):
    with pytest.raises(UsageError, match=r"--cascade .*none\.xml is no file"):
        detector(tmp_path / "none.xml")
    (tmp_path / "some.xml").write_text("<nothing/>")
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(UsageError, match='pip install "opencv-python-headless<5"'):
        detector(tmp_path / "some.xml")


class FakeCascade:
    """OpenCV's, that finds a face in bright images."""

    def __init__(self, path):
        if "broken" in path:
            raise SystemError("returned a result with an exception set")
        self.path = path

    def empty(self):
        return "empty" in self.path

    def detectMultiScale(self, gray, scale, neighbours):
        assert gray.shape == (192, 192)
        return [(0, 0, 9, 9)] if gray.mean() > 100 else ()


def test_cascades_that_are_none_and_one_that_is(tmp_path, monkeypatch):
    fake = types.SimpleNamespace(error=ArithmeticError, COLOR_RGB2GRAY=7)
    monkeypatch.setitem(sys.modules, "cv2", fake)
    for name in ("broken.xml", "empty.xml", "good.xml"):
        (tmp_path / name).touch()
    with pytest.raises(UsageError, match="needs OpenCV 4"):  # a version without cascades
        detector(tmp_path / "good.xml")
    fake.CascadeClassifier = FakeCascade
    fake.cvtColor = lambda image, code: image[..., 0]
    fake.resize = lambda gray, size, fx, fy: gray.repeat(fx, axis=0).repeat(fy, axis=1)
    for name in ("broken.xml", "empty.xml"):
        with pytest.raises(UsageError, match=rf"--cascade .*{name} is not a cascade"):
            detector(tmp_path / name)
    images = np.full((4, 64, 64, 3), 200, np.uint8)
    images[0] = 0
    assert detector(tmp_path / "good.xml")(images) == 0.75


def test_the_command(few, tmp_path, capsys):
    assert DCGAN.main(["--evaluate", "-o", str(tmp_path / "deep" / "er")]) == 0
    said = capsys.readouterr().out
    assert "Fréchet" in said and "evaluation.json and sheets in" in said
    assert DCGAN.main(["--evaluate", "--data", str(tmp_path / "none")]) == 2
    for wrong, mode in (("--grid", "--generate"), ("--minutes=3", "--train")):
        with pytest.raises(SystemExit):
            DCGAN.main(["--evaluate", wrong])
        assert f"goes with {mode}, not with --evaluate" in capsys.readouterr().err


def test_with_data_the_nearest_faces_are_shown(few, faces, tmp_path, capsys):
    assert DCGAN.main(["--evaluate", "--data", str(faces), "-o", str(tmp_path)]) == 0
    assert (tmp_path / "nearest.png").is_file()
    assert "nearest training face, drawn" in capsys.readouterr().out


# ---- the short form


@pytest.fixture
def data(faces, tmp_path):
    return load_dataset(faces, None, 32, tmp_path / "cache")


def test_monitor(data):
    monitor = Monitor(data, ModelConfig(text_dim=6, encoder="none", noise=5), seed=0)
    assert monitor.noise.shape == (len(monitor.rows), 5)
    assert set(monitor.rows) == set(range(len(data.captions)))
    own = np.array([data.images[data.caption_ids == row][0] for row in monitor.rows])
    figures = monitor.measure(own)
    assert set(figures) == {f"evaluation/{n}" for n in ("hair", "eyes", "frechet", "variety")}
    assert figures["evaluation/variety"] == pytest.approx(0, abs=1e-3)  # one face a caption
    worse = monitor.measure(255 - own)
    assert worse[FRECHET] > figures[FRECHET]


def test_held_out_captions_are_not_learnt_from(data):
    some = data.captions[2:4]
    left = hold_out(data, some)
    assert (
        len(left) == np.isin(data.caption_ids, [0, 1, 4, 5]).sum()
        and left.captions == data.captions
    )
    expected = data.images[np.isin(data.caption_ids, [0, 1, 4, 5])]
    np.testing.assert_array_equal(left.read(np.arange(len(left))), expected)
    assert not set(left.caption_ids) & {2, 3}


def test_hold_out_is_kept_by_a_resumed_training(faces, tmp_path, capsys):
    folder = tmp_path / "model"
    common = ["--train", "--data", str(faces), "--model", str(folder), "--size=32", "--width=4"]
    common += ["--hold-out=2", "--paraphrase=2"]
    assert DCGAN.main([*common, "--steps=2", "--init=scratch"]) == 0
    first = capsys.readouterr().out
    header = checkpoint.read_header(checkpoint.latest(folder))
    assert len(header.held_out) == 2 and f"held out  {', '.join(header.held_out)}" in first
    assert DCGAN.main([*common, "--steps=3"]) == 0
    assert checkpoint.read_header(checkpoint.latest(folder)).held_out == header.held_out
    assert (
        DCGAN.main(
            ["--train", "--data", str(faces), "--model", str(tmp_path / "new"), "--hold-out=1"]
        )
        == 2
    )
    assert "--hold-out 1: these weights were trained with 0" in capsys.readouterr().err
    assert DCGAN.main([*common[:-2], "--hold-out=1", "--steps=4"]) == 2
    assert "--hold-out 1: these weights were trained with 2" in capsys.readouterr().err


# ---- images without tags


@pytest.fixture
def untagged(tmp_path):
    """Drawn faces of four captions without tags, and a file that is no image."""
    folder = tmp_path / "untagged"
    (folder / "deep").mkdir(parents=True)
    texts = [f"{hair} hair {eyes} eyes" for hair in ("blue", "pink") for eyes in ("red", "green")]
    drawn = Sampler.load(PRETRAINED).sample(texts * 5, [(0, i) for i in range(20)])
    for number, image in enumerate(drawn):
        Image.fromarray(image).save(folder / ("deep" if number % 2 else "") / f"f,{number}.png")
    (folder / "broken.png").write_bytes(b"none")
    return folder


def test_images_without_tags_are_captioned_by_what_is_seen(untagged, tmp_path, capsys):
    folder = tmp_path / "model"
    command = ["--train", "--data", str(untagged), "--model", str(folder), "--size=32", "--width=4"]
    command += ["--paraphrase=0", "--write-tags", "--steps=1", "--init=scratch"]
    assert DCGAN.main(command) == 0
    said = capsys.readouterr().out
    assert "as the classifier sees them" in said and "cannot be read: broken.png" not in said
    assert (folder / "labels.png").is_file()
    header, *rows = (untagged / "tags.csv").read_text().splitlines()
    assert header == "id,text"
    assert len(rows) >= 12  # it is not sure of all
    texts = [row.split('",')[1] for row in rows]
    assert sum(text.startswith(("blue hair", "pink hair")) for text in texts) > 0.8 * len(rows)
    # From now on these are the tags, read like any other.
    command[command.index("--init=scratch")] = "--steps=2"
    assert DCGAN.main([*command[:-2], "--steps=2"]) == 0
    said = capsys.readouterr().out
    assert "labels    not written: the images have tags" in said
    assert f"{len(rows)} used" in said


def test_untagged_images_that_cannot_be_read_are_named(tmp_path, capsys):
    folder = tmp_path / "bad"
    folder.mkdir()
    (folder / "broken.png").write_bytes(b"none")
    assert DCGAN.main(["--train", "--data", str(folder), "--model", str(tmp_path / "m")]) == 1
    error = capsys.readouterr().err
    assert "No image" in error and "broken.png" in error
