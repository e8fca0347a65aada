// Creates, ships and returns an order with the client that openapi-typescript generates from /openapi.json.
// Prints the status after each step as a line of JSON. Usage: node client.js ADDRESS
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

declare const process: { argv: string[] };

type Order = components["schemas"]["OrderView"];
type Problem = components["schemas"]["Problem"];

const client = createClient<paths>({ baseUrl: process.argv[2] });

/** A request with a key of its own. */
const keyed = (key: string) => ({ "Idempotency-Key": `typescript-${key}` });

/** The body of a success. A problem ends the program. */
function accepted<T>(step: string, result: { data?: T; error?: Problem }): T {
  if (result.error !== undefined || result.data === undefined) {
    throw new Error(`${step}: ${result.error?.code}: ${result.error?.detail}`);
  }
  return result.data;
}

function show(step: string, order: Order): void {
  console.log(JSON.stringify({ step, status: order.status, version: order.version }));
}

const created: Order = accepted("create", await client.POST("/v1/orders", {
  params: { header: keyed("create") },
  body: {
    channel: "web",
    payment: "not_required",
    currency: "USD",
    lines: [{ sku: "MUG", quantity: 2, unit: "12.50" }],
    shipTo: { name: "Ada Byron", country: "US" },
  },
}));
show("created", created);
const [part] = created.fulfillmentOrders;
if (part === undefined) throw new Error("the order has no fulfillment order");

const header = (step: string) => ({ path: { fulfillmentOrderId: part.fulfillmentOrderId }, header: keyed(step) });
const all = { all: true };
show("picked", accepted("pick", await client.POST("/v1/fulfillment-orders/{fulfillmentOrderId}/pick", {
  params: header("pick"), body: all,
})));
show("packed", accepted("pack", await client.POST("/v1/fulfillment-orders/{fulfillmentOrderId}/pack", {
  params: header("pack"), body: all,
})));
const shipped = accepted("ship", await client.POST("/v1/fulfillment-orders/{fulfillmentOrderId}/ship", {
  params: header("ship"), body: { packages: [{ carrier: "UPS", trackingNumber: "1Z-TS" }] },
}));
show("delivered", accepted("deliver", await client.POST("/v1/shipments/{shipmentId}/confirm-delivery", {
  params: { path: { shipmentId: shipped.shipmentId }, header: keyed("deliver") },
})));

const announced = accepted("return", await client.POST("/v1/orders/{orderId}/returns", {
  params: { path: { orderId: created.orderId }, header: keyed("return") },
  body: { lines: [{ line: 1, quantity: 2 }], reason: "too small" },
}));
show("returned", accepted("receive", await client.POST("/v1/returns/{returnId}/receive", {
  params: { path: { returnId: announced.returnId }, header: keyed("receive") },
  body: { location: "DC-1", lines: [{ line: 1, quantity: 2, disposition: "restock" }] },
})));

const missing = await client.GET("/v1/orders/{orderId}", {
  params: { path: { orderId: "0192f0c1-2345-7678-9abc-def012345678" } },
});
console.log(JSON.stringify({ step: "unknown", status: missing.error?.code }));
