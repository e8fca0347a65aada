//! The made-up merchant: where goods lie, what is in demand, and what is ordered.

use holdfast_domain::network::RegisterLocation;
use holdfast_domain::order::{CreateOrder, NewLine, ShipTo};
use holdfast_domain::policy::OnShortage;
use holdfast_domain::stock::ReceiveStock;
use holdfast_domain::values::{
    ChannelName, Currency, LocationId, Quantity, QuantityError, Reference, Sku, Text, TextError,
};

use crate::random::{Random, Zipf};

/// Id, name, degrees north and degrees east.
const LOCATIONS: [(&str, &str, f64, f64); 6] = [
    ("DC-NEWARK", "Newark", 40.74, -74.17),
    ("DC-ATLANTA", "Atlanta", 33.75, -84.39),
    ("DC-CHICAGO", "Chicago", 41.88, -87.63),
    ("DC-DALLAS", "Dallas", 32.78, -96.80),
    ("DC-DENVER", "Denver", 39.74, -104.99),
    ("DC-LOS-ANGELES", "Los Angeles", 34.05, -118.24),
];

/// Where customers live: city, state, degrees north and degrees east.
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
/// How many lines an order has, and how often; on average 1.85.
const LINES: [(u32, f64); 4] = [(1, 0.50), (2, 0.25), (3, 0.15), (4, 0.10)];
/// How many units a line has, and how often; on average 1.3.
const UNITS: [(u32, f64); 3] = [(1, 0.75), (2, 0.20), (3, 0.05)];
const UNITS_AN_ORDER: f64 = 1.85 * 1.3;
const CANCELLED: f64 = 0.04;
/// How many orders take what there is where not everything is.
const TAKE_WHAT_IS_THERE: f64 = 0.3;
/// One SKU in so many is bought too scarcely, and by how much.
const SCARCE_EVERY: usize = 12;
const SCARCE: f64 = 0.72;

