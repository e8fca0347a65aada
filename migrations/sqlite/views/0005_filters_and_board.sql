-- What orders are filtered by.
ALTER TABLE order_status ADD COLUMN backordered INTEGER NOT NULL DEFAULT 0; -- whether units of it wait for supply
ALTER TABLE order_status ADD COLUMN stuck INTEGER NOT NULL DEFAULT 0;       -- whether a parcel of it is stuck

CREATE INDEX order_status_backordered ON order_status (merchant, generation, first_position) WHERE backordered;
CREATE INDEX order_status_stuck ON order_status (merchant, generation, first_position) WHERE stuck;

-- What does a location have to do next?
ALTER TABLE fulfillment_order ADD COLUMN stage TEXT;                         -- nothing where there is nothing to do
ALTER TABLE fulfillment_order ADD COLUMN stage_since INTEGER;
ALTER TABLE fulfillment_order ADD COLUMN priority_rank INTEGER NOT NULL DEFAULT 0; -- the most urgent have 0
ALTER TABLE fulfillment_order ADD COLUMN due_at INTEGER NOT NULL DEFAULT 0;        -- by when it is to have left

CREATE INDEX fulfillment_board
    ON fulfillment_order (merchant, generation, location, stage, priority_rank, due_at, first_position, number)
    WHERE ready;
CREATE INDEX fulfillment_order_ready ON fulfillment_order (merchant, generation, first_position, number) WHERE ready;
CREATE INDEX fulfillment_order_ready_at
    ON fulfillment_order (merchant, generation, location, first_position, number) WHERE ready;
