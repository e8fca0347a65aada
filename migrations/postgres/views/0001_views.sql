-- The read models on PostgreSQL: the twin of migrations/sqlite/views, with the nodes' leases beside.
-- All of it can be deleted: it is folded from the journal again.
-- Rows carry their generation, so that a new one can be built beside the one that serves.
-- Texts are in the order of their bytes, as they are on SQLite.

CREATE TABLE checkpoint (
    merchant   TEXT   COLLATE "C" NOT NULL,
    projection TEXT   COLLATE "C" NOT NULL,
    generation BIGINT NOT NULL,
    position   BIGINT NOT NULL, -- everything up to here is folded or parked
    hash       BYTEA  NOT NULL, -- of the event at that position
    folded     BIGINT NOT NULL,
    parked     BIGINT NOT NULL,
    PRIMARY KEY (merchant, projection, generation),
    CHECK (folded + parked = position)
);

CREATE TABLE generation (
    projection TEXT   COLLATE "C" NOT NULL,
    generation BIGINT NOT NULL,
    version    BIGINT NOT NULL, -- of the fold and the rows
    state      TEXT   COLLATE "C" NOT NULL, -- serving, building or retired
    PRIMARY KEY (projection, generation)
);

-- Which node folds now. No row means that nobody does: a lease is given back when there is nothing left to fold.
CREATE TABLE projection_lease (
    merchant   TEXT        COLLATE "C" NOT NULL,
    projection TEXT        COLLATE "C" NOT NULL,
    generation BIGINT      NOT NULL,
    node       TEXT        COLLATE "C" NOT NULL,
    until      TIMESTAMPTZ NOT NULL, -- by this server's clock, which all nodes share
    PRIMARY KEY (merchant, projection, generation)
);

-- Where is my order?
CREATE TABLE order_status (
    merchant       TEXT   COLLATE "C" NOT NULL,
    generation     BIGINT NOT NULL,
    order_id       TEXT   COLLATE "C" NOT NULL,
    first_position BIGINT NOT NULL, -- of the order's first event: what lists are sorted by
    position       BIGINT NOT NULL, -- of the end of the last command that changed it
    version        BIGINT NOT NULL,
    changed_at     BIGINT NOT NULL,
    status         TEXT   COLLATE "C" NOT NULL,
    channel        TEXT   COLLATE "C" NOT NULL,
    customer_ref   TEXT   COLLATE "C",
    state          BYTEA  NOT NULL,
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
    merchant       TEXT   COLLATE "C" NOT NULL,
    generation     BIGINT NOT NULL,
    kind           TEXT   COLLATE "C" NOT NULL, -- sku, location, tracking_number or channel_ref
    value          TEXT   COLLATE "C" NOT NULL,
    first_position BIGINT NOT NULL,
    PRIMARY KEY (merchant, generation, kind, value, first_position)
);

-- What does a location have to do?
CREATE TABLE fulfillment_order (
    merchant             TEXT    COLLATE "C" NOT NULL,
    generation           BIGINT  NOT NULL,
    fulfillment_order_id TEXT    COLLATE "C" NOT NULL,
    order_id             TEXT    COLLATE "C" NOT NULL,
    first_position       BIGINT  NOT NULL, -- of its order
    number               BIGINT  NOT NULL,
    location             TEXT    COLLATE "C" NOT NULL,
    status               TEXT    COLLATE "C" NOT NULL,
    ready                BOOLEAN NOT NULL, -- whether its location may work on it
    PRIMARY KEY (merchant, generation, fulfillment_order_id)
);

CREATE INDEX fulfillment_order_work
    ON fulfillment_order (merchant, generation, location, status, first_position, number);
CREATE INDEX fulfillment_order_status
    ON fulfillment_order (merchant, generation, status, first_position, number);

-- What can still be promised?
CREATE TABLE availability (
    merchant   TEXT   COLLATE "C" NOT NULL,
    generation BIGINT NOT NULL,
    sku        TEXT   COLLATE "C" NOT NULL,
    position   BIGINT NOT NULL,
    fillable   BOOLEAN NOT NULL, -- whether somebody in the backorder queue could be given something
    state      BYTEA  NOT NULL,
    PRIMARY KEY (merchant, generation, sku)
);

CREATE INDEX availability_fillable ON availability (generation, merchant, sku) WHERE fillable;

-- From which locations nothing is sourced for now.
CREATE TABLE paused_location (
    merchant   TEXT   COLLATE "C" NOT NULL,
    generation BIGINT NOT NULL,
    location   TEXT   COLLATE "C" NOT NULL,
    PRIMARY KEY (merchant, generation, location)
);

-- What nothing is looked for by: statistics of it would only take the server's time.
ALTER TABLE order_status ALTER COLUMN state SET STATISTICS 0;
ALTER TABLE availability ALTER COLUMN state SET STATISTICS 0;