/// Why a made-up value is none.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// A name.
    #[error(transparent)]
    Text(#[from] TextError),
    /// A quantity.
    #[error(transparent)]
    Quantity(#[from] QuantityError),
}

/// An order, and whether its customer thinks better of it.
pub struct Planned {
    /// The order.
    pub order: CreateOrder,
    /// Whether it is cancelled once it is taken.
    pub cancelled: bool,
}

/// A merchant's day, the same for the same numbers.
pub struct World {
    orders: u64,
    seed: u64,
    skus: Vec<Sku>,
    demand: Zipf,
}

impl World {
    /// So many orders over so many SKUs.
    pub fn new(orders: u64, skus: u32, seed: u64) -> Result<Self, WorldError> {
        let names = (1..=skus).map(|number| Sku::new(&format!("SKU-{number:05}")));
        let skus_by_rank = names.collect::<Result<_, _>>()?;
        Ok(Self { orders, seed, skus: skus_by_rank, demand: Zipf::new(skus) })
    }

    /// How many orders there will be.
    pub fn orders(&self) -> u64 {
        self.orders
    }

    /// The most wanted SKU.
    pub fn most_wanted(&self) -> Option<&Sku> {
        self.skus.first()
    }

    /// Where goods lie.
    pub fn locations() -> Result<Vec<RegisterLocation>, WorldError> {
        let location = |(id, name, latitude, longitude): &(&str, &str, f64, f64)| {
            let registered = RegisterLocation::new(LocationId::new(id)?, *latitude, *longitude);
            Ok(RegisterLocation { name: Some(Text::new(name)?), ..registered })
        };
        LOCATIONS.iter().map(location).collect()
    }

    /// What lies there at the beginning: enough of most SKUs for what is expected to be ordered, too little of some.
    pub fn stock(&self) -> Result<Vec<ReceiveStock>, WorldError> {
        let mut stock = Vec::new();
        for (rank, sku) in self.skus.iter().enumerate() {
            #[allow(clippy::cast_precision_loss, reason = "an expectation; the limit is a million orders")]
            let expected = self.orders as f64 * UNITS_AN_ORDER * self.demand.share(rank);
            let scarce = rank % SCARCE_EVERY == SCARCE_EVERY / 4;
            let units = if scarce { expected * SCARCE } else { expected * 1.1 + 3.0 * expected.sqrt() + 2.0 };
            // Another sequence than that of any order.
            let mut random = Random::new(!self.seed, rank as u64);
            let places = 1 + random.below(3);
            let first = random.below(LOCATIONS.len());
            #[allow(clippy::cast_sign_loss, reason = "an expectation is not negative")]
            let share = (units / f64::from(u32::try_from(places).unwrap_or(1))).ceil().max(1.0) as i64;
            for place in 0..places {
                let (location, ..) = LOCATIONS[(first + place * 2) % LOCATIONS.len()];
                stock.push(receipt(sku, location, share)?);
            }
        }
        Ok(stock)
    }

    /// An order by its number, from 0.
    pub fn order(&self, number: u64) -> Result<Planned, WorldError> {
        let mut random = Random::new(self.seed, number);
        let lines = (0..random.weighted(&LINES)).map(|_| self.line(&mut random)).collect::<Result<_, _>>()?;
        let order = CreateOrder {
            order_id: None,
            channel: ChannelName::new(CHANNELS[random.below(CHANNELS.len())])?,
            channel_ref: Some(Reference::new(&format!("D-{:06}", number + 1))?),
            customer_ref: Some(Reference::new(&format!("C-{:05}", random.below(20_000)))?),
            lines,
            currency: Some(Currency::new("USD")?),
            charges: None,
            ship_to: Some(ship_to(&mut random)?),
            delivery: None,
            on_shortage: random.chance(TAKE_WHAT_IS_THERE).then_some(OnShortage::CancelRemainder),
            allow_split: None,
            priority: None,
            payment: None,
            reserve_for: None,
            placed_at: None,
            external_refs: None,
            attributes: None,
            occurred_at: None,
            not_after: None,
        };
        Ok(Planned { order, cancelled: random.chance(CANCELLED) })
    }

    fn line(&self, random: &mut Random) -> Result<NewLine, WorldError> {
        let rank = self.demand.draw(random);
        let sku = match self.skus.get(rank) {
            Some(sku) => sku.clone(),
            None => Sku::new("SKU-00001")?,
        };
        Ok(NewLine {
            sku,
            quantity: Quantity::new(i64::from(random.weighted(&UNITS)))?,
            line_ref: None,
            unit: None,
            total: None,
            tax: None,
            discount: None,
            attributes: None,
        })
    }
}

fn receipt(sku: &Sku, location: &str, units: i64) -> Result<ReceiveStock, WorldError> {
    Ok(ReceiveStock {
        sku: sku.clone(),
        location: LocationId::new(location)?,
        quantity: Quantity::new(units)?,
        condition: None,
        lots: None,
        serials: None,
        supply_id: None,
        close_supply: None,
        reference: Some(Reference::new("opening-stock")?),
        occurred_at: None,
        not_after: None,
    })
}

fn ship_to(random: &mut Random) -> Result<ShipTo, WorldError> {
    let (city, region, latitude, longitude) = CITIES[random.below(CITIES.len())];
    Ok(ShipTo {
        name: Some(Text::new(&format!("Customer {}", random.below(20_000)))?),
        street: Some(vec![Text::new(&format!("{} Main Street", 1 + random.below(999)))?]),
        city: Some(Text::new(city)?),
        region: Some(Text::new(region)?),
        country: Some(Text::new("US")?),
        // Within about twenty kilometres of the city.
        latitude: Some(latitude + (random.unit() - 0.5) * 0.4),
        longitude: Some(longitude + (random.unit() - 0.5) * 0.4),
        ..ShipTo::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_day() {
        let (one, other) = (World::new(10, 50, 4).unwrap(), World::new(10, 50, 4).unwrap());
        assert_eq!(one.stock().unwrap(), other.stock().unwrap());
        for number in 0..10 {
            assert_eq!(one.order(number).unwrap().order, other.order(number).unwrap().order);
        }
    }

    #[test]
    fn the_smallest_world_has_one_of_everything() {
        let world = World::new(1, 1, 0).unwrap();
        assert!(!world.stock().unwrap().is_empty());
        assert!(!world.order(0).unwrap().order.lines.is_empty());
        assert_eq!(World::locations().unwrap().len(), 6);
    }
}
