//! Encryption of personal data, and keyed digests.
//!
//! Each order has a key of its own that encrypts the personal data in its events (XChaCha20-Poly1305). The journal stores
//! these keys wrapped by the master key, which never enters the database. Destroying an order's key makes its personal
//! data unreadable in every copy and changes no hash.

mod crypto;
mod master_key;
mod vault;

pub use crypto::VaultError;
pub(crate) use crypto::{random, to_hex};
pub use master_key::MasterKey;
pub use vault::Vault;
pub(crate) use vault::WrappedKey;
