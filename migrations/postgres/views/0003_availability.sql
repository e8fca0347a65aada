-- The read model `availability`: the stock that can be promised, by SKU and location.

CREATE TABLE availability (
    merchant        TEXT COLLATE "C" NOT NULL,
    generation      BIGINT           NOT NULL,
    sku             TEXT COLLATE "C" NOT NULL,
    position        BIGINT           NOT NULL, -- end of the last command that changed the stock item
    supply_position BIGINT           NOT NULL, -- end of the last command that changed the supply for backorders
    fillable        BOOLEAN          NOT NULL, -- whether the command FillBackorders has something to do if no location is paused
    earmarked       BOOLEAN          NOT NULL, -- whether units are earmarked for backorders
    state           BYTEA            NOT NULL, -- JSON
    stale           BOOLEAN          NOT NULL, -- whether events of the stock item are parked
    PRIMARY KEY (merchant, generation, sku)
);

CREATE INDEX availability_fillable ON availability (generation, merchant, sku) WHERE fillable;
CREATE INDEX availability_earmarked ON availability (generation, merchant, sku) WHERE earmarked;

CREATE TABLE paused_location (
    merchant   TEXT COLLATE "C" NOT NULL,
    generation BIGINT           NOT NULL,
    location   TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (merchant, generation, location)
);

-- The states of a stock item after every 5,000 of its events. A query about the past starts at one of them.
CREATE TABLE stock_snapshot (
    merchant   TEXT COLLATE "C" NOT NULL,
    generation BIGINT           NOT NULL,
    sku        TEXT COLLATE "C" NOT NULL,
    version    BIGINT           NOT NULL, -- number of events
    position   BIGINT           NOT NULL, -- end of the last event's command
    state      BYTEA            NOT NULL, -- JSON
    PRIMARY KEY (merchant, generation, sku, version)
);

-- State columns are not searched: the server need not collect statistics of them.
ALTER TABLE availability ALTER COLUMN state SET STATISTICS 0;
ALTER TABLE stock_snapshot ALTER COLUMN state SET STATISTICS 0;
