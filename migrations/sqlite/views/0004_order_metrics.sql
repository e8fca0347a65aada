-- The read model `metrics`: order counts, units and cycle times.

-- Sums by period, channel, location and measure.
CREATE TABLE metric (
    merchant       TEXT    NOT NULL,
    generation     INTEGER NOT NULL,
    period         TEXT    NOT NULL, -- minute or hour
    begins_at      INTEGER NOT NULL, -- start of the period, in microseconds since 1970
    channel        TEXT    NOT NULL,
    location       TEXT    NOT NULL, -- empty for occurrences that belong to no location
    measure        TEXT    NOT NULL,
    within_seconds INTEGER NOT NULL, -- for durations, the next power of two; otherwise 0
    occurrences    INTEGER NOT NULL,
    total          INTEGER NOT NULL, -- sum of units or seconds
    PRIMARY KEY (merchant, generation, period, begins_at, channel, location, measure, within_seconds)
) WITHOUT ROWID;

-- What the fold must know of an order to measure its later events.
CREATE TABLE metric_order (
    merchant   TEXT    NOT NULL,
    generation INTEGER NOT NULL,
    order_id   TEXT    NOT NULL,
    facts      BLOB    NOT NULL, -- JSON
    PRIMARY KEY (merchant, generation, order_id)
) WITHOUT ROWID;
