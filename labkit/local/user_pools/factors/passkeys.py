"""Passkeys (WebAuthn): registered by a signed-in user, and signed in with. The fido2 package verifies.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html#amazon-cognito-user-pools-authentication-flow-methods-passkey
https://www.w3.org/TR/webauthn-3/
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError
from labkit.local.operations import Call
from labkit.local.user_pools.directory import pages
from labkit.local.user_pools.factors.factors import Factors, Passkey, Registration
from labkit.local.user_pools.factors.first_factors import allowed_first
from labkit.local.user_pools.factors.relying_party import RelyingParty, relying_party
from labkit.local.user_pools.pools import Pool, User, client_named
from labkit.local.user_pools.settings.clients import session_validity
from labkit.local.user_pools.sign_in.attempt import (
    Answer,
    Attempt,
    Passed,
    answering,
    challenged,
    close,
    incorrect,
)
from labkit.local.user_pools.tokens.tokens import user_of_access_token

if TYPE_CHECKING:
    from fido2.webauthn import RegistrationResponse

    from labkit.local.state import State

#: "Each user can register up to 20 passkeys."
_MOST = 20
#: "Amazon Cognito recognizes passkeys created using … ES256(-7) and RS256(-257)."
_ALGORITHMS = (-7, -257)


def start_registration(call: Call, state: State) -> dict[str, Any]:
    pool, user, claims = user_of_access_token(call.parameters["AccessToken"], state)
    return {"CredentialCreationOptions": begin(pool, claims["client_id"], user, state)}


def begin(pool: Pool, client_id: str, user: User, state: State) -> dict[str, Any]:
    """What the user's authenticator needs to make a key pair."""
    party, factors = _party(pool, state), _factors(pool, user, state)
    if len(factors.passkeys) >= _MOST:
        raise AwsError("LimitExceededException", "The user has reached the limit of passkeys.")
    entity: Any = {"id": user.id.encode(), "name": user.username, "displayName": user.username}
    options, kept = party.server(_ALGORITHMS).register_begin(
        entity,
        _credentials(factors, party),
        resident_key_requirement=_resident(),
        user_verification=party.verification,
        challenge=state.source.bytes(32),
    )
    validity = session_validity(client_named(client_id, state)[1])
    factors.registration = Registration(kept, client_id, state.clock.now() + validity)
    return _json(options.public_key)


def complete_registration(call: Call, state: State) -> dict[str, Any]:
    pool, user, claims = user_of_access_token(call.parameters["AccessToken"], state)
    complete(pool, claims["client_id"], user, call.parameters["Credential"], state)
    return {}


def complete(pool: Pool, client_id: str, user: User, given: Any, state: State) -> None:
    """Keep the public key of a RegistrationResponseJSON that answers the registration that was begun."""
    party, factors = _party(pool, state), _factors(pool, user, state)
    response = _registration(given)
    pending, factors.registration = factors.registration, None
    if pending is None or state.clock.now() >= pending.expires or not _answers(response, pending):
        raise _refusal("ChallengeNotFound", "The challenge of the passkey registration has expired.")
    if pending.client_id != client_id:
        raise _refusal("ClientMismatch", "The registration was started with another app client.")
    _require_suitable(response, party)
    try:
        verified = party.server(_ALGORITHMS).register_complete(pending.state, response)
    except ValueError as error:
        raise AwsError("InvalidParameterException", f"Invalid credential: {error}") from None
    transports = given.get("response", {}).get("transports")
    factors.passkeys[response.id] = Passkey(
        bytes(verified.credential_data or b""),
        party.id,
        state.clock.now(),
        str(response.authenticator_attachment or ""),
        tuple(str(name) for name in transports) if isinstance(transports, list) else (),
    )


def _registration(given: Any) -> RegistrationResponse:
    from fido2.webauthn import RegistrationResponse

    try:
        response: RegistrationResponse = RegistrationResponse.from_dict(dict(given))
        return response
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise AwsError("InvalidParameterException", "Credential is no RegistrationResponseJSON.") from None


def _answers(response: RegistrationResponse, pending: Registration) -> bool:
    from fido2.utils import websafe_encode

    return bool(websafe_encode(response.response.client_data.challenge) == pending.state["challenge"])


def _require_suitable(response: RegistrationResponse, party: RelyingParty) -> None:
    """AWS has an error of its own for what is most often wrong; the others are fido2's to find."""
    data = response.response.attestation_object.auth_data
    if not party.allows(response.response.client_data.origin):
        raise _refusal(
            "OriginNotAllowed", "The origin of the credential does not match the relying party ID."
        )
    if data.rp_id_hash != party.id_hash:
        raise _refusal("RelyingPartyMismatch", "The credential belongs to another relying party ID.")
    key = data.credential_data.public_key if data.credential_data else {}
    if key.get(3) not in _ALGORITHMS:  # the COSE key's `alg` (RFC 9052, section 7.1)
        raise _refusal("CredentialNotSupported", "The algorithm of the credential is not supported.")
    if party.verification == "required" and not data.is_user_verified():
        raise _refusal("CredentialNotSupported", "The authenticator did not verify the user.")


