from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence, Union

from ._http import Http


class Workspace:
    """The files that those who work on a run share, by its id or that of any of its tasks.

    Nobody is overwritten: what somebody else was quicker with, or holds, is a SignalboxError CONFLICT whose
    `details["conflict"]` says who, since when and what changed.

    as_     your name, where one key serves several agents
    epoch   number of the hand-out that the work is part of
    """

    def __init__(self, http: Http, task_id: str, *, as_: Optional[str] = None, epoch: Optional[int] = None) -> None:
        self._http = http
        self._task_id = task_id
        self._who = {"as": as_, "epoch": epoch}

    def list(self, glob: Optional[str] = None, **query: Any) -> Dict[str, Any]:
        """`query`: limit, cursor."""
        return self._look("file_list", glob=glob, **query)

    def read(self, path: str, version: Optional[int] = None) -> Dict[str, Any]:
        return self._look("file_read", path=path, version=version)

    def history(self, path: Optional[str] = None, **query: Any) -> Dict[str, Any]:
        """`query`: limit, cursor."""
        return self._look("file_history", path=path, **query)

    def write(self, path: str, content: str, *, base_version: int = 0, **more: Any) -> Dict[str, Any]:
        """The version that it was made from; 0: the file is to be new. `more`: encoding, note, lease_id, fencing_token."""
        return self._act("file_write", path=path, content=content, base_version=base_version, **more)

    def edit(self, path: str, edits: Sequence[Mapping[str, Any]], **more: Any) -> Dict[str, Any]:
        """`more`: base_version, note, lease_id, fencing_token."""
        return self._act("file_edit", path=path, edits=[dict(edit) for edit in edits], **more)

    def delete(self, path: str, *, base_version: int, **more: Any) -> Dict[str, Any]:
        return self._act("file_delete", path=path, base_version=base_version, **more)

    def claim(self, paths: Union[str, Sequence[str]], seconds: Optional[float] = None) -> Dict[str, Any]:
        """Send its lease_id and fencing_token with your changes: then nothing is written once the claim is lost."""
        named = [paths] if isinstance(paths, str) else [*paths]
        return self._act("claim_file", paths=named, seconds=seconds)

    def renew(self, lease: Mapping[str, Any], seconds: Optional[float] = None) -> Dict[str, Any]:
        return self._act("renew_claim", is_safe=True, seconds=seconds, **_proof(lease))

    def release(self, lease: Mapping[str, Any]) -> Dict[str, Any]:
        return self._act("release_file", is_safe=True, **_proof(lease))

    def log(self, message: str, **more: Any) -> Dict[str, Any]:
        """`more`: level, fields."""
        return self._act("log_step", message=message, **more)

    def join(self, about: Optional[str] = None) -> Dict[str, Any]:
        return self._act("join_collab", is_safe=True, about=about)

    def leave(self) -> Dict[str, Any]:
        return self._act("leave_collab", is_safe=True)

    def send(self, body: str, to: Optional[str] = None) -> Dict[str, Any]:
        """To one, by id or name, or to all."""
        return self._act("send_message", body=body, to=to)

    def inbox(self, seen: Optional[int] = None, limit: Optional[int] = None) -> List[Dict[str, Any]]:
        """What you have not said to have seen."""
        messages: List[Dict[str, Any]] = self._act("inbox", is_safe=True, seen=seen, limit=limit)["messages"]
        return messages

    def _look(self, name: str, **given: Any) -> Dict[str, Any]:
        return self._use(name, given, is_safe=True)

    def _act(self, name: str, *, is_safe: bool = False, **given: Any) -> Dict[str, Any]:
        # A change is not sent twice: after a lost answer the file itself says whether it was made.
        return self._use(name, {**self._who, **given}, is_safe=is_safe)

    def _use(self, name: str, given: Mapping[str, Any], *, is_safe: bool) -> Dict[str, Any]:
        body = {"task_id": self._task_id, **{key: value for key, value in given.items() if value is not None}}
        answer: Dict[str, Any] = self._http.call("POST", f"/tools/{name}", body=body, is_safe=is_safe)
        return answer


def _proof(lease: Mapping[str, Any]) -> Dict[str, Any]:
    return {"lease_id": lease["lease_id"], "fencing_token": lease["fencing_token"]}
