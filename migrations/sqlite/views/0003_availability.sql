-- The read model `availability`: the stock that can be promised, by SKU and location.

CREATE TABLE availability (
    merchant        TEXT    NOT NULL,
    generation      INTEGER NOT NULL,
    sku             TEXT    NOT NULL,
    position        INTEGER NOT NULL, -- end of the last command that changed the stock item
    supply_position INTEGER NOT NULL, -- end of the last command that changed the supply for backorders
    fillable        INTEGER NOT NULL, -- whether the command FillBackorders has something to do if no location is paused
    earmarked       INTEGER NOT NULL, -- whether units are earmarked for backorders
    state           BLOB    NOT NULL, -- JSON
    stale           INTEGER NOT NULL, -- whether events of the stock item are parked
    PRIMARY KEY (merchant, generation, sku)
) WITHOUT ROWID;

CREATE INDEX availability_fillable ON availability (generation, merchant, sku) WHERE fillable;
CREATE INDEX availability_earmarked ON availability (generation, merchant, sku) WHERE earmarked;

CREATE TABLE paused_location (
    merchant   TEXT    NOT NULL,
    generation INTEGER NOT NULL,
    location   TEXT    NOT NULL,
    PRIMARY KEY (merchant, generation, location)
) WITHOUT ROWID;

-- The states of a stock item after every 5,000 of its events. A query about the past starts at one of them.
CREATE TABLE stock_snapshot (
    merchant   TEXT    NOT NULL,
    generation INTEGER NOT NULL,
    sku        TEXT    NOT NULL,
    version    INTEGER NOT NULL, -- number of events
    position   INTEGER NOT NULL, -- end of the last event's command
    state      BLOB    NOT NULL, -- JSON
    PRIMARY KEY (merchant, generation, sku, version)
) WITHOUT ROWID;
