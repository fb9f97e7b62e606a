"""AWS IoT Core: Things, certificates and policies, and who may do what over MQTT.

moto keeps Things, policies and certificates; every check that AWS makes and moto does not is made here.
"""

from __future__ import annotations

from labkit.local.loading import handlers

#: What moto would store, and nothing would come of: the account's device port knows the certificates of the
#: account's own CA alone.
NOT_SIMULATED = frozenset({"RegisterCACertificate", "RegisterCertificate", "RegisterCertificateWithoutCA"})
#: What moto keeps as AWS does; nothing would come of the rest (jobs, domains, billing groups …). Rules are
#: only kept: the log says of what is published to one that it does not run.
KEPT_BY_MOTO = frozenset(
    {
        "AddThingToThingGroup", "CreateThingGroup", "DescribeThingGroup", "ListTagsForResource",
        "ListThingGroups", "ListThingGroupsForThing", "ListThingsInThingGroup", "RemoveThingFromThingGroup",
        "TagResource", "UntagResource", "UpdateThingGroup", "UpdateThingGroupsForThing",
        "CreateTopicRule", "DeleteTopicRule", "DisableTopicRule", "EnableTopicRule", "GetTopicRule",
        "ListTopicRules", "ReplaceTopicRule",
    }
)  # fmt: skip
OPERATIONS = handlers(
    "labkit.local.iot",
    {
        "AttachPolicy": "attachments:attach_policy",
        "AttachPrincipalPolicy": "attachments:attach_principal_policy",
        "AttachThingPrincipal": "thing_principals:attach",
        "CreateCertificateFromCsr": "device_certificates:create_certificate_from_csr",
        "CreateKeysAndCertificate": "device_certificates:create_keys_and_certificate",
        "CreatePolicy": "policies:create_policy",
        "CreatePolicyVersion": "policies:create_policy_version",
        "CreateThing": "things:create_thing",
        "CreateThingType": "thing_types:create_thing_type",
        "DeleteCertificate": "device_certificates:delete_certificate",
        "DeletePolicy": "policies:delete_policy",
        "DeletePolicyVersion": "policies:delete_policy_version",
        "DeleteThing": "things:delete_thing",
        "DeleteThingGroup": "thing_groups:delete_thing_group",
        "DeleteThingType": "thing_types:delete_thing_type",
        "DeprecateThingType": "thing_types:deprecate_thing_type",
        "DescribeCertificate": "device_certificates:describe_certificate",
        "DescribeEndpoint": "endpoint:describe_endpoint",
        "DescribeThing": "things:describe_thing",
        "DescribeThingType": "thing_types:describe_thing_type",
        "DetachPolicy": "attachments:detach_policy",
        "DetachPrincipalPolicy": "attachments:detach_principal_policy",
        "DetachThingPrincipal": "thing_principals:detach",
        "GetEffectivePolicies": "auth_results:get_effective_policies",
        "GetPolicy": "policies:get_policy",
        "GetPolicyVersion": "policies:get_policy_version",
        "ListAttachedPolicies": "attachments:list_attached_policies",
        "ListCertificates": "device_certificates:list_certificates",
        "ListPolicies": "policies:list_policies",
        "ListPolicyPrincipals": "attachments:list_policy_principals",
        "ListPolicyVersions": "policies:list_policy_versions",
        "ListPrincipalPolicies": "attachments:list_principal_policies",
        "ListPrincipalThings": "thing_principals:list_principal_things",
        "ListPrincipalThingsV2": "thing_principals:list_principal_things_v2",
        "ListTargetsForPolicy": "attachments:list_targets_for_policy",
        "ListThingPrincipals": "thing_principals:list_thing_principals",
        "ListThingPrincipalsV2": "thing_principals:list_thing_principals_v2",
        "ListThingTypes": "thing_types:list_thing_types",
        "ListThings": "things:list_things",
        "SetDefaultPolicyVersion": "policies:set_default_policy_version",
        "TestAuthorization": "auth_results:test_authorization",
        "UpdateCertificate": "device_certificates:update_certificate",
        "UpdateThing": "things:update_thing",
    },
)
#: The data plane.
DATA_OPERATIONS = handlers(
    "labkit.local.iot",
    {
        "DeleteConnection": "data:delete_connection",
        "DeleteThingShadow": "data:delete_thing_shadow",
        "GetRetainedMessage": "data:get_retained_message",
        "GetThingShadow": "data:get_thing_shadow",
        "ListNamedShadowsForThing": "data:list_named_shadows_for_thing",
        "ListRetainedMessages": "data:list_retained_messages",
        "Publish": "data:publish",
        "UpdateThingShadow": "data:update_thing_shadow",
    },
)
