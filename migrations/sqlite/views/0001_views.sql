-- The read models. All of it can be deleted: it is folded from the journal again.
-- Rows carry their generation, so that a new one can be built beside the one that serves.

CREATE TABLE checkpoint (
    merchant   TEXT    NOT NULL,
    projection TEXT    NOT NULL,
    generation INTEGER NOT NULL,
    position   INTEGER NOT NULL, -- everything up to here is folded or parked
    hash       BLOB    NOT NULL, -- of the event at that position
    folded     INTEGER NOT NULL,
    parked     INTEGER NOT NULL,
    PRIMARY KEY (merchant, projection, generation),
    CHECK (folded + parked = position)
) WITHOUT ROWID;

CREATE TABLE generation (
    projection TEXT    NOT NULL,
    generation INTEGER NOT NULL,
    version    INTEGER NOT NULL, -- of the fold and the rows
    state      TEXT    NOT NULL, -- serving, building or retired
    PRIMARY KEY (projection, generation)
) WITHOUT ROWID;

-- Where is my order?
CREATE TABLE order_status (
    merchant       TEXT    NOT NULL,
    generation     INTEGER NOT NULL,
    order_id       TEXT    NOT NULL,
    first_position INTEGER NOT NULL, -- of the order's first event: what lists are sorted by
    position       INTEGER NOT NULL, -- of the end of the last command that changed it
    version        INTEGER NOT NULL,
    changed_at     INTEGER NOT NULL,
    status         TEXT    NOT NULL,
    channel        TEXT    NOT NULL,
    customer_ref   TEXT,
    state          BLOB    NOT NULL,
    PRIMARY KEY (merchant, generation, order_id)
);

CREATE UNIQUE INDEX order_status_first ON order_status (merchant, generation, first_position);
CREATE INDEX order_status_status ON order_status (merchant, generation, status, first_position);
CREATE INDEX order_status_channel ON order_status (merchant, generation, channel, first_position);
CREATE INDEX order_status_customer ON order_status (merchant, generation, customer_ref, first_position)
    WHERE customer_ref IS NOT NULL;
CREATE INDEX order_status_changed ON order_status (merchant, generation, changed_at, first_position);

-- What an order is found by and has several of.
CREATE TABLE order_term (
    merchant       TEXT    NOT NULL,
    generation     INTEGER NOT NULL,
    kind           TEXT    NOT NULL, -- sku, location, tracking_number or channel_ref
    value          TEXT    NOT NULL,
    first_position INTEGER NOT NULL,
    PRIMARY KEY (merchant, generation, kind, value, first_position)
) WITHOUT ROWID;

-- What does a location have to do?
CREATE TABLE fulfillment_order (
    merchant             TEXT    NOT NULL,
    generation           INTEGER NOT NULL,
    fulfillment_order_id TEXT    NOT NULL,
    order_id             TEXT    NOT NULL,
    first_position       INTEGER NOT NULL, -- of its order
    number               INTEGER NOT NULL,
    location             TEXT    NOT NULL,
    status               TEXT    NOT NULL,
    ready                INTEGER NOT NULL, -- whether its location may work on it
    PRIMARY KEY (merchant, generation, fulfillment_order_id)
) WITHOUT ROWID;

CREATE INDEX fulfillment_order_work
    ON fulfillment_order (merchant, generation, location, status, first_position, number);
CREATE INDEX fulfillment_order_status
    ON fulfillment_order (merchant, generation, status, first_position, number);

-- What can still be promised?
CREATE TABLE availability (
    merchant   TEXT    NOT NULL,
    generation INTEGER NOT NULL,
    sku        TEXT    NOT NULL,
    position   INTEGER NOT NULL,
    fillable   INTEGER NOT NULL, -- whether somebody in the backorder queue could be given something
    state      BLOB    NOT NULL,
    PRIMARY KEY (merchant, generation, sku)
) WITHOUT ROWID;

CREATE INDEX availability_fillable ON availability (generation, merchant, sku) WHERE fillable;

-- From which locations nothing is sourced for now.
CREATE TABLE paused_location (
    merchant   TEXT    NOT NULL,
    generation INTEGER NOT NULL,
    location   TEXT    NOT NULL,
    PRIMARY KEY (merchant, generation, location)
) WITHOUT ROWID;
