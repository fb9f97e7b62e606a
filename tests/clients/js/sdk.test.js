// The AWS SDK for JavaScript v3, unmodified: it finds the account by AWS_ENDPOINT_URL.
// Error codes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
// and https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import {
  CognitoIdentityProviderClient,
  GetUserCommand,
  ListUserPoolsCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { fromCognitoIdentityPool } from "@aws-sdk/credential-providers";
import { DynamoDBDocumentClient, PutCommand, QueryCommand } from "@aws-sdk/lib-dynamodb";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { advance, bucket, endpoint, identityPoolId, newUser, provider, region, signIn, table, tampered } from "./lab.js";

const fromPool = (logins) =>
  fromCognitoIdentityPool({ identityPoolId, logins, clientConfig: { endpoint, region } });

/** S3 by path, because `bucket.127.0.0.1` is no host name. */
const s3 = (credentials) => new S3Client({ credentials, forcePathStyle: true });

/** A new user's ID token, temporary credentials and Identity ID. */
async function signedIn() {
  const { IdToken } = await signIn(await newUser());
  const credentials = await fromPool({ [provider]: IdToken })();
  return { idToken: IdToken, credentials, identityId: credentials.identityId };
}

const put = (Key, Body = "mine") => new PutObjectCommand({ Bucket: bucket, Key, Body });
const get = (Key) => new GetObjectCommand({ Bucket: bucket, Key });
const text = async (client, key) => (await client.send(get(key))).Body.transformToString();

test("a guest reads what guests may read, and nothing else", async () => {
  const guest = s3(fromPool());
  assert.equal(await text(guest, "public/welcome.txt"), "for everybody");
  await assert.rejects(guest.send(get("private/secret.txt")), { name: "AccessDenied" });
});

test("a login gives an Identity ID, and a tampered token none", async () => {
  const { idToken, identityId } = await signedIn();
  assert.match(identityId, /^us-east-1:[0-9a-f-]{36}$/);
  assert.equal((await fromPool({ [provider]: idToken })()).identityId, identityId);
  await assert.rejects(fromPool({ [provider]: tampered(idToken) })(), { name: "NotAuthorizedException" });
});

// https://docs.aws.amazon.com/cognito/latest/developerguide/iam-roles.html
test("temporary credentials open the own prefix in S3 and nobody else's", async () => {
  const alice = await signedIn();
  const bob = await signedIn();
  const client = s3(alice.credentials);
  await client.send(put(`${alice.identityId}/a note.txt`, "grüße"));
  assert.equal(await text(client, `${alice.identityId}/a note.txt`), "grüße");
  await s3(bob.credentials).send(put(`${bob.identityId}/note.txt`));
  await assert.rejects(client.send(get(`${bob.identityId}/note.txt`)), { name: "AccessDenied" });
  await assert.rejects(client.send(put(`${bob.identityId}/note.txt`)), (error) => {
    assert.equal(error.name, "AccessDenied");
    assert.equal(error.$metadata.httpStatusCode, 403);
    return true;
  });
});

// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
test("a presigned URL is good for what was signed, and for nothing else", async () => {
  const alice = await signedIn();
  const client = s3(alice.credentials);
  const upload = await getSignedUrl(client, put(`${alice.identityId}/c.txt`, null), { expiresIn: 60 });
  assert.equal((await fetch(upload, { method: "PUT", body: "by URL" })).status, 200);
  const url = await getSignedUrl(client, get(`${alice.identityId}/c.txt`), { expiresIn: 60 });
  const answer = await fetch(url);
  assert.equal(answer.status, 200);
  assert.equal(await answer.text(), "by URL");
  const refused = await fetch(url.replace("c.txt", "d.txt"));
  assert.equal(refused.status, 403);
  assert.match(await refused.text(), /<Code>SignatureDoesNotMatch<\/Code>/);
});

test("a changed session token or secret key is refused", async () => {
  const { credentials, identityId } = await signedIn();
  await s3(credentials).send(put(`${identityId}/e.txt`));
  const changed = (part) => ({ ...credentials, [part]: `${credentials[part].slice(0, -4)}AAAA` });
  await assert.rejects(s3(changed("sessionToken")).send(put(`${identityId}/e.txt`)), { name: "InvalidToken" });
  await assert.rejects(s3(changed("secretAccessKey")).send(put(`${identityId}/e.txt`)), {
    name: "SignatureDoesNotMatch",
  });
});

// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
test("temporary credentials write and query the own partition key, and no other", async () => {
  const alice = await signedIn();
  const bob = await signedIn();
  const notes = DynamoDBDocumentClient.from(new DynamoDBClient({ credentials: alice.credentials }));
  const write = (owner) => new PutCommand({ TableName: table, Item: { owner, note: "one", tags: ["a"], stars: 5 } });
  const read = (owner) =>
    new QueryCommand({
      TableName: table,
      KeyConditionExpression: "#owner = :owner",
      ExpressionAttributeNames: { "#owner": "owner" },
      ExpressionAttributeValues: { ":owner": owner },
    });
  await notes.send(write(alice.identityId));
  const found = await notes.send(read(alice.identityId));
  assert.deepEqual(found.Items, [{ owner: alice.identityId, note: "one", tags: ["a"], stars: 5 }]);
  for (const command of [write, read])
    await assert.rejects(notes.send(command(bob.identityId)), { name: "AccessDeniedException" });
});

test("the User Pools client calls for the administrator and for a user, and refuses a tampered token", async () => {
  const cognito = new CognitoIdentityProviderClient({});
  assert.ok((await cognito.send(new ListUserPoolsCommand({ MaxResults: 10 }))).UserPools.length > 0);
  const { AccessToken } = await signIn(await newUser());
  const user = await cognito.send(new GetUserCommand({ AccessToken }));
  assert.match(user.Username, /^user-/);
  await assert.rejects(cognito.send(new GetUserCommand({ AccessToken: tampered(AccessToken) })), {
    name: "NotAuthorizedException",
  });
  await assert.rejects(signIn(user.Username, "Wrong-password-9"), { name: "NotAuthorizedException" });
});

test("credentials and a presigned URL expire when the account's clock has passed an hour", async () => {
  const { credentials, identityId } = await signedIn();
  const key = `${identityId}/f.txt`;
  await s3(credentials).send(put(key));
  const administrator = new S3Client({ forcePathStyle: true });
  const url = await getSignedUrl(administrator, get(key), { expiresIn: 60 });
  assert.equal((await fetch(url)).status, 200);
  await advance(3600);
  await assert.rejects(s3(credentials).send(put(key)), { name: "ExpiredToken" });
  const late = await fetch(url);
  assert.equal(late.status, 403);
  assert.match(await late.text(), /<Code>AccessDenied<\/Code>/);
  assert.equal(await text(administrator, key), "mine");
  await setTimeout(1100); // a signature knows whole seconds only: this one is made after the advance
  const fresh = await getSignedUrl(administrator, get(key), { expiresIn: 60 });
  assert.equal((await fetch(fresh)).status, 200);
});
