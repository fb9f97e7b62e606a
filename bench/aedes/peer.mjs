// aedes over WebSocket on the port that is its argument, asking about every packet.
import { createServer } from "node:http";
import { Aedes } from "aedes";
import { createWebSocketStream, WebSocketServer } from "ws";

const allowed = (topic) => topic.startsWith("bench/");

const broker = await Aedes.createBroker({
  authenticate: (client, username, password, done) => done(null, username === "bench" && password?.toString() === "bench"),
  authorizePublish: (client, packet, done) => done(allowed(packet.topic) ? null : new Error("denied")),
  authorizeSubscribe: (client, subscription, done) => done(null, allowed(subscription.topic) ? subscription : null),
  authorizeForward: (client, packet) => (allowed(packet.topic) ? packet : null),
});

const server = createServer();
new WebSocketServer({ server, perMessageDeflate: false }).on("connection", (socket, request) =>
  broker.handle(createWebSocketStream(socket), request),
);
server.listen(Number(process.argv[2]), "127.0.0.1");
