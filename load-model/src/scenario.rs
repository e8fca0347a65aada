//! A day of a merchant: locations, opening stock and orders, all generated from a seed.

use holdfast_domain::network::RegisterLocation;
use holdfast_domain::order::{CreateOrder, NewLine, ShipTo};
use holdfast_domain::policy::OnShortage;
use holdfast_domain::values::{ChannelName, Currency, LocationId, Reference, Sku, Text};

use rand::RngExt as _;

use crate::random::{Random, Zipf, random, weighted};
use crate::{ModelError, Step, simple, sku};

/// Id, name, latitude and longitude of each location.
const LOCATIONS: [(&str, &str, f64, f64); 6] = [
    ("DC-NEWARK", "Newark", 40.74, -74.17),
    ("DC-ATLANTA", "Atlanta", 33.75, -84.39),
    ("DC-CHICAGO", "Chicago", 41.88, -87.63),
    ("DC-DALLAS", "Dallas", 32.78, -96.80),
    ("DC-DENVER", "Denver", 39.74, -104.99),
    ("DC-LOS-ANGELES", "Los Angeles", 34.05, -118.24),
];

/// City, state, latitude and longitude of the customers.
const CITIES: [(&str, &str, f64, f64); 12] = [
    ("New York", "NY", 40.71, -74.01),
    ("Boston", "MA", 42.36, -71.06),
    ("Philadelphia", "PA", 39.95, -75.17),
    ("Miami", "FL", 25.76, -80.19),
    ("Nashville", "TN", 36.16, -86.78),
    ("Detroit", "MI", 42.33, -83.05),
    ("Minneapolis", "MN", 44.98, -93.27),
    ("Houston", "TX", 29.76, -95.37),
    ("Phoenix", "AZ", 33.45, -112.07),
    ("Salt Lake City", "UT", 40.76, -111.89),
    ("Seattle", "WA", 47.61, -122.33),
    ("San Diego", "CA", 32.72, -117.16),
];

const CHANNELS: [&str; 3] = ["web", "marketplace", "app"];
/// Numbers of lines per order, with their shares; 1.85 on average.
const LINES_PER_ORDER: [(i64, f64); 4] = [(1, 0.50), (2, 0.25), (3, 0.15), (4, 0.10)];
/// Numbers of units per line, with their shares; 1.3 on average.
const UNITS_PER_LINE: [(i64, f64); 3] = [(1, 0.75), (2, 0.20), (3, 0.05)];
/// Average number of units per order.
const UNITS_PER_ORDER: f64 = 1.85 * 1.3;
/// Share of the orders that their customers cancel.
const CANCELLED: f64 = 0.04;
/// Share of the orders that accept a partial reservation.
const ACCEPTS_PART: f64 = 0.3;
/// One SKU in this many has too little stock.
const SCARCE_EVERY: usize = 12;
/// Stock of a scarce SKU, as a share of the expected demand.
const SCARCE_STOCK: f64 = 0.72;
/// Number of different customers.
const CUSTOMERS: usize = 20_000;

/// An order that will be placed.
pub struct PlannedOrder {
    /// The command that creates the order.
    pub order: CreateOrder,
    /// True if the customer cancels the order after it was accepted.
    pub is_cancelled: bool,
}

/// A day of a merchant. The same numbers give the same day.
pub struct Scenario {
    orders: u64,
    seed: u64,
    skus: Vec<Sku>,
    demand: Zipf,
}

impl Scenario {
    /// A day with this many orders over this many SKUs, 1 to 99,999.
    pub fn new(orders: u64, skus: u32, seed: u64) -> Result<Self, ModelError> {
        let by_rank = (0..skus as usize).map(sku).collect::<Result<_, _>>()?;
        Ok(Self { orders, seed, skus: by_rank, demand: Zipf::new(skus)? })
    }

    /// The number of orders.
    pub fn orders(&self) -> u64 {
        self.orders
    }

    /// The SKU with the highest demand.
    pub fn most_popular(&self) -> Option<&Sku> {
        self.skus.first()
    }

    /// The commands that prepare the store: six locations first, then the opening stock.
    pub fn setup(&self) -> Result<Vec<Step>, ModelError> {
        let mut steps = Vec::new();
        for (id, name, latitude, longitude) in LOCATIONS {
            let location = RegisterLocation::new(LocationId::new(id)?, latitude, longitude);
            let location = RegisterLocation { name: Text::new(name)?.into(), ..location };
            steps.push(Step { key: format!("location/{id}"), command: location.into() });
        }
        for rank in 0..self.skus.len() {
            self.opening_stock(rank, &mut steps)?;
        }
        Ok(steps)
    }

