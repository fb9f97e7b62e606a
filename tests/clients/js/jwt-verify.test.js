// aws-jwt-verify, unmodified, with the pool's key set put into its cache.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CognitoJwtVerifier } from "aws-jwt-verify";
import {
  CognitoJwtInvalidClientIdError,
  CognitoJwtInvalidGroupError,
  CognitoJwtInvalidTokenUseError,
  JwtInvalidSignatureError,
} from "aws-jwt-verify/error";
import { clientId, jwks, newUser, signIn, tampered, userPoolId } from "./lab.js";

function verifier(options) {
  const made = CognitoJwtVerifier.create({ userPoolId, clientId, ...options });
  made.cacheJwks(jwks);
  return made;
}

test("ID and access tokens verify, each for its own use", async () => {
  const username = await newUser();
  const { IdToken, AccessToken } = await signIn(username);
  const id = await verifier({ tokenUse: "id" }).verify(IdToken);
  assert.equal(id["cognito:username"], username);
  assert.equal(id.email_verified, true);
  const access = await verifier({ tokenUse: "access", scope: "aws.cognito.signin.user.admin" }).verify(AccessToken);
  assert.equal(access.sub, id.sub);
  await assert.rejects(verifier({ tokenUse: "access" }).verify(IdToken), CognitoJwtInvalidTokenUseError);
  await assert.rejects(verifier({ tokenUse: "id" }).verify(AccessToken), CognitoJwtInvalidTokenUseError);
});

test("a tampered token and one for another app client are refused", async () => {
  const { IdToken } = await signIn(await newUser());
  assert.ok(await verifier({ tokenUse: "id" }).verify(IdToken));
  await assert.rejects(verifier({ tokenUse: "id" }).verify(tampered(IdToken)), JwtInvalidSignatureError);
  await assert.rejects(verifier({ tokenUse: "id", clientId: "another" }).verify(IdToken), CognitoJwtInvalidClientIdError);
});

test("groups of a token are checked as the verifier was told", async () => {
  const { AccessToken } = await signIn(await newUser());
  assert.ok(await verifier({ tokenUse: "access" }).verify(AccessToken));
  await assert.rejects(
    verifier({ tokenUse: "access", groups: "admins" }).verify(AccessToken),
    CognitoJwtInvalidGroupError,
  );
});
