-- The read model `order_status`: orders, and the work of each location.

CREATE TABLE order_status (
    merchant       TEXT COLLATE "C" NOT NULL,
    generation     BIGINT           NOT NULL,
    order_id       TEXT COLLATE "C" NOT NULL,
    first_position BIGINT           NOT NULL, -- of the order's first event: lists are sorted by it
    position       BIGINT           NOT NULL, -- end of the last command that changed the order
    version        BIGINT           NOT NULL, -- number of events
    changed_at     BIGINT           NOT NULL, -- microseconds since 1970
    status         TEXT COLLATE "C" NOT NULL,
    channel        TEXT COLLATE "C" NOT NULL,
    customer_ref   TEXT COLLATE "C",
    due_at         BIGINT,                    -- when its next timer is due
    backordered    BOOLEAN          NOT NULL, -- whether units of the order are backordered
    stuck          BOOLEAN          NOT NULL, -- whether a shipment of the order is stuck
    state          BYTEA            NOT NULL, -- JSON
    stale          BOOLEAN          NOT NULL, -- whether events of the order are parked
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
    merchant       TEXT COLLATE "C" NOT NULL,
    generation     BIGINT           NOT NULL,
    kind           TEXT COLLATE "C" NOT NULL, -- sku, location, tracking_number or channel_ref
    value          TEXT COLLATE "C" NOT NULL,
    first_position BIGINT           NOT NULL, -- of the order
    PRIMARY KEY (merchant, generation, kind, value, first_position)
);

CREATE TABLE fulfillment_order (
    merchant             TEXT COLLATE "C" NOT NULL,
    generation           BIGINT           NOT NULL,
    fulfillment_order_id TEXT COLLATE "C" NOT NULL,
    order_id             TEXT COLLATE "C" NOT NULL,
    first_position       BIGINT           NOT NULL, -- of the order
    number               BIGINT           NOT NULL, -- within the order
    location             TEXT COLLATE "C" NOT NULL,
    status               TEXT COLLATE "C" NOT NULL,
    actionable           BOOLEAN          NOT NULL, -- whether the location has something to do
    stage                TEXT COLLATE "C",          -- what the location has to do
    stage_since          BIGINT,
    priority_rank        BIGINT           NOT NULL, -- 0 is the most urgent
    due_at               BIGINT           NOT NULL, -- when it must have shipped; 2^63 - 1 if never
    PRIMARY KEY (merchant, generation, fulfillment_order_id)
);

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

-- State columns are not searched: the server need not collect statistics of them.
ALTER TABLE order_status ALTER COLUMN state SET STATISTICS 0;
