"""The course around the notebooks: refusals that are the lesson, exercises with checks and hints,
and the people and policies that they are about."""

from __future__ import annotations

from labkit.course.browser import Browser
from labkit.course.exercises import Exercise, exercise
from labkit.course.expected import Refusal, refused
from labkit.course.google import google_id_token, google_keys
from labkit.course.greenhouse import Greenhouse, device_policy, fleet, greenhouse
from labkit.course.packets import why
from labkit.course.people import Person, four_steps, people, tag_session
from labkit.course.policies import role_policy, settle
from labkit.course.stand_ins import fetch, stand_in
from labkit.course.teams import Teams, teams
from labkit.course.visiting import visit
from labkit.course.watching import watch

__all__ = [
    "Browser",
    "Exercise",
    "Greenhouse",
    "Person",
    "Refusal",
    "Teams",
    "device_policy",
    "exercise",
    "fetch",
    "fleet",
    "four_steps",
    "google_id_token",
    "google_keys",
    "greenhouse",
    "people",
    "refused",
    "role_policy",
    "settle",
    "stand_in",
    "tag_session",
    "teams",
    "visit",
    "watch",
    "why",
]
