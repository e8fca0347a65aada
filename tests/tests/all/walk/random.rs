//! A seeded generator of pseudo-random numbers (SplitMix64): the same seed gives the same requests on every machine.

/// The generator.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The generator of one request. It does not depend on earlier requests, so that a difference in timing changes as few
    /// later requests as possible.
    pub fn of_request(seed: u64, merchant: usize, request: usize) -> Self {
        let mut random = Self(seed);
        for part in [merchant as u64, request as u64] {
            random.0 ^= part.wrapping_mul(0xD6E8_FEB8_6659_FD93);
            random.0 = random.next();
        }
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `limit - 1`.
    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).unwrap()
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        low + i64::try_from(self.below(usize::try_from(high - low + 1).unwrap())).unwrap()
    }

    /// True in `percent` of 100 cases.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of some values, each equally likely.
    pub fn pick<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.below(values.len())]
    }

    /// One of some values, each equally likely. `None` if there are none.
    pub fn any<'a, T>(&mut self, values: &'a [T]) -> Option<&'a T> {
        (!values.is_empty()).then(|| &values[self.below(values.len())])
    }

    /// A UUID of version 4.
    pub fn uuid(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        let start = format!("{:08x}-{:04x}-4{:03x}", high >> 32, (high >> 16) & 0xFFFF, high & 0x0FFF);
        format!("{start}-{:04x}-{:012x}", (low >> 48) & 0x3FFF | 0x8000, low & 0xFFFF_FFFF_FFFF)
    }
}
