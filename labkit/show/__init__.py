"""A result's face: plain functions from records to views, each with a text and an HTML form.

A view draws what it is given and calls nothing. Each face has its room here; what several of them
share is in `blocks`, `values`, `html` and `text`. Views that answer are in `interactive`; they load
when they are first used, because widgets are heavy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from labkit.show.attempts import attempt
from labkit.show.challenges import challenges
from labkit.show.decisions import decision
from labkit.show.diagram import Sequence, sequence
from labkit.show.explanations import changes, explanation, reason
from labkit.show.fleet import FleetView, fleet
from labkit.show.iot_log import iot_log
from labkit.show.matrix import Heatmap, matrix
from labkit.show.picture import Picture
from labkit.show.pools import side_by_side
from labkit.show.predictions import predictions
from labkit.show.presigned import presigned_url
from labkit.show.qr_codes import qr_code
from labkit.show.records import table
from labkit.show.redirects import redirects
from labkit.show.refusals import refusal
from labkit.show.saml import saml
from labkit.show.shadows import shadow
from labkit.show.sign_in_page import sign_in_page
from labkit.show.simulations import simulation
from labkit.show.timeline import Timeline, lifetimes
from labkit.show.tokens import compare, token
from labkit.show.view import Drawn, View

if TYPE_CHECKING:
    from labkit.show.interactive.credentials_card import credentials_card as credentials_card
    from labkit.show.interactive.flow_diagram import flow_diagram as flow_diagram
    from labkit.show.interactive.gallery import gallery as gallery
    from labkit.show.interactive.identity_card import identity_card as identity_card
    from labkit.show.interactive.knowledge_check import knowledge_check as knowledge_check
    from labkit.show.interactive.live_log import live_log as live_log
    from labkit.show.interactive.policy_matrix import policy_matrix as policy_matrix
    from labkit.show.interactive.pool_map import pool_map as pool_map
    from labkit.show.interactive.time_axis import time_axis as time_axis
    from labkit.show.interactive.token_inspector import token_inspector as token_inspector
    from labkit.show.interactive.variable_resolver import variable_resolver as variable_resolver

#: Name of an interactive view → the module in `interactive` that holds it.
_INTERACTIVE = {
    "credentials_card": "credentials_card",
    "flow_diagram": "flow_diagram",
    "gallery": "gallery",
    "identity_card": "identity_card",
    "policy_matrix": "policy_matrix",
    "knowledge_check": "knowledge_check",
    "live_log": "live_log",
    "pool_map": "pool_map",
    "time_axis": "time_axis",
    "token_inspector": "token_inspector",
    "variable_resolver": "variable_resolver",
}

__all__ = [  # noqa: PLE0604 - the table above is the one list of interactive views
    "Drawn",
    "FleetView",
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
    "fleet",
    "iot_log",
    "lifetimes",
    "matrix",
    "predictions",
    "presigned_url",
    "qr_code",
    "reason",
    "redirects",
    "refusal",
    "saml",
    "sequence",
    "shadow",
    "side_by_side",
    "sign_in_page",
    "simulation",
    "table",
    "token",
    *_INTERACTIVE,
]


def __getattr__(name: str) -> object:
    """Load an interactive view on first use (PEP 562)."""
    if name not in _INTERACTIVE:
        raise AttributeError(
            f"module `labkit.show` has no attribute `{name}`; it has {', '.join(sorted(__all__))}"
        )
    value = getattr(import_module(f"labkit.show.interactive.{_INTERACTIVE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
