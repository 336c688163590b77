"""The release: what is written of a trained model, here of the one that ships."""

import numpy as np
from PIL import Image

from checkpoints import checkpoint
from config import FACES, PRETRAINED
from sampler import Sampler
from tools import release


def test_weights_of_shipped_weights_are_the_same(tmp_path):
    made, shipped = release.write_weights(PRETRAINED, tmp_path), checkpoint.latest(PRETRAINED)
    assert shipped is not None and made == tmp_path / shipped.name
    before, after = checkpoint.read_arrays(shipped), checkpoint.read_arrays(made)
    assert before.keys() == after.keys()
    for name, array in after.items():
        assert array.dtype == np.float16
        np.testing.assert_array_equal(array, before[name])
        if name.startswith("discriminator/"):
            assert not (array.view(np.uint16) & 0b111111).any(), "bits that take room"
    assert checkpoint.generator_path(made).is_file()
    assert len(list(tmp_path.iterdir())) == 2


def test_the_demonstration_set_can_be_made_again(tmp_path, monkeypatch):
    monkeypatch.setattr(release, "COUNT", 20)
    release.write_faces(Sampler.load(PRETRAINED), tmp_path)
    rows = (tmp_path / "tags.csv").read_text().splitlines()
    assert rows == (FACES / "tags.csv").read_text().splitlines()[:20]
    for number in (1, 20):
        with Image.open(tmp_path / f"{number}.jpg") as image:
            assert image.size == (64, 64)
