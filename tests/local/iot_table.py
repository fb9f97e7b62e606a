"""Who may do what over MQTT and HTTP, written out: four principals, and everything that each may ask.

`{own}` is the principal's Identity ID, which is its client ID and the name of its Thing, too; `{other}` is
another one's.
https://docs.aws.amazon.com/iot/latest/developerguide/iot-authorization.html
https://docs.aws.amazon.com/iot/latest/developerguide/cog-iot-policies.html
"""

from __future__ import annotations

from typing import Any

from tests.local.accounts import document, statement

ARN = "arn:aws:iot:us-east-1:*:"
_SUB = "${cognito-identity.amazonaws.com:sub}"
_THING = "${iot:Connection.Thing.ThingName}"

#: The guests' role.
GUEST: list[dict[str, Any]] = [
    statement("iot:Connect", f"{ARN}client/{_SUB}"),
    statement(["iot:Publish", "iot:Receive"], f"{ARN}topic/things/{_SUB}/*"),
    statement("iot:Subscribe", f"{ARN}topicfilter/things/{_SUB}/*"),
]
#: The role of those who are signed in.
WIDE: list[dict[str, Any]] = [statement("iot:*")]
#: Another one, for a narrower use.
NARROW: list[dict[str, Any]] = [
    statement("iot:Connect", f"{ARN}client/{_SUB}"),
    statement("iot:Publish", f"{ARN}topic/things/{_SUB}/*"),
]
#: The AWS IoT policy. Over HTTP there is no connection, and so no Thing of it.
IOT_POLICY = document(
    statement(
        "iot:Connect",
        f"{ARN}client/{_THING}",
        Condition={"Bool": {"iot:Connection.Thing.IsAttached": "true"}},
    ),
    statement(["iot:Publish", "iot:Receive"], f"{ARN}topic/things/{_THING}/*"),
    statement("iot:RetainPublish", f"{ARN}topic/things/{_THING}/configuration"),
    statement("iot:Subscribe", f"{ARN}topicfilter/things/{_THING}/*"),
    statement(
        "iot:Publish", [f"{ARN}topic/$aws/things/{_THING}/shadow/{each}" for each in ("get", "update")]
    ),
    statement(["iot:GetThingShadow", "iot:UpdateThingShadow"], f"{ARN}thing/{_SUB}"),
)

PRINCIPALS = ("guest", "without an IoT policy", "with an IoT policy", "with a narrower role")
#: What is asked: how, of what, and which of the four principals may.
TABLE: tuple[tuple[str, str, tuple[bool, bool, bool, bool]], ...] = (
    ("connect", "{own}", (True, False, True, True)),
    ("connect", "{other}", (False, False, False, False)),
    ("publish", "things/{own}/status", (True, False, True, True)),
    ("publish", "things/{other}/status", (False, False, False, False)),
    ("retain", "things/{own}/configuration", (False, False, True, False)),
    ("retain", "things/{own}/status", (False, False, False, False)),
    ("subscribe", "things/{own}/status", (True, False, True, False)),
    ("subscribe", "things/{own}/#", (True, False, True, False)),
    ("subscribe", "things/{other}/status", (False, False, False, False)),
    ("subscribe", "things/+/status", (False, False, False, False)),
    ("subscribe", "#", (False, False, False, False)),
    ("receive", "things/{own}/status", (True, False, True, False)),
    ("receive", "things/{other}/status", (False, False, False, False)),
    ("publish", "$aws/things/{own}/shadow/get", (False, False, True, False)),
    ("publish", "$aws/things/{own}/shadow/update", (False, False, True, False)),
    ("publish", "$aws/things/{own}/shadow/delete", (False, False, False, False)),
    ("publish", "$aws/things/{other}/shadow/get", (False, False, False, False)),
)
#: The same for the data API over HTTP, by operation.
HTTP_TABLE: tuple[tuple[str, str, tuple[bool, bool, bool, bool]], ...] = (
    ("get_thing_shadow", "{own}", (False, False, True, False)),
    ("get_thing_shadow", "{other}", (False, False, False, False)),
    ("update_thing_shadow", "{own}", (False, False, True, False)),
    ("update_thing_shadow", "{other}", (False, False, False, False)),
    ("delete_thing_shadow", "{own}", (False, False, False, False)),
    ("publish", "things/{own}/status", (True, False, False, False)),
    ("publish", "things/{other}/status", (False, False, False, False)),
)
