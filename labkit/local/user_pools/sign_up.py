"""Signing up, and confirming it with the code that was sent.

https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError, not_simulated
from labkit.local.operations import Call
from labkit.local.user_pools import attributes, codes
from labkit.local.user_pools.clients import addressed, require_secret_hash, unknown_user
from labkit.local.user_pools.passwords import require_policy
from labkit.local.user_pools.pools import (
    Pool,
    User,
    backend_of,
    client_named,
    find_user,
    hides_existence,
    lambda_triggers,
    pool_asked,
    status_of,
    user_named,
)

if TYPE_CHECKING:
    from labkit.local.state import State


def sign_up(call: Call, state: State) -> dict[str, Any]:
    pool, client = client_named(call.parameters["ClientId"], state)
    username, password = call.parameters["Username"], call.parameters.get("Password") or ""
    require_secret_hash(client, (username,), call.parameters.get("SecretHash"))
    _require_open(pool)
    if find_user(pool, username) is not None:
        raise AwsError("UsernameExistsException", "User already exists")
    given = attributes.flat(call.parameters.get("UserAttributes"))
    _require_attributes(pool, username, given)
    attributes.require_writable(client, given)
    require_policy(pool, password)
    user = _create(pool, username, password, given)
    answer: dict[str, Any] = {"UserConfirmed": False, "UserSub": user.id}
    attribute = codes.auto_verified(pool, user)
    if attribute is not None:
        answer["CodeDeliveryDetails"] = codes.send(pool, user, codes.SIGN_UP, attribute, state)
    return answer


def _require_open(pool: Pool) -> None:
    config = pool.extended_config.get("AdminCreateUserConfig") or {}
    if config.get("AllowAdminCreateUserOnly"):
        raise AwsError("NotAuthorizedException", "SignUp is not permitted for this user pool")
    require_no_triggers(pool, "PreSignUp", "CustomMessage", "CustomEmailSender", "CustomSMSSender")


def require_no_triggers(pool: Pool, *names: str) -> None:
    """Say so where a pool has a Lambda trigger that AWS would now run."""
    for name in names:
        if lambda_triggers(pool).get(name):
            raise not_simulated(f"the Lambda trigger {name}")


def _require_attributes(pool: Pool, username: str, given: dict[str, str]) -> None:
    attributes.require_valid(pool, given)
    as_username = pool.extended_config.get("UsernameAttributes") or []
    kind = "email" if "@" in username else "phone_number"
    attributes.require_complete(pool, given | ({kind: username} if kind in as_username else {}))


def _create(pool: Pool, username: str, password: str, given: dict[str, str]) -> User:
    """moto keeps the user; its own password check, whose text is not AWS's, has been made already."""
    from moto.cognitoidp.models import CognitoIdpUser, UserStatus

    as_username = pool.extended_config.get("UsernameAttributes") or []
    if as_username:
        kind = "email" if "@" in username else "phone_number"
        if kind not in as_username:
            raise AwsError("InvalidParameterException", f"Username should be {_either(as_username)}.")
        given = given | {kind: username}
    stored = [{"Name": name, "Value": value} for name, value in given.items()]
    user = CognitoIdpUser(
        pool.id, None if as_username else username, password, UserStatus.UNCONFIRMED, stored
    )
    pool.users[user.username] = user
    return user


def _either(kinds: list[str]) -> str:
    names = {"email": "an email", "phone_number": "a phone number"}
    return " or ".join(names[kind] for kind in kinds)


def confirm_sign_up(call: Call, state: State) -> dict[str, Any]:
    from moto.cognitoidp.models import UserStatus

    pool, client, user = addressed(call, state)
    if user is None:
        raise codes.mismatch() if hides_existence(client) else unknown_user()
    if status_of(user) != "UNCONFIRMED":
        raise _not_unconfirmed(user)
    code = codes.redeem(pool, user, codes.SIGN_UP, call.parameters["ConfirmationCode"], state)
    user.status = UserStatus.CONFIRMED
    user.update_attributes([{"Name": f"{code.attribute}_verified", "Value": "true"}])
    return {}


def _not_unconfirmed(user: User) -> AwsError:
    return AwsError(
        "NotAuthorizedException", f"User cannot be confirmed. Current status is {status_of(user)}"
    )


def resend_confirmation_code(call: Call, state: State) -> dict[str, Any]:
    pool, client, user = addressed(call, state)
    if user is None:
        if hides_existence(client):
            return codes.pretended(call.parameters["Username"])
        raise unknown_user()
    if status_of(user) != "UNCONFIRMED":
        raise AwsError("InvalidParameterException", "User is already confirmed.")
    attribute = codes.auto_verified(pool, user)
    if attribute is None:
        raise AwsError("InvalidParameterException", "Cannot resend codes. Auto verification not turned on.")
    return {"CodeDeliveryDetails": codes.send(pool, user, codes.SIGN_UP, attribute, state)}


def admin_confirm_sign_up(call: Call, state: State) -> dict[str, Any]:
    pool = pool_asked(call, state)
    user = user_named(pool, call.parameters["Username"])
    if status_of(user) != "UNCONFIRMED":
        raise _not_unconfirmed(user)
    backend_of(pool).admin_confirm_sign_up(pool.id, user.username)
    return {}
