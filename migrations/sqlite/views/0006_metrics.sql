-- What came in, what left, and how long it took.
CREATE TABLE metric (
    merchant   TEXT    NOT NULL,
    generation INTEGER NOT NULL,
    period     TEXT    NOT NULL, -- minute or hour
    begins_at  INTEGER NOT NULL, -- of the period, in microseconds since 1970
    channel    TEXT    NOT NULL,
    location   TEXT    NOT NULL, -- empty where it is of no location
    measure    TEXT    NOT NULL,
    within     INTEGER NOT NULL, -- of times: the power of two in seconds that they are within; else 0
    times      INTEGER NOT NULL,
    amount     INTEGER NOT NULL, -- units or seconds of all of them
    PRIMARY KEY (merchant, generation, period, begins_at, channel, location, measure, within)
) WITHOUT ROWID;

-- What must be known of an order for its later events.
CREATE TABLE metric_order (
    merchant   TEXT    NOT NULL,
    generation INTEGER NOT NULL,
    order_id   TEXT    NOT NULL,
    facts      BLOB NOT NULL,
    PRIMARY KEY (merchant, generation, order_id)
) WITHOUT ROWID;
