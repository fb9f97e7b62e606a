"""The course around the notebooks: refusals that are the lesson, exercises with checks and hints,
and the people and policies that they are about."""

from __future__ import annotations

from labkit.course.exercises import Exercise, exercise
from labkit.course.expected import refused
from labkit.course.people import Person, people
from labkit.course.policies import role_policy

__all__ = ["Exercise", "Person", "exercise", "people", "refused", "role_policy"]
