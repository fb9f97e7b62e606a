// aws-jwt-verify, unmodified. It fetches the key set from AWS's address, which its own `fetcher` setting leads here.
// https://github.com/awslabs/aws-jwt-verify#customizing-jwks-fetching-and-caching

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { CognitoJwtVerifier } from "aws-jwt-verify";
import {
  CognitoJwtInvalidClientIdError,
  CognitoJwtInvalidGroupError,
  CognitoJwtInvalidTokenUseError,
  FailedAssertionError,
  JwtExpiredError,
  JwtInvalidScopeError,
  JwtInvalidSignatureError,
  KidNotFoundInJwksError,
  ParameterValidationError,
} from "aws-jwt-verify/error";
import { SimpleJwksCache } from "aws-jwt-verify/jwk";
import {
  clientId, endpoint, newUser, password, provider, region, rotateSigningKey, signIn, tampered, userPoolId,
} from "./lab.js";
import { makePool, settledUser } from "./pools.js";

const aws = `https://cognito-idp.${region}.amazonaws.com/`;
const fetcher = {
  fetch: async (uri) => {
    assert.ok(uri.startsWith(aws));
    return (await fetch(uri.replace(aws, `${endpoint}/`))).arrayBuffer();
  },
};

const verifier = (options) =>
  CognitoJwtVerifier.create(
    { userPoolId, clientId, ...options }, { jwksCache: new SimpleJwksCache({ fetcher }) },
  );

test("ID and access tokens verify, each for its own use", async () => {
  const username = await newUser();
  const { IdToken, AccessToken } = await signIn(username);
  const id = await verifier({ tokenUse: "id" }).verify(IdToken);
  assert.equal(id["cognito:username"], username);
  assert.equal(id.email_verified, true);
  const access = await verifier({ tokenUse: "access" }).verify(AccessToken);
  assert.equal(access.sub, id.sub);
  await assert.rejects(verifier({ tokenUse: "access" }).verify(IdToken), CognitoJwtInvalidTokenUseError);
  await assert.rejects(verifier({ tokenUse: "id" }).verify(AccessToken), CognitoJwtInvalidTokenUseError);
});

test("a tampered token, one for another app client and one of another pool are refused", async () => {
  const { IdToken } = await signIn(await newUser());
  assert.ok(await verifier({ tokenUse: "id" }).verify(IdToken));
  await assert.rejects(verifier({ tokenUse: "id" }).verify(tampered(IdToken)), JwtInvalidSignatureError);
  const another = await makePool();
  const forAnotherClient = { tokenUse: "id", clientId: another.clientId };
  await assert.rejects(verifier(forAnotherClient).verify(IdToken), CognitoJwtInvalidClientIdError);
  const ofAnotherPool = { tokenUse: "id", userPoolId: another.userPoolId };
  await assert.rejects(verifier(ofAnotherPool).verify(IdToken), ParameterValidationError);
});

test("groups of a token are checked as the verifier was told", async () => {
  const { AccessToken, IdToken } = await signIn(await newUser("readers"));
  const groups = ["writers", "readers"];
  const access = await verifier({ tokenUse: "access", groups }).verify(AccessToken);
  assert.deepEqual(access["cognito:groups"], ["readers"]);
  assert.ok(await verifier({ tokenUse: "id", groups }).verify(IdToken));
  for (const [tokenUse, token] of [["access", AccessToken], ["id", IdToken]])
    await assert.rejects(verifier({ tokenUse, groups: "writers" }).verify(token), CognitoJwtInvalidGroupError);
  const { AccessToken: ofNoGroup } = await signIn(await newUser());
  await assert.rejects(verifier({ tokenUse: "access", groups }).verify(ofNoGroup), CognitoJwtInvalidGroupError);
});

test("scopes of an access token are checked as the verifier was told", async () => {
  const { AccessToken } = await signIn(await newUser());
  const scope = ["shop/order", "aws.cognito.signin.user.admin"];
  assert.ok(await verifier({ tokenUse: "access", scope }).verify(AccessToken));
  await assert.rejects(verifier({ tokenUse: "access", scope: "shop/order" }).verify(AccessToken), JwtInvalidScopeError);
});

test("an app's own check sees header and claims of a verified token", async () => {
  const username = await newUser();
  const { IdToken } = await signIn(username);
  const customJwtCheck = ({ header, payload }) => {
    assert.equal(header.alg, "RS256");
    if (payload.email !== `${username}@example.com`)
      throw new FailedAssertionError("another address", payload.email, username);
  };
  const mine = verifier({ tokenUse: "id", customJwtCheck });
  assert.equal((await mine.verify(IdToken)).iss, `https://${provider}`);
  const { IdToken: another } = await signIn(await newUser());
  await assert.rejects(mine.verify(another), FailedAssertionError);
});

test("a token verifies until it has expired", async (t) => {
  const { IdToken } = await signIn(await newUser());
  const { exp } = await verifier({ tokenUse: "id" }).verify(IdToken);
  mock.timers.enable({ apis: ["Date"], now: exp * 1000 });
  t.after(() => mock.timers.reset());
  assert.ok(await verifier({ tokenUse: "id" }).verify(IdToken));
  mock.timers.tick(1000);
  await assert.rejects(verifier({ tokenUse: "id" }).verify(IdToken), JwtExpiredError);
});

// https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
test("tokens of the key before and after a rotation verify, where both keys are known", async () => {
  const pool = await makePool();
  const username = await settledUser(pool);
  const tokenOfNow = async () => (await signIn(username, password, pool.clientId)).IdToken;
  const token = await tokenOfNow();
  const ids = verifier({ tokenUse: "id", ...pool });
  assert.ok(await ids.verify(token));
  const { Kid } = await rotateSigningKey(pool.userPoolId);
  const newer = await tokenOfNow();
  assert.equal(JSON.parse(Buffer.from(newer.split(".")[0], "base64url")).kid, Kid);
  assert.throws(() => ids.verifySync(newer), KidNotFoundInJwksError); // without a look at the pool
  assert.ok(await ids.verify(newer)); // an unknown key makes it fetch the key set again
  assert.ok(await ids.verify(token));
});
