-- The read model `cart_reservations`: units that checkouts hold for a limited time.

CREATE TABLE cart_reservation (
    merchant       TEXT COLLATE "C" NOT NULL,
    generation     BIGINT           NOT NULL,
    reservation_id TEXT COLLATE "C" NOT NULL,
    first_position BIGINT           NOT NULL, -- of the reservation's first event
    position       BIGINT           NOT NULL, -- end of the last command that changed the reservation
    due_at         BIGINT,                    -- when it must be ended, in microseconds since 1970; NULL after its end
    state          BYTEA            NOT NULL, -- JSON
    PRIMARY KEY (merchant, generation, reservation_id)
);

CREATE INDEX cart_reservation_due ON cart_reservation (generation, due_at, merchant, reservation_id)
    WHERE due_at IS NOT NULL;

-- The locations at which a reservation has units of a SKU, or had some.
CREATE TABLE cart_unit (
    merchant       TEXT COLLATE "C" NOT NULL,
    generation     BIGINT           NOT NULL,
    reservation_id TEXT COLLATE "C" NOT NULL,
    sku            TEXT COLLATE "C" NOT NULL,
    location       TEXT COLLATE "C" NOT NULL,
    first_position BIGINT           NOT NULL, -- of the reservation
    reserved       BOOLEAN          NOT NULL, -- whether the reservation has units there now
    PRIMARY KEY (merchant, generation, reservation_id, sku, location)
);

CREATE INDEX cart_unit_reserved ON cart_unit (merchant, generation, sku, location, first_position) WHERE reserved;
