// MQTT.js, unmodified, by a presigned URL: https://docs.aws.amazon.com/iot/latest/developerguide/protocols.html

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import hashing from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";
import mqtt from "mqtt";

const { AWS_IOT_ENDPOINT: hostname, AWS_IOT_PORT: port, AWS_IOT_CA, AWS_REGION: region } = process.env;
const ca = readFileSync(AWS_IOT_CA);
/** Who may use the endpoint: Identity ID and temporary credentials. */
const [ann, ben] = JSON.parse(process.env.IOT_PEOPLE);
const patience = { signal: AbortSignal.timeout(20_000) };

/** The URL that `person` signs; the session token is appended after signing. */
async function presigned(person, { secretAccessKey = person.secretAccessKey } = {}) {
  const credentials = { accessKeyId: person.accessKeyId, secretAccessKey };
  const signer = new SignatureV4({ service: "iotdevicegateway", region, credentials, sha256: hashing.Sha256 });
  const headers = { host: `${hostname}:${port}` };
  const request = { method: "GET", protocol: "wss:", hostname, port: Number(port), path: "/mqtt", headers, query: {} };
  const { query } = await signer.presign(request, { expiresIn: 300 });
  const token = { "X-Amz-Security-Token": person.sessionToken };
  const pairs = Object.entries({ ...query, ...token }).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return `wss://${hostname}:${port}/mqtt?${pairs.join("&")}`;
}

const open = (url, person, more = {}) =>
  mqtt.connect(url, { ca, clientId: person.identityId, reconnectPeriod: 0, protocolVersion: 4, ...more });

async function connected(person, more = {}) {
  const client = open(await presigned(person), person, more);
  await once(client, "connect", patience);
  return client;
}

for (const protocolVersion of [4, 5]) {
  const topic = `people/js/${protocolVersion}`;

  test(`MQTT ${protocolVersion}: what one publishes the other receives, also later`, async () => {
    const [writer, reader] = [await connected(ann, { protocolVersion }), await connected(ben, { protocolVersion })];
    const [granted] = await reader.subscribeAsync(`${topic}/#`, { qos: 1 });
    assert.equal(granted.qos, 1);
    const heard = once(reader, "message", patience);
    await writer.publishAsync(`${topic}/now`, "hello", { qos: 1, retain: true });
    const [name, payload] = await heard;
    assert.deepEqual([name, payload.toString()], [`${topic}/now`, "hello"]);
    const later = once(writer, "message", patience);
    await writer.subscribeAsync(`${topic}/now`);
    assert.equal((await later)[2].retain, true);
    await Promise.all([writer.endAsync(), reader.endAsync()]);
  });

  test(`MQTT ${protocolVersion}: who is cut off leaves a will`, async () => {
    const reader = await connected(ben, { protocolVersion });
    await reader.subscribeAsync(`${topic}/will`, { qos: 1 });
    const heard = once(reader, "message", patience);
    const lost = await connected(ann, { protocolVersion, will: { topic: `${topic}/will`, payload: "gone", qos: 1 } });
    lost.stream.socket?._socket?.destroy() ?? lost.stream.destroy();
    assert.equal((await heard)[1].toString(), "gone");
    lost.end(true);
    await reader.endAsync();
  });

  test(`MQTT ${protocolVersion}: a shadow answers`, async () => {
    const client = await connected(ann, { protocolVersion });
    const shadow = `$aws/things/${ann.identityId}/shadow/name/js-${protocolVersion}`;
    await client.subscribeAsync([`${shadow}/update/delta`, `${shadow}/delete/accepted`], { qos: 1 });
    const delta = once(client, "message", patience);
    await client.publishAsync(`${shadow}/update`, JSON.stringify({ state: { desired: { light: "on" } } }), { qos: 1 });
    assert.deepEqual(JSON.parse((await delta)[1]).state, { light: "on" });
    const deleted = once(client, "message", patience);
    await client.publishAsync(`${shadow}/delete`, "", { qos: 1 });
    assert.equal((await deleted)[0], `${shadow}/delete/accepted`);
    await client.endAsync();
  });

  test(`MQTT ${protocolVersion}: a newcomer with the same client ID takes over`, async () => {
    const first = await connected(ann, { protocolVersion });
    const closed = once(first, "close", patience);
    const second = await connected(ann, { protocolVersion });
    await closed;
    await second.publishAsync("people/js", "still here", { qos: 1 });
    await second.endAsync();
  });

  test(`MQTT ${protocolVersion}: what is denied is refused or ends the connection`, async () => {
    const client = await connected(ann, { protocolVersion });
    await client.publishAsync("people/js", "allowed", { qos: 1 });
    const closed = once(client, "close", patience);
    client.publish("secret", "denied");
    await closed;
    client.end(true);
    const stranger = open(await presigned(ann), ben, { protocolVersion });
    if (protocolVersion === 5) {
      const [error] = await once(stranger, "error", patience);
      assert.equal(error.code, 0x87);
    } else {
      await once(stranger, "close", patience);
      assert.equal(stranger.connected, false);
    }
    stranger.end(true);
  });
}

test("a wrong signature connects nobody", async () => {
  await (await connected(ann)).endAsync();
  const client = open(await presigned(ann, { secretAccessKey: "wrong" }), ann);
  client.on("connect", () => assert.fail("it connected"));
  await once(client, "close", patience);
  client.end(true);
});

test("transformWsUrl signs anew for the next attempt", async () => {
  const good = await presigned(ann);
  let attempts = 0;
  const client = open(await presigned(ann, { secretAccessKey: "wrong" }), ann, {
    reconnectPeriod: 50,
    transformWsUrl: (url) => (attempts++ ? good : url),
  });
  client.on("error", () => {});
  await new Promise((resolve) => client.once("connect", resolve));
  assert.equal(attempts, 2);
  await client.endAsync();
});

test("the client's pings are answered", async () => {
  const client = await connected(ann, { keepalive: 1 });
  const answers = [];
  client.on("packetreceive", ({ cmd }) => answers.push(cmd));
  await new Promise((resolve) => setTimeout(resolve, 2500));
  assert.ok(answers.includes("pingresp"));
  assert.equal(client.connected, true);
  await client.endAsync();
});
