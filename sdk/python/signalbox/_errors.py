from __future__ import annotations

import traceback
from typing import Any, Dict, Optional

MAX_TRACE = 8000
ERROR_CLASSES = ("agent", "timeout", "invalid-input", "invalid-output", "rate-limited", "lost", "internal")


class SignalboxError(Exception):
    """What the server refused, or that it could not be reached: why, and what to do about it.

    `code` is the server's (INVALID, UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, CONFLICT, STALE_EPOCH, TOO_LARGE, LIMITED,
    UNAVAILABLE, INTERNAL), UNREACHABLE or TIMEOUT when there was no answer, or HTTP_<status> for one not its own.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: Optional[int] = None,
        advice: Optional[str] = None,
        request_id: Optional[str] = None,
        retry_after: Optional[float] = None,
        details: Optional[Dict[str, Any]] = None,
        was_sent: bool = True,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        #: The HTTP status; None when there was no answer.
        self.status = status
        self.advice = advice
        self.request_id = request_id
        #: Seconds that the server asked to wait.
        self.retry_after = retry_after
        #: The whole answer, as the server gave it.
        self.details: Dict[str, Any] = details or {}
        #: False: the server has certainly not seen the request.
        self.was_sent = was_sent

    def __str__(self) -> str:
        return f"{self.message} {self.advice}" if self.advice else self.message


class TaskFailure(Exception):
    """How a handler says why an attempt failed. Whatever else it raises counts as class `agent`, code `AGENT_ERROR`.

    The class is one of agent, timeout, invalid-input, invalid-output, rate-limited, lost, internal. Which of them are
    tried again is the stage's `retry.on`; without one: agent, timeout, rate-limited, internal.
    Another one is a ValueError where the failure is made.
    """

    def __init__(
        self,
        message: str,
        *,
        error_class: str = "agent",
        code: str = "AGENT_ERROR",
        details: Optional[Dict[str, Any]] = None,
    ) -> None:
        super().__init__(message)
        # The server would refuse the whole report: it is told here, with what was to be said.
        if error_class not in ERROR_CLASSES:
            raise ValueError(
                f"A TaskFailure cannot have the class {error_class!r}: use one of {', '.join(ERROR_CLASSES)}. "
                f"It was to say: {message}"
            )
        self.message = message
        self.error_class = error_class
        self.code = code
        self.details = details


class TaskCancelled(Exception):
    """Raised by `Task.raise_if_cancelled`; a handler lets it pass."""


def describe(error: BaseException) -> str:
    """A sentence of ours as it is; of others also what it is, since they may say little."""
    return str(error) if isinstance(error, SignalboxError) else f"{type(error).__name__}: {error}"


def describe_failure(error: BaseException) -> Dict[str, Any]:
    """What is reported of whatever a handler raised."""
    if isinstance(error, TaskFailure):
        # Types are a promise that no program is held to.
        code, message = str(error.code)[:128], str(error.message)
        failure: Dict[str, Any] = {"class": error.error_class, "code": code, "message": message}
        if error.details is not None:
            failure["details"] = error.details
        return failure
    trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))[-MAX_TRACE:]
    return {
        "class": "agent",
        "code": "AGENT_ERROR",
        "message": str(error) or type(error).__name__,
        "details": {"name": type(error).__name__, "stack": trace},
    }
