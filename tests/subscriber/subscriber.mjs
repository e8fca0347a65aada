// Subscribes to every event of a server by graphql-ws, and prints the position of each on a line of its own.
//
//   node subscriber.mjs URL COUNT EVERY
//
// Closes the connection after each EVERY events, and ends after COUNT events. Whenever the connection is lost, the client
// subscribes again after the last position.
import { createClient } from "graphql-ws";
import WebSocket from "ws";

const [url, count, every] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const query = "subscription ($after: Long!) { events(after: $after) { position type } }";

let after = 0;
let seen = 0;

while (seen < count) {
  // The library must not reconnect: it would repeat the first request and not continue after the last position.
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
