-- When something is due for an order without anybody asking: its reservation or a hold ends, a parcel counts as stuck.
ALTER TABLE order_status ADD COLUMN due_at INTEGER;

CREATE INDEX order_status_due ON order_status (generation, due_at, merchant, order_id) WHERE due_at IS NOT NULL;
