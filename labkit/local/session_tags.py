"""Session tags: what a session may be known by in policies, and what its next session inherits.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from labkit.local.errors import AwsError

#: "You can pass a maximum of 50 session tags."
_MOST = 50
#: https://docs.aws.amazon.com/STS/latest/APIReference/API_Tag.html
_KEY_LENGTH, _VALUE_LENGTH = 128, 256
_PUNCTUATION = frozenset("_.:/=+-@")
#: The claim that hands tags to STS.
_CLAIM = "https://aws.amazon.com/tags"


@dataclass(frozen=True)
class SessionTags:
    """Tags of one session. Keys keep their case, but no two differ by case alone."""

    tags: Mapping[str, str] = field(default_factory=dict)
    #: Keys of those that go on to the next session of a role chain.
    transitive: tuple[str, ...] = ()
    #: Tag → where its value came from, step by step.
    origins: Mapping[str, tuple[str, ...]] = field(default_factory=dict, compare=False)

    @classmethod
    def passed(cls, pairs: Iterable[tuple[str, str]], transitive: Iterable[str] = ()) -> SessionTags:
        """The tags of a request or a token. Raises AwsError for tags that STS would not take.

        The texts are those that real accounts answer; AWS does not document them.
        """
        given = list(pairs)
        tags, keys = dict(given), tuple(transitive)
        if len({key.lower() for key, _ in given}) < len(given):
            raise _invalid("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
        if not {key.lower() for key in keys} <= {key.lower() for key in tags}:
            raise _invalid("The specified transitive tag key must be included in the requested tags.")
        _require_tags(tags)
        return cls(tags, keys)

    @classmethod
    def in_token(cls, claims: Mapping[str, Any]) -> SessionTags:
        """The tags of a web identity token: "multivalued session tags are not supported"."""
        given = claims.get(_CLAIM, {})
        tags = given.get("principal_tags", {}) if isinstance(given, dict) else None
        transitive = given.get("transitive_tag_keys", []) if isinstance(given, dict) else None
        if not isinstance(tags, dict) or not isinstance(transitive, list):
            raise _invalid(f"The claim {_CLAIM} of the token is not valid.")
        pairs = [(key, _single(value)) for key, value in tags.items()]
        return cls.passed(pairs, map(str, transitive))

    @property
    def claim(self) -> dict[str, Any]:
        """The claim of a web identity token that has these tags."""
        if not self.tags:
            return {}
        principal_tags = {key: [value] for key, value in self.tags.items()}
        return {_CLAIM: {"principal_tags": principal_tags, "transitive_tag_keys": list(self.transitive)}}

    def after(self, earlier: SessionTags) -> SessionTags:
        """These tags in a session that comes after one with `earlier` ones, whose transitive tags stay.

        "If you try to pass the Heart = 3 session tag, the operation will fail."
        """
        inherited = {key.lower() for key in earlier.transitive}
        if inherited & {key.lower() for key in self.tags}:
            raise _invalid(
                "One of the specified transitive tag keys can't be set because it conflicts with a "
                "transitive tag key from the calling session."
            )
        kept = {key: value for key, value in earlier.tags.items() if key.lower() in inherited}
        origins = {key: earlier.origins[key] for key in kept if key in earlier.origins}
        transitive = (*earlier.transitive, *self.transitive)
        return SessionTags({**kept, **self.tags}, transitive, {**origins, **self.origins})

    def over(self, own: Mapping[str, str]) -> dict[str, str]:
        """`aws:PrincipalTag` values: these tags, and those of a role's or user's own that they leave."""
        mine = {key.lower() for key in self.tags}
        return {key: value for key, value in own.items() if key.lower() not in mine} | dict(self.tags)

    @property
    def context(self) -> dict[str, str | tuple[str, ...]]:
        """The condition keys of a request that passes these tags."""
        if not self.tags:
            return {}
        keys: dict[str, str | tuple[str, ...]] = {f"aws:RequestTag/{k}": v for k, v in self.tags.items()}
        keys["aws:TagKeys"] = tuple(self.tags)
        return keys | ({"sts:TransitiveTagKeys": self.transitive} if self.transitive else {})


NO_TAGS = SessionTags()


def _single(value: Any) -> str:
    values = value if isinstance(value, list) else [value]
    if len(values) != 1 or isinstance(values[0], dict | list):
        raise _invalid("A session tag must have a single value.")
    return str(values[0])


def _require_tags(tags: Mapping[str, str]) -> None:
    if len(tags) > _MOST:
        raise _invalid(f"A session takes at most {_MOST} tags.")
    for key, value in tags.items():
        if not 1 <= len(key) <= _KEY_LENGTH or not _is_text(key):
            raise _invalid(f"`{key[:_KEY_LENGTH]}` is no key of a session tag.")
        if len(value) > _VALUE_LENGTH or not _is_text(value):
            raise _invalid(f"The value of the session tag `{key}` is not valid.")
        if key.lower().startswith("aws:"):
            raise _invalid(f"The key of the session tag `{key}` must not begin with aws:.")


def _is_text(value: str) -> bool:
    r"""The pattern of tag keys and values: `[\p{L}\p{Z}\p{N}_.:/=+\-@]`."""
    return all(c in _PUNCTUATION or unicodedata.category(c)[0] in "LZN" for c in value)


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValue", message)
