"""Where the value of a variable or a condition key comes from, step by step."""

from __future__ import annotations

from labkit.policy.request import Request

#: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
#: https://docs.aws.amazon.com/cognito/latest/developerguide/iam-roles.html
_KEYS = {
    "aws:currenttime": "the time of the request",
    "aws:epochtime": "the time of the request, in seconds since 1970",
    "aws:federatedprovider": "the identity provider that vouched for the session",
    "aws:principalaccount": "the caller's account",
    "aws:principalarn": "the ARN of the user or role that calls (of a session, its role's)",
    "aws:principaltype": "what kind of principal calls",
    "aws:requestedregion": "the Region that was called",
    "aws:sourceip": "the address that the request came from",
    "aws:userid": "the caller's unique id (of a session, `ROLEID:session name`)",
    "aws:username": "the IAM user's name; a session of a role has none",
    "cognito-identity.amazonaws.com:amr": "what GetId saw: signed in or guest, and by which login",
    "cognito-identity.amazonaws.com:aud": "the identity pool's id",
    "cognito-identity.amazonaws.com:sub": "the Identity ID that GetId returned (not the user pool's `sub`)",
}
_FAMILIES = (
    ("aws:principaltag/", "a tag of the session, or of the user or role that calls"),
    ("aws:requesttag/", "a tag that the request sends"),
    ("aws:resourcetag/", "a tag on the resource"),
    ("iot:connection.thing.", "the Thing that the MQTT client id names"),
)


def origin(key: str, request: Request) -> tuple[str, ...]:
    """The steps that led to the value of `key`: what the request knows of it, else what the key means."""
    known = {name.lower(): steps for name, steps in request.origins.items()}
    steps = known.get(key.lower())
    if steps is not None:
        return tuple(steps)
    if key.lower() in _KEYS:
        return (_KEYS[key.lower()],)
    family = next((text for prefix, text in _FAMILIES if key.lower().startswith(prefix)), None)
    return (family or "the request itself",)
