from __future__ import annotations

import time
from typing import Dict, Iterator, List, Optional, Set

from ._http import Http, segment
from ._wire import Run, RunLogEntry

#: Seconds between two looks at a log that is followed.
LOOK = 1.0
PAGE = 1000
#: Lines that are put in order of time together. A longer log comes in stretches of about so many.
SORTED = 20_000


def read_log(
    http: Http, run_id: str, *, follow: bool, stage: Optional[int], level: Optional[str], search: Optional[str]
) -> Iterator[RunLogEntry]:
    """The lines of a run's log, each once; with `follow` also those that come until the run has ended."""
    path = f"/runs/{segment(run_id)}"
    reader = _Reader(http, f"{path}/logs", level, search)
    yield from reader.read(stage)
    #: Stages that had ended before they were read: no line of theirs is to come.
    ended: Set[int] = set()
    while follow:
        run: Run = http.call("GET", path, query={"brief": "true"})
        # A line may be stored a little later than the end of its stage.
        time.sleep(LOOK)
        for one in run["stages"]:
            place = one["stage"]
            if (stage is not None and place != stage) or one["attempt"] == 0 or place in ended:
                continue
            yield from reader.read(place)
            if one["finished_at"] is not None:
                ended.add(place)
        if run["finished_at"] is not None:
            return


class _Reader:
    """Reads on from where it was in each stage."""

    def __init__(self, http: Http, path: str, level: Optional[str], search: Optional[str]) -> None:
        self._http = http
        self._path = path
        self._filters = {"level": level, "search": search, "limit": PAGE}
        #: Where each stage's last line is.
        self._places: Dict[int, str] = {}

    def read(self, stage: Optional[int]) -> Iterator[RunLogEntry]:
        """Without a stage: all, from their beginnings."""
        lines: List[RunLogEntry] = []
        place = {"beyond": None if stage is None else self._places.get(stage)}
        while True:
            page = self._http.call("GET", self._path, query={"stage": stage, **self._filters, **place})
            for entry in page["logs"]:
                self._places[entry["stage"]] = f"{entry['stage']}.{entry['epoch']}.{entry['line']}"
            lines += page["logs"]
            place = {"cursor": page["next_cursor"]}
            if page["next_cursor"] and len(lines) < SORTED:
                continue
            yield from sorted(lines, key=lambda entry: entry["timestamp"])
            lines = []
            if not page["next_cursor"]:
                return
