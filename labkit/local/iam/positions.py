"""Where a statement stands in its document, as the policy simulator points to it.

Lines and columns count from 1. A statement begins right behind the bracket, or the statement, before it
(one that stands alone: behind its own brace) and ends right behind its closing brace, as in the samples of
https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html and
https://docs.aws.amazon.com/cli/latest/reference/iam/simulate-custom-policy.html
"""

from __future__ import annotations

import re
from json import JSONDecoder
from typing import Any

_GAP = re.compile(r"[\s,:]*")
_decode = JSONDecoder().raw_decode


def position(text: str, index: int) -> tuple[dict[str, int], dict[str, int]]:
    """Begin and end of the statement of that index. `text` is a document that has been read."""
    begin, end = _spans(text)[index]
    return _place(text, begin), _place(text, end)


def _place(text: str, offset: int) -> dict[str, int]:
    return {
        "Line": text.count("\n", 0, offset) + 1,
        "Column": offset - text.rfind("\n", 0, offset),
    }


def _spans(text: str) -> list[tuple[int, int]]:
    start = _statements(text)
    if text[start] == "{":
        return [(start + 1, _value(text, start)[1])]
    spans, end = [], start + 1
    while text[begin := _next(text, end)] != "]":
        behind = end
        end = _value(text, begin)[1]
        spans.append((behind, end))
    return spans


def _statements(text: str) -> int:
    """Where the value of the document's Statement begins."""
    at = _next(text, text.index("{") + 1)
    while True:
        name, end = _value(text, at)
        begin = _next(text, end)
        if name == "Statement":
            return begin
        at = _next(text, _value(text, begin)[1])


def _value(text: str, at: int) -> tuple[Any, int]:
    """The JSON value at this place, and where it ends."""
    return _decode(text, at)


def _next(text: str, at: int) -> int:
    """Where the next value or bracket begins."""
    return _GAP.match(text, at).end()  # type: ignore[union-attr]
