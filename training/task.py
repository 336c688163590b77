"""Which worker of how many this process is. Importing this module loads no TensorFlow."""

from __future__ import annotations

import dataclasses
import json
import re

from config import UsageError

_EXAMPLE = (
    '{"cluster": {"worker": ["10.0.0.1:2222", "10.0.0.2:2222"]}, '
    '"task": {"type": "worker", "index": 0}}'
)
_JOBS = ("chief", "worker")  # kinds of tasks that train; the chief, if named, comes first


@dataclasses.dataclass(frozen=True)
class Task:
    """The part of one process in a training by several."""

    index: int = 0  # of this process; 0 is the chief
    addresses: tuple[str, ...] = ("",)  # of all workers, HOST:PORT, by their index

    @classmethod
    def read(cls, text: str | None) -> Task:
        """Read the value of the environment variable TF_CONFIG.

        Args:
            text: JSON as TensorFlow documents it. None, or one worker, is a training by itself.

        Raises:
            UsageError: It cannot be read, names other kinds of tasks, or this process is not
                among those it names.
        """
        if not text:
            return cls()
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise _wrong(f"is not JSON: {error}") from error
        if not isinstance(values, dict) or (values and "cluster" not in values):
            raise _wrong("has no key `cluster`; to train alone, unset it")
        cluster, task = values.get("cluster", {}), values.get("task")
        if cluster == {}:
            return cls()
        if not isinstance(cluster, dict) or not all(isinstance(v, list) for v in cluster.values()):
            raise _wrong("must name, in `cluster`, a list of addresses for each kind of task")
        if not isinstance(task, dict) or not {"type", "index"} <= task.keys():
            raise _wrong("must name this process in `task`, by `type` and `index`")
        if other := sorted(cluster.keys() - set(_JOBS)):
            raise _wrong(f"names {', '.join(other)}: training knows only workers, and a chief")
        addresses = {job: cluster.get(job, []) for job in _JOBS}
        job, index = str(task["type"]), str(task["index"])
        places = {str(i): i for i in range(len(addresses.get(job, [])))}
        if index not in places:
            raise _wrong(f"has no task {index} of type {job!r} in its cluster; count from 0")
        everyone = [*addresses["chief"], *addresses["worker"]]
        for address in everyone:
            found = re.fullmatch(r"\S+:(\d{1,5})", str(address))
            if not found or not 0 < int(found[1]) < 2**16:
                raise _wrong(f"has {address!r}, which is not an address, HOST:PORT")
        if len(set(everyone)) < len(everyone):
            raise _wrong("gives two workers the same address")
        before = len(addresses["chief"]) if job == "worker" else 0
        return cls(before + places[index], tuple(everyone))

    @property
    def workers(self) -> int:
        """How many processes train together."""
        return len(self.addresses)

    @property
    def address(self) -> str:
        """HOST:PORT of this process."""
        return self.addresses[self.index]

    @property
    def others(self) -> list[str]:
        """HOST:PORT of the other processes."""
        return [address for address in self.addresses if address != self.address]

    def __str__(self) -> str:
        return f"worker {self.index} of {self.workers}"


def _wrong(problem: str) -> UsageError:
    return UsageError(f"TF_CONFIG {problem}. Such as: {_EXAMPLE}")
