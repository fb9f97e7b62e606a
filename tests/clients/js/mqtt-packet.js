// Reads and writes packets as MQTT.js does: JSON lines in, JSON lines out.
// {"version", "bytes"} is answered by the packets these bytes are, {"version", "packet"} by the packet's bytes.

import { createInterface } from "node:readline";
import mqtt from "mqtt-packet";

/** Bytes travel as {"hex": …}. */
const revived = (_, value) => (typeof value?.hex === "string" ? Buffer.from(value.hex, "hex") : value);
const spelt = (_, value) =>
  value?.type === "Buffer" ? { hex: Buffer.from(value.data).toString("hex") } : value;

function parsed(bytes, protocolVersion) {
  const packets = [];
  const parser = mqtt.parser({ protocolVersion });
  parser.on("packet", (packet) => packets.push({ ...packet }));
  parser.on("error", (error) => packets.push({ error: error.message }));
  parser.parse(bytes);
  return packets;
}

function generated(packet, protocolVersion) {
  try {
    return mqtt.generate(packet, { protocolVersion });
  } catch (error) {
    return { error: error.message };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const { version, bytes, packet } = JSON.parse(line, revived);
  const answer = bytes ? parsed(bytes, version) : generated(packet, version);
  process.stdout.write(`${JSON.stringify(answer, spelt)}\n`);
}
