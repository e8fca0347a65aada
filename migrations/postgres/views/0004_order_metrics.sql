-- The read model `metrics`: order counts, units and cycle times.

-- Sums by period, channel, location and measure.
CREATE TABLE metric (
    merchant       TEXT COLLATE "C" NOT NULL,
    generation     BIGINT           NOT NULL,
    period         TEXT COLLATE "C" NOT NULL, -- minute or hour
    begins_at      BIGINT           NOT NULL, -- start of the period, in microseconds since 1970
    channel        TEXT COLLATE "C" NOT NULL,
    location       TEXT COLLATE "C" NOT NULL, -- empty for occurrences that belong to no location
    measure        TEXT COLLATE "C" NOT NULL,
    within_seconds BIGINT           NOT NULL, -- for durations, the next power of two; otherwise 0
    occurrences    BIGINT           NOT NULL,
    total          BIGINT           NOT NULL, -- sum of units or seconds
    PRIMARY KEY (merchant, generation, period, begins_at, channel, location, measure, within_seconds)
);

-- What the fold must know of an order to measure its later events.
CREATE TABLE metric_order (
    merchant   TEXT COLLATE "C" NOT NULL,
    generation BIGINT           NOT NULL,
    order_id   TEXT COLLATE "C" NOT NULL,
    facts      BYTEA            NOT NULL, -- JSON
    PRIMARY KEY (merchant, generation, order_id)
);
