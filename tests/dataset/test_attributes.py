"""What images surely show joins their captions, where these do not tell."""

import numpy as np
import pytest

from dataset.attributes import add_attributes, as_described

STAMPS = [["classifier", 1, 1]]


@pytest.fixture
def judge():
    """A judge that sees long hair in every image and a smile in bright ones; it counts images."""
    calls: list[np.ndarray] = []

    def judge(images: np.ndarray) -> list[dict[str, bool]]:
        calls.extend(images)
        return [
            {"long hair": True, "smile": bool(image[0, 0, 0] > 1), "boy": False} for image in images
        ]

    judge.calls = calls  # type: ignore[attr-defined]
    return judge


def read_nothing(captions):
    return [{} for _ in captions]


def test_captions_get_what_they_do_not_tell(tmp_path, load, image, write, captions_of, judge):
    files = {f"{n}.png": image(n) for n in range(6)}
    tags = "\n".join(
        [
            "0,blue hair red eyes",
            "1,She has short hair.",
            "2,short hair; blue eyes",
            "3,blue hair red eyes",
            "4,no smile",
            "5,blue hair red eyes",
        ]
    )
    data = load(write(tmp_path / "faces", files | {"tags.csv": tags}))

    def read(captions):
        return [{"short hair": True} if text.startswith("She") else {} for text in captions]

    more = add_attributes(data, judge, STAMPS, read)
    assert captions_of(more) == {
        "0.png": "blue hair red eyes, long hair, no smile, no boy",
        "1.png": "She has short hair, no smile, no boy",
        "2.png": "short hair; blue eyes, smile, no boy",
        "3.png": "blue hair red eyes, long hair, smile, no boy",
        "4.png": "no smile, long hair, no boy",
        "5.png": "blue hair red eyes, long hair, smile, no boy",
    }
    assert more.summary.added == {"long hair": 4, "smile": 3}
    assert "added     by the classifier: long hair 4, smile 3" in more.summary.text()
    assert (more.summary.captions, more.summary.commonest[0][1]) == (5, 2)
    assert data.summary.added == {} and len(more) == len(data) == len(judge.calls)


def test_faces_are_described_by_what_they_show(tmp_path, load, image, write, captions_of):
    files = {f"{n}.png": image(n) for n in range(5)}
    captions = {
        "0.png": "red hair, no hat",
        "1.png": "no smile, red hair, no boy",
        "2.png": "no hat, no smile",
        "3.png": "She has no hat.",
        "4.png": "northern hair, blue eyes",
    }
    tags = "\n".join(f"{name[0]},{text}" for name, text in captions.items())
    described = as_described(load(write(tmp_path / "faces", files | {"tags.csv": tags})))
    shown = {"0.png": "red hair", "1.png": "red hair"}
    assert captions_of(described) == captions | shown
    assert len(described.captions) == 4


def test_images_are_judged_once_by_each_judge(tmp_path, load, two, write, judge):
    folder = write(tmp_path / "faces", two | {"tags.csv": "1,red hair\n2,blue hair\n"})
    first = add_attributes(load(folder), judge, STAMPS, read_nothing)
    again = add_attributes(load(folder), judge, STAMPS, read_nothing)
    assert len(judge.calls) == 2 and again.captions == first.captions
    add_attributes(load(folder), judge, [["another", 1, 1]], read_nothing)
    assert len(judge.calls) == 4


def test_further_captions_stay_with_images_whose_captions_all_have_them(
    tmp_path, load, image, write, judge
):
    files = {f"{n}.png": image(n) for n in range(4)}
    tags = "0,hat\n0,a cap\n1,hat\n1,a cap\n2,hat\n2,a cap\n3,hat, long hair, smile\n"
    data = load(write(tmp_path / "faces", files | {"tags.csv": tags}))
    assert data.others == {0: ["a cap"]}
    more = add_attributes(data, judge, STAMPS, read_nothing)
    assert more.captions == [
        "hat, long hair, no smile, no boy",
        "hat, long hair, smile, no boy",
    ]
    assert more.others == {0: ["a cap"]}, "the caption of 2 is also that of 3, which is no cap"
