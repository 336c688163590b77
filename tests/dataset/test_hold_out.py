"""Captions that are held out: their images are not trained on, and a resumed run knows them."""

import numpy as np

import DCGAN
from checkpoints import checkpoint
from dataset.cache import load_dataset
from dataset.faces import hold_out


def newest(folder):
    path = checkpoint.latest(folder)
    assert path is not None
    return checkpoint.read_header(path)


def test_held_out_captions_are_not_learnt_from(faces, tmp_path):
    data = load_dataset(faces, None, 32, tmp_path / "cache")
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
    header = newest(folder)
    assert len(header.held_out) == 2 and f"held out  {', '.join(header.held_out)}" in first
    assert DCGAN.main([*common, "--steps=3"]) == 0
    assert newest(folder).held_out == header.held_out
    assert (
        DCGAN.main(
            ["--train", "--data", str(faces), "--model", str(tmp_path / "new"), "--hold-out=1"]
        )
        == 2
    )
    assert "weights that were trained with 0 captions held out" in capsys.readouterr().err
    assert DCGAN.main([*common[:-2], "--hold-out=1", "--steps=4"]) == 2
    assert "weights that were trained with 2 captions held out" in capsys.readouterr().err
