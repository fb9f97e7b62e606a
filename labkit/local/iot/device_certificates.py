"""The certificates of devices: made, activated, revoked and deleted.

https://docs.aws.amazon.com/iot/latest/developerguide/device-certs-create.html
The private key leaves the account once, in the answer that made it, and is not kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError
from labkit.local.iot.certificates import END, certificate_id, pem
from labkit.local.iot.registry import invalid, not_found, page, registry
from labkit.local.members import members
from labkit.local.operations import Call

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from labkit.local.state import State

#: What a developer may set. "Setting the status to PENDING_TRANSFER or PENDING_ACTIVATION will result in an
#: exception being thrown", and REGISTER_INACTIVE "is deprecated and should not be used".
#: https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateCertificate.html
_STATES = ("ACTIVE", "INACTIVE", "REVOKED")


def create_keys_and_certificate(call: Call, state: State) -> dict[str, Any]:
    """A 2048-bit RSA key pair, and a certificate of its public key."""
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    certificates = state.iot.certificates
    key = certificates.new_device_key()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "AWS IoT Certificate")])
    certificate = certificates.issue(subject, key.public_key())
    return _kept(certificate, call, state) | {"keyPair": _key_pair(key)}


def _key_pair(key: RSAPrivateKey) -> dict[str, str]:
    from cryptography.hazmat.primitives import serialization as form

    private = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.TraditionalOpenSSL, form.NoEncryption())
    public = key.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)
    return {"PublicKey": public.decode(), "PrivateKey": private.decode()}


def create_certificate_from_csr(call: Call, state: State) -> dict[str, Any]:
    from cryptography import x509

    try:
        request = x509.load_pem_x509_csr(members(call)["certificateSigningRequest"].encode())
        usable = request.is_signature_valid and _is_strong(request.public_key())
    except ValueError:
        raise invalid("The certificate signing request is not valid.") from None
    if not usable:
        raise invalid("The certificate signing request is not valid.")
    return _kept(state.iot.certificates.issue(request.subject, request.public_key()), call, state)


def _is_strong(key: Any) -> bool:
    """ "… an RSA key with a length of at least 2048 bits or an ECC key from NIST P-256, … P-384, or … P-521"

    https://docs.aws.amazon.com/iot/latest/apireference/API_CreateCertificateFromCsr.html
    """
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size >= 2048
    curves = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, curves)


def _kept(certificate: x509.Certificate, call: Call, state: State) -> dict[str, Any]:
    """Register a new certificate and answer with it."""
    from moto.iot.models import FakeCertificate

    status = "ACTIVE" if members(call).get("setAsActive") else "INACTIVE"
    kept = FakeCertificate(pem(certificate), status, state.account_id, call.region)
    kept.certificate_id = certificate_id(certificate)
    kept.arn = f"{kept.arn.rpartition('/')[0]}/{kept.certificate_id}"
    kept.creation_date = kept.last_modified_date = state.clock.now()
    kept.validity_not_before, kept.validity_not_after = certificate.not_valid_before_utc, END
    registry(call.region, state).certificates[kept.certificate_id] = kept
    return {
        "certificateArn": kept.arn,
        "certificateId": kept.certificate_id,
        "certificatePem": kept.certificate_pem,
    }


def describe_certificate(call: Call, state: State) -> dict[str, Any]:
    kept = _named(call, state)
    described = kept.to_description_dict() | {
        "certificateMode": "DEFAULT",
        "customerVersion": 1,
        "generationId": kept.certificate_id[:36],
    }
    described["validity"] = {"notBefore": kept.validity_not_before, "notAfter": kept.validity_not_after}
    return {"certificateDescription": described}


def list_certificates(call: Call, state: State) -> dict[str, Any]:
    given, kept = members(call), list(registry(call.region, state).certificates.values())
    if given.get("ascendingOrder") is False:
        kept.reverse()
    found, marker = page(kept, given.get("marker"), given.get("pageSize"))
    shown = [
        {
            "certificateArn": each.arn,
            "certificateId": each.certificate_id,
            "status": each.status,
            "certificateMode": "DEFAULT",
            "creationDate": each.creation_date,
        }
        for each in found
    ]
    return {"certificates": shown, "nextMarker": marker}


def update_certificate(call: Call, state: State) -> dict[str, Any]:
    """ "AWS IoT disconnects all devices that used that certificate": here at once, there within minutes."""
    kept, status = _named(call, state), members(call)["newStatus"]
    if status not in _STATES:
        raise invalid(f"Certificates cannot be set to {status}.")
    kept.status, kept.last_modified_date = status, state.clock.now()
    return {}


def delete_certificate(call: Call, state: State) -> dict[str, Any]:
    """An inactive certificate without Things; its policies are in the way unless the deletion is forced.

    https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteCertificate.html
    """
    kept, all_kept = _named(call, state), registry(call.region, state)
    if kept.status == "ACTIVE":
        sentence = "Certificate must be deactivated (not ACTIVE) before deletion."
        raise AwsError("CertificateStateException", f"{sentence} Id: {kept.certificate_id}", 406)
    if any(principal == kept.arn for principal, _ in all_kept.principal_things):
        raise _conflict(f"Things must be detached before deletion (arn: {kept.arn})")
    policies = [key for key in all_kept.principal_policies if key[0] == kept.arn]
    if policies and not members(call).get("forceDelete"):
        raise _conflict(f"Certificate policies must be detached before deletion (arn: {kept.arn})")
    for key in policies:
        del all_kept.principal_policies[key]
    del all_kept.certificates[kept.certificate_id]
    return {}


def _conflict(sentence: str) -> AwsError:
    return AwsError("DeleteConflictException", sentence, 409)


def _named(call: Call, state: State) -> Any:
    wanted = members(call)["certificateId"].removeprefix("0x").lower()
    kept = registry(call.region, state).certificates.get(wanted)
    if kept is None:
        raise not_found(f"Certificate {wanted} does not exist.")
    return kept
