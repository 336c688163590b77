"""TF_CONFIG: which worker this process is, and what is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import UsageError
from training.task import Task

TWO = {"worker": ["a:1", "b:2"]}


def config(cluster, kind="worker", index=0):
    return json.dumps({"cluster": cluster, "task": {"type": kind, "index": index}})


@pytest.mark.parametrize("text", [None, "", "{}", '{"cluster": {}}'])
def test_without_a_cluster_a_process_trains_alone(text):
    task = Task.read(text)
    assert (task.index, task.workers, task.others) == (0, 1, [])


def test_workers_are_counted_and_named():
    task = Task.read(config(TWO, index=1))
    assert (task.index, task.workers, task.address, task.others) == (1, 2, "b:2", ["a:1"])
    assert str(task) == "worker 1 of 2"


def test_a_chief_comes_before_the_workers():
    cluster = {"chief": ["c:9"], "worker": ["a:1", "b:2"]}
    assert Task.read(config(cluster, "chief")).index == 0
    task = Task.read(config(cluster, "worker", 1))
    assert (task.index, task.workers, task.address) == (2, 3, "b:2")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON"),
        ("[" * 10**5, "is not JSON"),
        ("[]", "no key `cluster`"),
        ('{"task": {"type": "worker", "index": 0}}', "no key `cluster`"),
        ('{"cluster": 1, "task": {}}', "a list of addresses"),
        (config({"worker": "a:1"}), "a list of addresses"),
        (json.dumps({"cluster": TWO}), "by `type` and `index`"),
        (json.dumps({"cluster": TWO, "task": 3}), "by `type` and `index`"),
        (config(TWO, index="x"), "no task x"),
        (config(TWO, [1]), "no task 0 of type '[1]'"),
        (config(TWO, index=2), "no task 2"),
        (config(TWO, index=-1), "no task -1"),
        (config(TWO, "ps"), "no task 0 of type 'ps'"),
        (config(TWO | {"ps": ["c:3"]}), "names ps"),
        (config({"worker": ["a:1", "a:1"]}), "same address"),
        (config({"worker": ["a:1", "b"]}), "'b', which is not an address"),
        (config({"worker": ["a:1", 7]}), "7, which is not an address"),
        (config({"worker": ["a:1", "b:65536"]}), "'b:65536', which is not an address"),
        (config({"worker": ["a:0", "b:1"]}), "'a:0', which is not an address"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(text, message):
    with pytest.raises(UsageError, match="TF_CONFIG") as error:
        Task.read(text)
    assert message in str(error.value)


LEAF = st.sampled_from([None, True, -1, 0, 1, 2.5, "", "worker", "chief", "a:1", "b:2"])
JOBS = st.dictionaries(st.sampled_from(["worker", "chief", "ps"]), LEAF | st.lists(LEAF))
TASKS = st.dictionaries(st.sampled_from(["type", "index"]), LEAF)


@given(st.dictionaries(st.sampled_from(["cluster", "task"]), LEAF | JOBS | TASKS) | LEAF)
def test_any_value_is_read_or_refused(values):
    try:
        task = Task.read(json.dumps(values))
    except UsageError as error:
        assert "TF_CONFIG" in str(error)
    else:
        assert 0 <= task.index < task.workers