    /// Stock of one SKU at one to three locations: enough for the expected demand of most SKUs, too little for some.
    fn opening_stock(&self, rank: usize, steps: &mut Vec<Step>) -> Result<(), ModelError> {
        let Some(sku) = self.skus.get(rank) else { return Ok(()) };
        #[allow(clippy::cast_precision_loss, reason = "an expectation; the limit is a million orders")]
        let expected = self.orders as f64 * UNITS_PER_ORDER * self.demand.share(rank);
        let is_scarce = rank % SCARCE_EVERY == SCARCE_EVERY / 4;
        let units =
            if is_scarce { expected * SCARCE_STOCK } else { expected * 1.1 + 3.0 * expected.sqrt() + 2.0 };
        // Not the sequence of any order: those use the seed itself.
        let mut random = random(!self.seed, rank as u64);
        let locations = random.random_range(1..=3_usize);
        let first = random.random_range(0..LOCATIONS.len());
        #[allow(clippy::cast_sign_loss, reason = "an expectation is not negative")]
        let share = (units / f64::from(u32::try_from(locations).unwrap_or(1))).ceil().max(1.0) as i64;
        for number in 0..locations {
            let (location, ..) = LOCATIONS[(first + number * 2) % LOCATIONS.len()];
            let receipt = simple::receive(sku.clone(), location, share)?;
            steps.push(Step { key: format!("stock/{location}/{sku}"), command: receipt.into() });
        }
        Ok(())
    }

    /// The order with a number, counted from 0.
    pub fn order(&self, number: u64) -> Result<PlannedOrder, ModelError> {
        let mut random = random(self.seed, number);
        let line_count = weighted(&mut random, &LINES_PER_ORDER);
        let lines = (0..line_count).map(|_| self.line(&mut random)).collect::<Result<_, _>>()?;
        let channel = ChannelName::new(CHANNELS[random.random_range(0..CHANNELS.len())])?;
        let order = CreateOrder {
            channel_ref: Some(Reference::new(&format!("D-{:06}", number + 1))?),
            customer_ref: Some(Reference::new(&format!("C-{:05}", random.random_range(0..CUSTOMERS)))?),
            currency: Some(Currency::new("USD")?),
            ship_to: Some(ship_to(&mut random)?),
            on_shortage: random.random_bool(ACCEPTS_PART).then_some(OnShortage::CancelRemainder),
            ..CreateOrder::new(channel, lines)
        };
        Ok(PlannedOrder { order, is_cancelled: random.random_bool(CANCELLED) })
    }

    fn line(&self, random: &mut Random) -> Result<NewLine, ModelError> {
        let ordered = sku(self.demand.draw(random))?;
        simple::line(ordered, weighted(random, &UNITS_PER_LINE))
    }
}

fn ship_to(random: &mut Random) -> Result<ShipTo, ModelError> {
    let (city, region, latitude, longitude) = CITIES[random.random_range(0..CITIES.len())];
    Ok(ShipTo {
        name: Some(Text::new(&format!("Customer {}", random.random_range(0..CUSTOMERS)))?),
        street: Some(vec![Text::new(&format!("{} Main Street", random.random_range(1..=999)))?]),
        city: Some(Text::new(city)?),
        region: Some(Text::new(region)?),
        country: Some(Text::new("US")?),
        // Within about 20 km of the city.
        latitude: Some(latitude + random.random_range(-0.2..0.2)),
        longitude: Some(longitude + random.random_range(-0.2..0.2)),
        ..ShipTo::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_day() {
        let (one, other) = (Scenario::new(10, 50, 4).unwrap(), Scenario::new(10, 50, 4).unwrap());
        assert_eq!(one.setup().unwrap(), other.setup().unwrap());
        for number in 0..10 {
            assert_eq!(one.order(number).unwrap().order, other.order(number).unwrap().order);
        }
        let different = Scenario::new(10, 50, 5).unwrap();
        assert_ne!(one.order(0).unwrap().order, different.order(0).unwrap().order);
    }

    #[test]
    fn the_smallest_scenario_has_locations_stock_and_an_order() {
        let scenario = Scenario::new(1, 1, 0).unwrap();
        let setup = scenario.setup().unwrap();
        let locations = setup.iter().filter(|step| step.command.name() == "RegisterLocation").count();
        assert_eq!(locations, 6);
        assert!(setup.len() > locations);
        assert!(!scenario.order(0).unwrap().order.lines.is_empty());
    }
}
