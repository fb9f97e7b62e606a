"""A result's face: plain functions from records to views, each with a text and an HTML form.

A view draws what it is given and calls nothing. Each face has its room here; what several of them
share is in `blocks`, `values`, `html` and `text`.
"""

from __future__ import annotations

from labkit.show.attempts import attempt
from labkit.show.challenges import challenges
from labkit.show.decisions import decision
from labkit.show.diagram import Sequence, sequence
from labkit.show.explanations import changes, explanation, reason
from labkit.show.matrix import Heatmap, matrix
from labkit.show.picture import Picture
from labkit.show.pools import side_by_side
from labkit.show.predictions import predictions
from labkit.show.qr_codes import qr_code
from labkit.show.records import table
from labkit.show.refusals import refusal
from labkit.show.simulations import simulation
from labkit.show.timeline import Timeline, lifetimes
from labkit.show.tokens import compare, token
from labkit.show.view import Drawn, View

__all__ = [
    "Drawn",
    "Heatmap",
    "Picture",
    "Sequence",
    "Timeline",
    "View",
    "attempt",
    "challenges",
    "changes",
    "compare",
    "decision",
    "explanation",
    "lifetimes",
    "matrix",
    "predictions",
    "qr_code",
    "reason",
    "refusal",
    "sequence",
    "side_by_side",
    "simulation",
    "table",
    "token",
]