def list_credentials(call: Call, state: State) -> dict[str, Any]:
    pool, user, _ = user_of_access_token(call.parameters["AccessToken"], state)
    listed = list(_factors(pool, user, state).passkeys.items())
    page, token = pages.page(listed, call, "NextToken", "MaxResults", state)
    return {"Credentials": [_shown(name, passkey) for name, passkey in page]} | token


def _shown(name: str, passkey: Passkey) -> dict[str, Any]:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_WebAuthnCredentialDescription.html"""
    attachment = {"AuthenticatorAttachment": passkey.attachment} if passkey.attachment else {}
    return attachment | {
        "CredentialId": name,
        "FriendlyCredentialName": "Passkey",
        "RelyingPartyId": passkey.relying_party_id,
        "AuthenticatorTransports": list(passkey.transports),
        "CreatedAt": passkey.created,
    }


def delete_credential(call: Call, state: State) -> dict[str, Any]:
    pool, user, _ = user_of_access_token(call.parameters["AccessToken"], state)
    if _factors(pool, user, state).passkeys.pop(call.parameters["CredentialId"], None) is None:
        raise AwsError("ResourceNotFoundException", "The passkey does not exist.")
    return {}


def enabled(pool: Pool) -> bool:
    return "WEB_AUTHN" in allowed_first(pool)


def usable(pool: Pool, user: User, state: State) -> bool:
    """Whether the user has a passkey for the relying party that the pool has now."""
    party = relying_party(pool, state)
    passkeys = _factors(pool, user, state).passkeys.values()
    return party is not None and any(p.relying_party_id == party.id for p in passkeys)


def ask(attempt: Attempt, user: User) -> Answer:
    """The WEB_AUTHN challenge, for the passkeys that the user has."""
    party = _party(attempt.pool, attempt.state)
    options, kept = party.server(_ALGORITHMS).authenticate_begin(
        _credentials(attempt.pool_state.factors_of(user.id), party),
        user_verification=party.verification,
        challenge=attempt.state.source.bytes(32),
    )
    parameters = {"CREDENTIAL_REQUEST_OPTIONS": json.dumps(_json(options.public_key))}
    return challenged(attempt, user, "WEB_AUTHN", parameters, webauthn=kept)


def answer(attempt: Attempt) -> Passed:
    """A challenge is good for one signature, right or wrong."""
    attempt, user = answering(attempt, "WEB_AUTHN")
    given = attempt.required("CREDENTIAL")
    close(attempt)
    assert attempt.session is not None
    party = _party(attempt.pool, attempt.state)
    credentials = _credentials(attempt.pool_state.factors_of(user.id), party)
    try:
        response = json.loads(given)
        party.server(_ALGORITHMS).authenticate_complete(attempt.session.webauthn, credentials, response)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise incorrect() from None
    return Passed(attempt, user, "WEB_AUTHN")


def _party(pool: Pool, state: State) -> RelyingParty:
    """Raises AwsError where the pool does not take passkeys, or nobody said for which domain."""
    if not enabled(pool):
        raise _refusal("NotEnabled", "Passkeys are not enabled for the user pool.")
    party = relying_party(pool, state)
    if party is None:
        raise _refusal("ConfigurationMissing", "The user pool has no relying party ID and no domain.")
    return party


def _credentials(factors: Factors, party: RelyingParty) -> list[Any]:
    from fido2.webauthn import AttestedCredentialData

    ours = (p for p in factors.passkeys.values() if p.relying_party_id == party.id)
    return [AttestedCredentialData(passkey.credential) for passkey in ours]


def _resident() -> Any:
    """Passkeys are discoverable credentials."""
    from fido2.webauthn import ResidentKeyRequirement

    return ResidentKeyRequirement.REQUIRED


def _json(options: Any) -> dict[str, Any]:
    """fido2's options as WebAuthn's JSON: PublicKeyCredential…OptionsJSON."""
    plain: dict[str, Any] = json.loads(json.dumps(options, default=dict))
    return plain


def _factors(pool: Pool, user: User, state: State) -> Factors:
    return state.user_pools[pool.id].factors_of(user.id)


def _refusal(kind: str, text: str) -> AwsError:
    """AWS documents what each of these means, not its text."""
    return AwsError(f"WebAuthn{kind}Exception", text)
