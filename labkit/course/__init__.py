"""The course around the notebooks: refusals that are the lesson, exercises with checks and hints."""

from __future__ import annotations

from labkit.course.exercises import Exercise, exercise
from labkit.course.expected import refused

__all__ = ["Exercise", "exercise", "refused"]
