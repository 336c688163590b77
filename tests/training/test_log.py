"""The training log, where the disk is full."""

from pathlib import Path

import pytest
import tensorflow as tf

from config import ProjectError
from training.log import Log


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_log_for_which_there_is_no_room_is_named(tmp_path):
    log = Log(tmp_path, 0)
    log._path = Path("/dev/full")
    with pytest.raises(ProjectError, match=r"Cannot write /dev/full: No space left.* bytes are fr"):
        log.scalars(1, 64, {"loss": 0.5})


def test_an_event_log_for_which_there_is_no_room_is_named(tmp_path, monkeypatch):
    def full(*_):
        raise tf.errors.ResourceExhaustedError(None, None, "No space left on device")

    log = Log(tmp_path, 0)
    monkeypatch.setattr(tf.summary, "create_file_writer", full)
    monkeypatch.setattr(tf.summary, "scalar", full)
    message = r"Cannot write \S+logs: No space left.* bytes are free"
    with pytest.raises(ProjectError, match=message):
        Log(tmp_path, 0)
    with pytest.raises(ProjectError, match=message):
        log.scalars(1, 64, {"loss": 0.5})
