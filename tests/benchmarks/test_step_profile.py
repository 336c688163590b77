"""What a training step spends its time on."""

import re

from benchmarks import step_profile


def test_every_layer_and_kind_of_operation_is_told_apart(monkeypatch, capsys):
    """Names of traced operations are TensorFlow's own, and may change with its version."""
    monkeypatch.setattr(step_profile, "WIDTH", 4)
    monkeypatch.setattr(step_profile, "gemm", lambda: 1e9)
    assert step_profile.main([]) == 0
    rows = re.findall(r"^\| ([a-z].*?) \| [\d.]+ \| ([\d.]+) \|", capsys.readouterr().out, re.M)
    shares = {name: float(share) for name, share in rows}
    assert shares.keys() >= {*step_profile.KINDS, "all else"}
    for layer in ("generator up0", "generator rgb", "discriminator down0", "discriminator last"):
        assert f"{layer}, output" in shares and f"{layer}, gradient of weights" in shares
    assert "discriminator down1, gradient of inputs, for the generator" in shares
    assert "generator up0, output, for the generator" not in shares
