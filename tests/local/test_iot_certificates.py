"""The certificates of devices, and the endpoint with its own.

https://docs.aws.amazon.com/iot/latest/developerguide/x509-client-certs.html
"""

from __future__ import annotations

import hashlib
import ssl
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from labkit.local.app import create_app
from tests.local import iot
from tests.local.accounts import FRESH, LocalAccount, document, reached, refused, statement


def _loaded(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem.encode())


def test_a_new_certificate_belongs_to_a_new_key(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_CreateKeysAndCertificate.html"""
    api = account.client("iot")
    made = api.create_keys_and_certificate(setAsActive=True)
    found = _loaded(made["certificatePem"])
    der = found.public_bytes(serialization.Encoding.DER)
    assert made["certificateId"] == hashlib.sha256(der).hexdigest()
    assert made["certificateArn"].endswith(f":{account.account_id}:cert/{made['certificateId']}")
    key = serialization.load_pem_private_key(made["keyPair"]["PrivateKey"].encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    assert (key.key_size, key.public_key()) == (2048, found.public_key())
    assert made["keyPair"]["PublicKey"].encode() == key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "AWS IoT Certificate"
    assert found.not_valid_after_utc == datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)
    found.verify_directly_issued_by(account.app.state.iot.certificates.device_ca)
    described = api.describe_certificate(certificateId=made["certificateId"])["certificateDescription"]
    assert (described["status"], described["certificatePem"]) == ("ACTIVE", made["certificatePem"])
    assert "PRIVATE KEY" not in str(described), "it left the account once"
    other = api.create_keys_and_certificate()
    listed = api.list_certificates(pageSize=250)["certificates"]
    states = {each["certificateId"]: each["status"] for each in listed}
    assert (states[made["certificateId"]], states[other["certificateId"]]) == ("ACTIVE", "INACTIVE")


def _request(key: Any) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "lamp")])
    made = x509.CertificateSigningRequestBuilder(name).sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM).decode()


def test_a_certificate_is_made_of_a_signing_request(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_CreateCertificateFromCsr.html"""
    api, key = account.client("iot"), ec.generate_private_key(ec.SECP256R1())
    made = api.create_certificate_from_csr(certificateSigningRequest=_request(key), setAsActive=True)
    found = _loaded(made["certificatePem"])
    assert found.public_key() == key.public_key()
    assert found.subject.rfc4514_string() == "CN=lamp"
    assert "keyPair" not in made
    weak = rsa.generate_private_key(65537, 1024)
    curve = ec.generate_private_key(ec.SECP256K1())
    for text in ("no request", _request(weak), _request(curve)):
        answer = refused(api.create_certificate_from_csr, certificateSigningRequest=text)
        assert (answer.status, answer.code) == (400, "InvalidRequestException")


def test_a_status_is_one_that_a_developer_may_set(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateCertificate.html"""
    api, made = account.client("iot"), iot.certificate(account)
    given = {"certificateId": made["certificateId"]}
    for status in ("INACTIVE", "REVOKED", "ACTIVE"):
        api.update_certificate(newStatus=status, **given)
        assert api.describe_certificate(**given)["certificateDescription"]["status"] == status
    for status in ("PENDING_TRANSFER", "PENDING_ACTIVATION", "REGISTER_INACTIVE", "DORMANT"):
        assert refused(api.update_certificate, newStatus=status, **given).code == "InvalidRequestException"
    missing = refused(api.update_certificate, certificateId="0" * 64, newStatus="ACTIVE")
    assert (missing.status, missing.code) == (404, "ResourceNotFoundException")


def test_a_certificate_is_deleted_when_it_is_inactive_and_alone(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteCertificate.html"""
    api, name = account.client("iot"), account.name("thing")
    policy = iot.policy(account, document(statement("iot:*")))
    made = iot.certificate(account, policy)
    given = {"certificateId": made["certificateId"]}
    api.create_thing(thingName=name)
    api.attach_thing_principal(thingName=name, principal=made["certificateArn"])
    active = refused(api.delete_certificate, **given)
    assert (active.status, active.code) == (406, "CertificateStateException")
    api.update_certificate(newStatus="INACTIVE", **given)
    attached = refused(api.delete_certificate, forceDelete=True, **given)
    assert (attached.status, attached.code) == (409, "DeleteConflictException")
    api.detach_thing_principal(thingName=name, principal=made["certificateArn"])
    assert refused(api.delete_certificate, **given).code == "DeleteConflictException"
    api.delete_certificate(forceDelete=True, **given)
    assert refused(api.describe_certificate, **given).code == "ResourceNotFoundException"
    assert api.list_targets_for_policy(policyName=policy)["targets"] == []


@pytest.mark.parametrize("seed", ["one", None])
def test_a_seed_gives_the_same_certificates(seed: str | None) -> None:
    def ids() -> list[str]:
        clock = datetime(2026, 1, 1, tzinfo=UTC)
        api = reached(create_app(seed, clock, account_id=FRESH), "direct").client("iot")
        return [api.create_keys_and_certificate()["certificateId"] for _ in range(2)]

    first, second = ids(), ids()
    assert (first == second) is (seed is not None)
    assert first[0] != first[1]


def test_registering_certificates_of_another_ca_is_not_simulated(account: LocalAccount) -> None:
    api = account.client("iot")
    made = api.create_keys_and_certificate()
    assert made
    answer = refused(api.register_certificate_without_ca, certificatePem=made["certificatePem"])
    assert (answer.status, answer.code) == (501, "NotSimulated")


# --- the endpoint -------------------------------------------------------------------------------------------


def test_the_endpoint_is_the_gateways_and_starts_it_where_none_runs(fresh: LocalAccount) -> None:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeEndpoint.html"""
    state, api, started = fresh.app.state.iot, fresh.client("iot"), []

    def start() -> None:
        started.append(True)
        state.endpoint.port = 4578

    assert refused(api.describe_endpoint, endpointType="iot:Data-ATS").code == "NotSimulated"
    state.start_gateway = start
    found = [
        api.describe_endpoint(endpointType=kind) for kind in ("iot:Data-ATS", "iot:Data", "iot:Data-ATS")
    ]
    assert {each["endpointAddress"] for each in found} == {"localhost:4578"}
    assert started == [True]
    assert refused(api.describe_endpoint, endpointType="iot:Jobs").code == "NotSimulated"
    wrong = refused(api.describe_endpoint, endpointType="iot:Nothing")
    assert (wrong.status, wrong.code) == (400, "InvalidRequestException")
    elsewhere = fresh.client("iot", region="eu-central-1")
    assert refused(elsewhere.describe_endpoint, endpointType="iot:Data-ATS").code == "NotSimulated"
    assert fresh.send("GET", "/_labkit/health").json["iot"] == {
        "host": "localhost",
        "port": 4578,
        "tls_port": None,
    }


def _joined(server: ssl.SSLContext, client: ssl.SSLContext) -> bytes | None:
    """Both ends of a TLS connection in memory; the client's certificate as the server sees it."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        client.wrap_bio(down, up, server_hostname="localhost"),
        server.wrap_bio(up, down, server_side=True),
    )
    waiting = set(ends)
    for _ in range(10):
        for end in tuple(waiting):
            try:
                end.do_handshake()
                waiting.discard(end)
            except ssl.SSLWantReadError:
                continue
    assert not waiting
    return ends[1].getpeercert(binary_form=True)


def test_the_endpoints_certificate_is_of_the_ca_that_anybody_may_read(account: LocalAccount) -> None:
    reply = account.send("GET", "/_labkit/iot/ca.pem")
    certificates = account.app.state.iot.certificates
    assert (reply.status, reply.body) == (200, certificates.ca_pem)
    assert _joined(certificates.server_context(), ssl.create_default_context(cadata=reply.text)) is None
    with pytest.raises(ssl.SSLCertVerificationError):
        _joined(certificates.server_context(), ssl.create_default_context())


def test_the_device_port_knows_a_device_by_its_certificate(account: LocalAccount, tmp_path: Any) -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/transport-security.html"""
    certificates, made = account.app.state.iot.certificates, iot.certificate(account)
    client = ssl.create_default_context(cadata=certificates.ca_pem.decode())
    (tmp_path / "device.pem").write_text(made["certificatePem"] + made["keyPair"]["PrivateKey"])
    client.load_cert_chain(tmp_path / "device.pem")
    der = _joined(certificates.client_context(), client)
    assert der is not None
    found = certificates.principal(der)
    assert found is not None
    assert (found.certificate_id, found.arn) == (made["certificateId"], made["certificateArn"])
    account.client("iot").update_certificate(certificateId=made["certificateId"], newStatus="INACTIVE")
    assert certificates.principal(der) is None
    nobody = ssl.create_default_context(cadata=certificates.ca_pem.decode())
    with pytest.raises(ssl.SSLError):
        _joined(certificates.client_context(), nobody)
