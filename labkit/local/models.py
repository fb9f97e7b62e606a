"""botocore's service models, as moto reads them: operations, protocols, who signs what."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from labkit.local.errors import AwsError, not_simulated

#: SigV4's name of a service, where botocore's is another one.
_SIGNING_NAME = {"dynamodbstreams": "dynamodb", "iot-data": "iotdata"}
#: Names that AWS takes beside it. "You must use iotdevicegateway as the service name for authentication":
#: https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-rest-api.html; its SDKs use `iotdata`.
_ALSO_SIGNED_FOR = {"iot-data": ("iotdevicegateway",)}


@lru_cache(maxsize=64)
def service_model(service: str) -> Any:
    """botocore's model of a service, as moto reads it. Raises AwsError for a service that it lacks."""
    from botocore.exceptions import UnknownServiceError
    from moto.core.utils import get_service_model

    try:
        return get_service_model(service)
    except (UnknownServiceError, OSError):
        raise not_simulated(f"the service `{service}`") from None


@lru_cache(maxsize=4096)
def operation_model(service: str, operation: str) -> Any:
    return service_model(service).operation_model(operation)


@lru_cache(maxsize=64)
def protocol_of(service: str) -> str:
    """`json`, `query`, `rest-json` or `rest-xml`; botocore's newer dialects count as `json`."""
    if service == "labkit":
        return "json"
    try:
        name = str(service_model(service).metadata["protocol"])
    except AwsError:
        return "rest-xml" if service.startswith("s3") else "json"
    return {"ec2": "query", "smithy-rpc-v2-cbor": "json"}.get(name, name)


def signing_name(service: str, given: str = "") -> str:
    """The service part of a credential scope: the given one, where AWS takes it too."""
    if given in _ALSO_SIGNED_FOR.get(service, ()):
        return given
    return _SIGNING_NAME.get(service, service)
