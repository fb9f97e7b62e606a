"""What can go wrong in the lab itself.

AWS's own errors are never wrapped: a `botocore.exceptions.ClientError` rises as it is,
at most with a note that says what to do next.
"""

from __future__ import annotations


class LabError(Exception):
    """Base of every error that labkit raises; its text is one sentence a learner can act on."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback: the sentence, and its notes."""
        return [f"{type(self).__name__}: {self}", *getattr(self, "__notes__", ())]


class TokenRejected(LabError):
    """A token failed one check of its verification.

    `check` names the check (`signature`, `iss`, `aud`, `exp`, `token_use` …), `expected` what it
    asks for and `actual` what the token carries.
    """

    def __init__(self, check: str, *, expected: object, actual: object) -> None:
        self.check = check
        self.expected = expected
        self.actual = actual
        super().__init__(f"token rejected by `{check}`: expected `{expected}`, got `{actual}`")


class OAuthError(LabError):
    """An endpoint of a User Pool's domain refused, with an error code of RFC 6749, section 5.2."""

    def __init__(self, endpoint: str, error: str, description: str = "") -> None:
        self.endpoint = endpoint
        self.error = error
        self.description = description
        super().__init__(f"`{endpoint}` answered `{error}`{f': {description}' if description else ''}")


class PolicySyntaxError(LabError):
    """A policy document is not one that IAM would store.

    `pointer` leads to the place, as in `Statement[1].Condition.StringLike`; `suggestion` is the word
    that was probably meant.
    """

    def __init__(self, pointer: str, *, found: object, expected: str, suggestion: str | None = None) -> None:
        self.pointer = pointer
        self.found = found
        self.expected = expected
        self.suggestion = suggestion
        meant = f" (did you mean `{suggestion}`?)" if suggestion else ""
        super().__init__(f"policy syntax error at `{pointer}`: expected {expected}, got `{found}`{meant}")


class NotSimulated(LabError):
    """The local account has no behaviour for this operation, and says so."""

    def __init__(self, operation: str) -> None:
        self.operation = operation
        super().__init__(
            f"the local account does not simulate `{operation}`; a real account (`open_account('aws')`) does"
        )
