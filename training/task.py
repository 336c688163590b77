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
            if not values.get("cluster"):
                return cls()
            cluster, task = dict(values["cluster"]), values["task"]
            job, index = task["type"], int(task["index"])
            addresses = {name: [str(a) for a in cluster.get(name, [])] for name in _JOBS}
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise UsageError(f"TF_CONFIG cannot be read: {error!r}. Such as: {_EXAMPLE}") from error
        if other := sorted(cluster.keys() - set(_JOBS)):
            raise UsageError(
                f"TF_CONFIG names {', '.join(map(str, other))}: training knows only workers, and a "
                f"chief. Such as: {_EXAMPLE}"
            )
        if job not in addresses or not 0 <= index < len(addresses[job]):
            raise UsageError(
                f"TF_CONFIG: there is no task {index} of type {job!r} in its cluster. Count from 0."
            )
        everyone = [*addresses["chief"], *addresses["worker"]]
        if wrong := [address for address in everyone if not re.fullmatch(r"\S+:\d+", address)]:
            raise UsageError(f"TF_CONFIG: {wrong[0]!r} is not an address, HOST:PORT.")
        if len(set(everyone)) < len(everyone):
            raise UsageError("TF_CONFIG gives two workers the same address.")
        before = len(addresses["chief"]) if job == "worker" else 0
        return cls(before + index, tuple(everyone))

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
