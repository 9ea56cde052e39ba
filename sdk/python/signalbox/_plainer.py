"""What is told where the other side's words cannot be passed on as they are."""

from __future__ import annotations

from typing import Any, Dict, Mapping

from ._errors import SignalboxError
from ._http import Server

MAX_MESSAGE = 8000


def refused_output(message: str) -> Dict[str, Any]:
    return {"class": "invalid-output", "code": "OUTPUT_REFUSED", "message": message}


def plainer(error: Mapping[str, Any], why: str) -> Dict[str, Any]:
    """A failure that the server would not have is one all the same: what people read of it stays."""
    told = error["message"][:MAX_MESSAGE]
    message = f"{told} (The server refused the rest of what the agent said of it: {why})"
    return {"class": "agent", "code": "FAILURE_REFUSED", "message": message}


def no_answer(server: Server, word: str) -> SignalboxError:
    return SignalboxError(
        "UNREACHABLE",
        f"{server.base} answered {word} with something that is no answer of Signalbox.",
        advice="Is SIGNALBOX_URL right, and is there a proxy in between that answers in its place?",
    )
