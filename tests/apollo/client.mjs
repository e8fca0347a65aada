// Watches an order and a list of orders by Apollo Client, whose cache is not configured, while the order changes.
//
//   node --conditions=development client.mjs URL ORDER
//
// Prints one JSON object per line: what a watcher saw, or a step that was taken with the number of requests so far.
// A warning of the library, such as lost cache data, is printed too.
import { ApolloClient, HttpLink, InMemoryCache, gql } from "@apollo/client";

const [url, orderId] = process.argv.slice(2);
const print = (line) => console.log(JSON.stringify(line));
for (const level of ["warn", "error"]) {
  console[level] = (...text) => print({ warning: text.map(String).join(" ") });
}

let requests = 0;
const counted = (...request) => {
  requests += 1;
  return fetch(...request);
};
const client = new ApolloClient({
  cache: new InMemoryCache(),
  link: new HttpLink({ uri: `${url}/graphql`, fetch: counted }),
});
const ask = (query, variables) => client.query({ query, variables, fetchPolicy: "network-only" });

const DETAIL = gql`
  query ($id: ID!) {
    order(id: $id) {
      id
      status
      shipTo { id name city }
      lines { edges { node { id sku quantity picked cancelled } } }
      fulfillmentOrders { edges { node { id status lines { edges { node { id picked } } } } } }
    }
  }`;
const LIST = gql`query { orders { edges { node { id orderId status } } } }`;
const PICK = gql`
  mutation ($input: PickItemsInput!) {
    pickItems(input: $input, idempotencyKey: "pick") {
      userErrors { code }
      order { id status lines { edges { node { id picked } } } fulfillmentOrders { edges { node { id status } } } }
    }
  }`;
const NODE = gql`query ($id: ID!, $written: Long!) { node(id: $id, minPosition: $written) { id ... on Order { status } } }`;
const PAST = gql`query ($id: ID!) { order(id: $id, asOf: "2001-01-01T00:00:00Z") { id status } }`;
const FIRST = gql`query ($id: ID!, $asOf: String!) { order(id: $id, asOf: $asOf) { id status } }`;

const nodes = (connection) => connection.edges.map((edge) => edge.node);
const watchers = {
  detail: {
    query: DETAIL,
    variables: { id: orderId },
    seen: ({ order }) => ({
      status: order.status,
      name: order.shipTo.name,
      picked: nodes(order.lines).map((line) => line.picked),
      parts: nodes(order.fulfillmentOrders).map((part) => part.status),
    }),
  },
  list: {
    query: LIST,
    seen: ({ orders }) => ({ status: nodes(orders).find((order) => order.orderId === orderId).status }),
  },
};
const shown = {};
let changed = () => {};
// Both watchers show a status. Without that, Node.js ends this program with an error once nothing is left to do.
const bothShow = async (status) => {
  while (Object.keys(watchers).some((watcher) => shown[watcher]?.status !== status)) {
    await new Promise((resolve) => (changed = resolve));
  }
};
for (const [watcher, { query, variables, seen }] of Object.entries(watchers)) {
  await client.query({ query, variables });
  client.watchQuery({ query, variables }).subscribe(({ data, dataState }) => {
    if (dataState === "complete") {
      shown[watcher] = seen(data);
      print({ watcher, ...shown[watcher] });
      changed();
    }
  });
}
await bothShow("RESERVED");
print({ step: "watched", requests });

const input = { fulfillmentOrderId: `${orderId}.f1`, all: true };
const { data } = await client.mutate({ mutation: PICK, variables: { input } });
await bothShow("PICKING");
print({ step: "picked", requests, errors: data.pickItems.userErrors });

// Another client puts the order on hold; this one reads one object again by its id.
const held = await fetch(`${url}/v1/orders/${orderId}/hold`, {
  method: "POST",
  headers: { "content-type": "application/json", "idempotency-key": "hold" },
  body: JSON.stringify({ reason: "fraud_risk" }),
});
const id = data.pickItems.order.id;
const position = held.headers.get("journal-position");
await ask(NODE, { id, written: position });
await bothShow("ON_HOLD");
print({ step: "held", requests, status: held.status });

// The order as of the past does not replace the current order.
await ask(PAST, { id: orderId });
const past = await ask(FIRST, { id: orderId, asOf: String(Number(position) - 1) });
print({ step: "past", requests, status: past.data.order.status, same: past.data.order.id === id });
client.stop();
