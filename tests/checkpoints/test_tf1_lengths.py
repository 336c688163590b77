"""TensorFlow 1 checkpoints may not declare more than their files hold."""

import pytest

from checkpoints import tf1_checkpoint
from config import ProjectError


def test_a_checkpoint_of_2017_that_lies_about_its_lengths_is_refused(tmp_path, monkeypatch):
    import tensorflow as tf

    class Reader:
        def get_variable_to_shape_map(self):
            return {"g_embedding/weight": [10**6, 10**6]}

        def get_variable_to_dtype_map(self):
            return {"g_embedding/weight": tf.float32}

    (tmp_path / "model.ckpt.index").touch()
    (tmp_path / "model.ckpt.data-00000-of-00001").write_bytes(bytes(1000))
    monkeypatch.setattr(tf.train, "load_checkpoint", lambda path: Reader())
    with pytest.raises(ProjectError, match=r"model\.ckpt cannot be read.*4,000,000,000,000 bytes"):
        tf1_checkpoint.convert(tmp_path / "model.ckpt")
