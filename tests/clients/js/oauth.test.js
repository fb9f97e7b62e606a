// openid-client and oauth4webapi, unmodified, as apps of a user pool's domain. Both have a switch for plain HTTP.
// The pool's issuer is AWS's own address, so its metadata is given to them in the place of discovery.
// https://github.com/panva/openid-client and https://github.com/panva/oauth4webapi

import assert from "node:assert/strict";
import { test } from "node:test";
import * as oauth from "oauth4webapi";
import * as client from "openid-client";
import { callback, makeApp, makeDomain, scope, signedIn, signedOut } from "./managed-login.js";

const there = await makeDomain();
const insecure = { [oauth.allowInsecureRequests]: true };

function configured(app, authentication) {
  const config = new client.Configuration(there.metadata, app.ClientId, app.ClientSecret, authentication);
  client.allowInsecureRequests(config);
  client.enableNonRepudiationChecks(config); // the ID token's signature too
  return config;
}

async function asked(config, more = {}) {
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const expectedState = client.randomState();
  const expectedNonce = client.randomNonce();
  const address = client.buildAuthorizationUrl(config, {
    redirect_uri: callback,
    scope,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    state: expectedState,
    nonce: expectedNonce,
    ...more,
  });
  return { address, checks: { pkceCodeVerifier, expectedState, expectedNonce } };
}

for (const [name, GenerateSecret, authentication] of [
  ["a public client", false, client.None()],
  ["a client with its secret in the form", true, undefined],
  ["a client with its secret in the header", true, "basic"],
])
  test(`openid-client signs in as ${name}, refreshes, revokes and signs out`, async () => {
    const app = await makeApp(there, { GenerateSecret });
    const method = authentication === "basic" ? client.ClientSecretBasic(app.ClientSecret) : authentication;
    const config = configured(app, method);
    const { address, checks } = await asked(config);
    const back = await signedIn(address, there.username);
    const tokens = await client.authorizationCodeGrant(config, back, checks);
    const { sub } = tokens.claims();
    const person = await client.fetchUserInfo(config, tokens.access_token, sub);
    assert.equal(person.email, "learner@example.com");
    await assert.rejects(client.authorizationCodeGrant(config, back, checks), { error: "invalid_grant" });
    const renewed = await client.refreshTokenGrant(config, tokens.refresh_token);
    assert.equal(renewed.claims().sub, sub);
    await client.tokenRevocation(config, tokens.refresh_token);
    await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token), { error: "invalid_grant" });
    await assert.rejects(client.fetchUserInfo(config, tokens.access_token, sub));
    const leave = client.buildEndSessionUrl(config, { logout_uri: signedOut });
    const left = await fetch(leave, { redirect: "manual" });
    assert.equal(left.headers.get("location"), signedOut);
  });

test("openid-client hears of a scope that the client does not have", async () => {
  const config = configured(await makeApp(there), client.None());
  const { address, checks } = await asked(config, { scope: "openid phone" });
  const answer = await fetch(address, { redirect: "manual" });
  const back = new URL(answer.headers.get("location"));
  await assert.rejects(client.authorizationCodeGrant(config, back, checks), { error: "invalid_scope" });
});

test("openid-client gets a token for a machine", async () => {
  const app = await makeApp(there, {
    GenerateSecret: true, AllowedOAuthFlows: ["client_credentials"], AllowedOAuthScopes: ["music/read"],
    CallbackURLs: [], LogoutURLs: [],
  });
  const tokens = await client.clientCredentialsGrant(configured(app), { scope: "music/read" });
  assert.equal(tokens.expires_in, 3600);
  await assert.rejects(client.clientCredentialsGrant(configured(app), { scope: "music/write" }), {
    error: "invalid_scope",
  });
});

test("oauth4webapi signs in step by step", async () => {
  const app = { client_id: (await makeApp(there)).ClientId };
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const address = new URL(there.metadata.authorization_endpoint);
  const parameters = {
    client_id: app.client_id, redirect_uri: callback, response_type: "code", scope, state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256",
  };
  for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value);
  const back = await signedIn(address, there.username);
  const checked = oauth.validateAuthResponse(there.metadata, app, back, state);
  const exchange = (code_verifier) =>
    oauth.authorizationCodeGrantRequest(
      there.metadata, app, oauth.None(), checked, callback, code_verifier, insecure,
    );
  await assert.rejects(
    oauth.processAuthorizationCodeResponse(
      there.metadata, app, await exchange(oauth.generateRandomCodeVerifier()),
    ),
    { error: "invalid_grant" },
  );
  const answer = await exchange(verifier);
  const result = await oauth.processAuthorizationCodeResponse(there.metadata, app, answer);
  await oauth.validateApplicationLevelSignature(there.metadata, answer, insecure);
  const { sub } = oauth.getValidatedIdTokenClaims(result);
  const person = await oauth.processUserInfoResponse(
    there.metadata, app, sub,
    await oauth.userInfoRequest(there.metadata, app, result.access_token, insecure),
  );
  assert.equal(person.sub, sub);
});
