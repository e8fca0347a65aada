// Subscribes to every event of a server by graphql-ws, and prints the position of each on a line of its own.
//
//   node subscriber.mjs URL COUNT EVERY
//
// After every so many events the connection is cut without a word, and whenever it is lost, by this client or by the
// server, the subscription goes on behind the last position, until so many events have come.
import { createClient } from "graphql-ws";
import WebSocket from "ws";

const [url, count, every] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const query = "subscription ($after: Long!) { events(after: $after) { position type } }";

let after = 0;
let seen = 0;

while (seen < count) {
  // Whether to come again, and where, is decided here: a retry of the library's would begin where it had begun.
  const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0 });
  try {
    for await (const answer of client.iterate({ query, variables: { after: String(after) } })) {
      if (answer.errors) {
        console.error(JSON.stringify(answer.errors));
        process.exit(1);
      }
      const event = answer.data.events;
      after = Number(event.position);
      seen += 1;
      console.log(after);
      if (seen >= count) {
        break;
      }
      if (seen % every === 0) {
        client.terminate();
      }
    }
  } catch {
    // The connection was lost, or the server is not there yet.
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  client.terminate();
}
process.exit(0);
