//! Distances between places, in whole kilometres.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A place on the globe, in degrees.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Coordinates {
    /// Degrees north, -90 to 90.
    pub latitude: f64,
    /// Degrees east, -180 to 180.
    pub longitude: f64,
}

impl std::fmt::Debug for Coordinates {
    /// A customer's coordinates are personal data: coordinates are never printed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Coordinates(..)")
    }
}

/// A distance in whole kilometres.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Kilometres(pub u32);

impl Kilometres {
    /// The value of an unknown distance: farther than any two places on earth.
    pub const UNKNOWN: Self = Self(20_100);

    /// The distance rounded to 50 km, so that distances to several locations do not reveal an address.
    #[must_use]
    pub const fn coarse(self) -> Self {
        Self((self.0 + 25) / 50 * 50)
    }
}

const EARTH_RADIUS_KM: f64 = 6_371.008_8;

/// The great-circle distance by the haversine formula (R. W. Sinnott, Sky and Telescope 68(2), 1984).
///
/// It is rounded to whole kilometres before distances are compared, so that the last bits of a platform's sine do not
/// decide which location ships an order.
pub fn between(a: Coordinates, b: Coordinates) -> Kilometres {
    let (phi_a, phi_b) = (a.latitude.to_radians(), b.latitude.to_radians());
    let half_phi = (phi_b - phi_a) / 2.0;
    let half_lambda = (b.longitude - a.longitude).to_radians() / 2.0;
    let h = half_phi.sin().powi(2) + phi_a.cos() * phi_b.cos() * half_lambda.sin().powi(2);
    let kilometres = 2.0 * EARTH_RADIUS_KM * h.clamp(0.0, 1.0).sqrt().asin();
    #[allow(clippy::cast_sign_loss, reason = "an arc sine of a positive number is positive")]
    Kilometres(kilometres.round() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newark_to_reno_is_about_3_870_kilometres() {
        let newark = Coordinates { latitude: 40.7357, longitude: -74.1724 };
        let reno = Coordinates { latitude: 39.5296, longitude: -119.8138 };
        let there = between(newark, reno);
        assert!((3_800..3_950).contains(&there.0), "{there:?}");
        assert_eq!(there, between(reno, newark));
        assert_eq!(between(reno, reno), Kilometres(0));
    }

    #[test]
    fn a_coarse_distance_is_a_multiple_of_fifty() {
        assert_eq!(Kilometres(74).coarse(), Kilometres(50));
        assert_eq!(Kilometres(75).coarse(), Kilometres(100));
        assert_eq!(Kilometres(3).coarse(), Kilometres(0));
    }
}
