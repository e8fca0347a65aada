-- The read model `order_status`: orders, and the work of each location.

CREATE TABLE order_status (
    merchant       TEXT    NOT NULL,
    generation     INTEGER NOT NULL,
    order_id       TEXT    NOT NULL,
    first_position INTEGER NOT NULL, -- of the order's first event: lists are sorted by it
    position       INTEGER NOT NULL, -- end of the last command that changed the order
    version        INTEGER NOT NULL, -- number of events
    changed_at     INTEGER NOT NULL, -- microseconds since 1970
    status         TEXT    NOT NULL,
    channel        TEXT    NOT NULL,
    customer_ref   TEXT,
    due_at         INTEGER,          -- when its next timer is due
    backordered    INTEGER NOT NULL, -- whether units of the order are backordered
    stuck          INTEGER NOT NULL, -- whether a shipment of the order is stuck
    state          BLOB    NOT NULL, -- JSON
    stale          INTEGER NOT NULL, -- whether events of the order are parked
    PRIMARY KEY (merchant, generation, order_id)
);

CREATE UNIQUE INDEX order_status_first ON order_status (merchant, generation, first_position);
CREATE INDEX order_status_status ON order_status (merchant, generation, status, first_position);
CREATE INDEX order_status_channel ON order_status (merchant, generation, channel, first_position);
CREATE INDEX order_status_customer ON order_status (merchant, generation, customer_ref, first_position)
    WHERE customer_ref IS NOT NULL;
CREATE INDEX order_status_changed ON order_status (merchant, generation, changed_at, first_position);
CREATE INDEX order_status_due ON order_status (generation, due_at, merchant, order_id) WHERE due_at IS NOT NULL;
CREATE INDEX order_status_backordered ON order_status (merchant, generation, first_position) WHERE backordered;
CREATE INDEX order_status_stuck ON order_status (merchant, generation, first_position) WHERE stuck;

-- Search terms of which an order can have several.
CREATE TABLE order_term (
    merchant       TEXT    NOT NULL,
    generation     INTEGER NOT NULL,
    kind           TEXT    NOT NULL, -- sku, location, tracking_number or channel_ref
    value          TEXT    NOT NULL,
    first_position INTEGER NOT NULL, -- of the order
    PRIMARY KEY (merchant, generation, kind, value, first_position)
) WITHOUT ROWID;

CREATE TABLE fulfillment_order (
    merchant             TEXT    NOT NULL,
    generation           INTEGER NOT NULL,
    fulfillment_order_id TEXT    NOT NULL,
    order_id             TEXT    NOT NULL,
    first_position       INTEGER NOT NULL, -- of the order
    number               INTEGER NOT NULL, -- within the order
    location             TEXT    NOT NULL,
    status               TEXT    NOT NULL,
    actionable           INTEGER NOT NULL, -- whether the location has something to do
    stage                TEXT,             -- what the location has to do
    stage_since          INTEGER,
    priority_rank        INTEGER NOT NULL, -- 0 is the most urgent
    due_at               INTEGER NOT NULL, -- when it must have shipped; 2^63 - 1 if never
    PRIMARY KEY (merchant, generation, fulfillment_order_id)
) WITHOUT ROWID;

CREATE INDEX fulfillment_order_location_status
    ON fulfillment_order (merchant, generation, location, status, first_position, number);
CREATE INDEX fulfillment_order_status
    ON fulfillment_order (merchant, generation, status, first_position, number);
CREATE INDEX fulfillment_order_actionable
    ON fulfillment_order (merchant, generation, first_position, number) WHERE actionable;
CREATE INDEX fulfillment_order_location_actionable
    ON fulfillment_order (merchant, generation, location, first_position, number) WHERE actionable;
CREATE INDEX fulfillment_board
    ON fulfillment_order (merchant, generation, location, stage, priority_rank, due_at, first_position, number)
    WHERE actionable;
