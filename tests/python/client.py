"""Creates, ships and returns an order with the client that openapi-python-client generates from /openapi.json.

Prints the status after each step as a line of JSON. Usage: python3 client.py ADDRESS
"""

import json
import sys

from holdfast_client import Client
from holdfast_client.api.fulfillment_orders import pack_items, pick_items, ship_items
from holdfast_client.api.orders import create_order, get_order, request_return
from holdfast_client.api.returns import receive_return
from holdfast_client.api.shipments import confirm_delivery
from holdfast_client import models

client = Client(base_url=sys.argv[1])


def accepted(step, answer):
    """The body of a success. A problem ends the program."""
    if isinstance(answer, models.Problem):
        raise SystemExit(f"{step}: {answer.code}: {answer.detail}")
    return answer


def key(step):
    """A key for each step."""
    return f"python-{step}"


def show(step, order):
    print(json.dumps({"step": step, "status": str(order.status), "version": order.version}))


order = models.CreateOrder(
    channel="web",
    payment=models.PaymentTerms.NOT_REQUIRED,
    currency="USD",
    lines=[models.NewLine(sku="MUG", quantity=2, unit="12.50")],
    ship_to=models.ShipTo(name="Ada Byron", country="US"),
)
created = accepted("create", create_order.sync(client=client, body=order, idempotency_key=key("create")))
show("created", created)
part = created.fulfillment_orders[0].fulfillment_order_id

body = models.PickItemsBody(all_=True)
show("picked", accepted("pick", pick_items.sync(part, client=client, body=body, idempotency_key=key("pick"))))
body = models.PackItemsBody(all_=True)
show("packed", accepted("pack", pack_items.sync(part, client=client, body=body, idempotency_key=key("pack"))))
body = models.ShipItemsBody(packages=[models.ShipPackage(carrier="UPS", tracking_number="1Z-PY")])
shipped = accepted("ship", ship_items.sync(part, client=client, body=body, idempotency_key=key("ship")))
body = models.ConfirmDeliveryBody()
delivered = confirm_delivery.sync(shipped.shipment_id, client=client, body=body, idempotency_key=key("deliver"))
show("delivered", accepted("deliver", delivered))

body = models.RequestReturnBody(lines=[models.LineQuantity(line=1, quantity=2)], reason="too small")
announced = request_return.sync(created.order_id, client=client, body=body, idempotency_key=key("return"))
announced = accepted("return", announced)
units = models.ReturnedLine(line=1, quantity=2, disposition=models.Disposition.RESTOCK)
body = models.ReceiveReturnBody(location="DC-1", lines=[units])
received = receive_return.sync(announced.return_id, client=client, body=body, idempotency_key=key("receive"))
show("returned", accepted("receive", received))

missing = get_order.sync("0192f0c1-2345-7678-9abc-def012345678", client=client)
print(json.dumps({"step": "unknown", "status": missing.code}))
