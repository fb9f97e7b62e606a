// The credential providers of the AWS SDK for JavaScript v3, unmodified, with S3 and DynamoDB behind them.
// https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetCredentialsForIdentity.html

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { fromCognitoIdentity, fromCognitoIdentityPool } from "@aws-sdk/credential-providers";
import { DynamoDBDocumentClient, PutCommand } from "@aws-sdk/lib-dynamodb";
import {
  advance, bucket, endpoint, identityPoolId, newUser, now, provider, region, roles, signIn, table, tampered,
} from "./lab.js";

const clientConfig = { endpoint, region };
const fromPool = (more = {}) => fromCognitoIdentityPool({ identityPoolId, clientConfig, ...more });
const fromIdentity = (identityId, more = {}) => fromCognitoIdentity({ identityId, clientConfig, ...more });

/** S3 by path, because `bucket.127.0.0.1` is no host name. */
const s3 = (credentials) => new S3Client({ credentials, forcePathStyle: true });
const notes = (credentials) => DynamoDBDocumentClient.from(new DynamoDBClient({ credentials }));
const get = (Key) => new GetObjectCommand({ Bucket: bucket, Key });
const put = (Key) => new PutObjectCommand({ Bucket: bucket, Key, Body: "mine" });
const note = (owner) => new PutCommand({ TableName: table, Item: { owner, note: "one" } });

/** A new user's logins map, and the Identity ID that belongs to it. */
async function newLogin(...groups) {
  const logins = { [provider]: (await signIn(await newUser(...groups))).IdToken };
  return { logins, identityId: (await fromPool({ logins })()).identityId };
}

const denied = { name: "AccessDenied" };
const forbidden = { name: "NotAuthorizedException" };

test("a guest's Identity ID gives a guest's credentials", async () => {
  const { identityId } = await fromPool()();
  const guest = s3(fromIdentity(identityId));
  await guest.send(get("public/welcome.txt"));
  await assert.rejects(guest.send(get("private/secret.txt")), denied);
  const nobody = "us-east-1:00000000-0000-4000-8000-000000000000";
  await assert.rejects(fromIdentity(nobody)(), { name: "ResourceNotFoundException" });
});

test("a user's Identity ID gives credentials with that user's login, and with nobody else's or none", async () => {
  const [alice, bob] = [await newLogin(), await newLogin()];
  const credentials = fromIdentity(alice.identityId, { logins: alice.logins });
  await s3(credentials).send(put(`${alice.identityId}/note.txt`));
  await notes(credentials).send(note(alice.identityId));
  await assert.rejects(s3(credentials).send(put(`${bob.identityId}/note.txt`)), denied);
  await assert.rejects(notes(credentials).send(note(bob.identityId)), { name: "AccessDeniedException" });
  await assert.rejects(fromIdentity(alice.identityId)(), forbidden);
  await assert.rejects(fromIdentity(alice.identityId, { logins: bob.logins })(), forbidden);
  const changed = { [provider]: tampered(alice.logins[provider]) };
  await assert.rejects(fromIdentity(alice.identityId, { logins: changed })(), forbidden);
});

// https://docs.aws.amazon.com/cognito/latest/developerguide/role-based-access-control.html#using-tokens-to-assign-roles-to-users
test("a user of two groups takes the role of either, and of no other", async () => {
  const { logins, identityId } = await newLogin("readers", "writers");
  const as = (customRoleArn) => s3(fromPool({ logins, customRoleArn }));
  await as(roles.writers).send(put("shared/plan.txt"));
  await as(roles.readers).send(get("shared/plan.txt"));
  await assert.rejects(as(roles.readers).send(put("shared/plan.txt")), denied);
  await s3(fromIdentity(identityId, { logins, customRoleArn: roles.writers })).send(put("shared/plan.txt"));
  const reader = await newLogin("readers");
  await s3(fromPool({ logins: reader.logins })).send(get("shared/plan.txt"));
  const reaching = fromIdentity(reader.identityId, { logins: reader.logins, customRoleArn: roles.writers });
  await assert.rejects(reaching(), forbidden);
});

test("a client gets new credentials by a new login when the old ones have expired", async (t) => {
  const username = await newUser();
  const fetched = [];
  const login = async () => {
    fetched.push((await signIn(username)).IdToken);
    return fetched.at(-1);
  };
  mock.timers.enable({ apis: ["Date"], now: await now() }); // from here on the client's clock is the account's
  t.after(() => mock.timers.reset());
  const provide = fromPool({ logins: { [provider]: login } });
  const old = await provide();
  const key = `${old.identityId}/note.txt`;
  const client = s3(provide);
  await client.send(put(key));
  const asked = fetched.length;
  await client.send(put(key));
  assert.equal(fetched.length, asked); // still the same credentials
  await advance(3601);
  mock.timers.tick(3_601_000);
  await assert.rejects(s3(old).send(put(key)), { name: "ExpiredToken" });
  await client.send(put(key));
  assert.ok(fetched.length > asked);
  await assert.rejects(fromPool({ logins: { [provider]: fetched[0] } })(), forbidden); // that token expired, too
});
