//! Units that come back.

pub(super) mod request;
