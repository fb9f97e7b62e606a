"""IAM's policy simulator and its virtual MFA devices; everything else of IAM is moto's."""

from labkit.local.loading import handlers

OPERATIONS = handlers(
    "labkit.local",
    {
        "CreateVirtualMFADevice": "mfa_devices:create_virtual_mfa_device",
        "GetContextKeysForCustomPolicy": "iam.simulation:get_context_keys_for_custom_policy",
        "GetContextKeysForPrincipalPolicy": "iam.simulation:get_context_keys_for_principal_policy",
        "SimulateCustomPolicy": "iam.simulation:simulate_custom_policy",
        "SimulatePrincipalPolicy": "iam.simulation:simulate_principal_policy",
    },
)

#: Checks before moto answers.
CHECKS = handlers(
    "labkit.local",
    {
        "AttachGroupPolicy": "policies:load_aws_managed",
        "AttachRolePolicy": "policies:load_aws_managed",
        "AttachUserPolicy": "policies:load_aws_managed",
        "CreatePolicy": "policies:check_document",
        "CreatePolicyVersion": "policies:check_document",
        "CreateRole": "policies:check_new_role",
        "CreateSAMLProvider": "policies:check_saml_metadata",
        "CreateUser": "policies:refuse_boundary",
        "DeleteVirtualMFADevice": "mfa_devices:check_delete",
        "EnableMFADevice": "mfa_devices:check_enable",
        "GetPolicy": "policies:load_aws_managed",
        "GetPolicyVersion": "policies:load_aws_managed",
        "PutGroupPolicy": "policies:check_document",
        "PutRolePermissionsBoundary": "policies:load_aws_managed",
        "PutRolePolicy": "policies:check_document",
        "PutUserPermissionsBoundary": "policies:refuse_boundary",
        "PutUserPolicy": "policies:check_document",
        "UpdateAssumeRolePolicy": "policies:check_trust",
        "UpdateSAMLProvider": "policies:check_saml_metadata",
    },
)
