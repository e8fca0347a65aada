-- What came in, what left, and how long it took.
CREATE TABLE metric (
    merchant   TEXT   COLLATE "C" NOT NULL,
    generation BIGINT NOT NULL,
    period     TEXT   COLLATE "C" NOT NULL, -- minute or hour
    begins_at  BIGINT NOT NULL, -- of the period, in microseconds since 1970
    channel    TEXT   COLLATE "C" NOT NULL,
    location   TEXT   COLLATE "C" NOT NULL, -- empty where it is of no location
    measure    TEXT   COLLATE "C" NOT NULL,
    within     BIGINT NOT NULL, -- of times: the power of two in seconds that they are within; else 0
    times      BIGINT NOT NULL,
    amount     BIGINT NOT NULL, -- units or seconds of all of them
    PRIMARY KEY (merchant, generation, period, begins_at, channel, location, measure, within)
);

-- What must be known of an order for its later events.
CREATE TABLE metric_order (
    merchant   TEXT   COLLATE "C" NOT NULL,
    generation BIGINT NOT NULL,
    order_id   TEXT   COLLATE "C" NOT NULL,
    facts      BYTEA NOT NULL,
    PRIMARY KEY (merchant, generation, order_id)
);
