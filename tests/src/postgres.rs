//! stand-in
#![allow(missing_docs, clippy::unwrap_used)]
use std::sync::atomic::{AtomicU32, Ordering};
#[derive(Debug)]
pub struct Schema {
    name: String,
    url: String,
    server: String,
}
static NEXT: AtomicU32 = AtomicU32::new(0);
impl Schema {
    pub fn fresh() -> Option<Self> {
        let server = std::env::var("HOLDFAST_TEST_POSTGRES").ok()?;
        let name = format!("t{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        psql(&server, &format!("CREATE SCHEMA {name}"));
        let url = format!("{server}?options=-c%20search_path%3D{name}");
        Some(Self { name, url, server })
    }
    pub fn url(&self) -> &str {
        &self.url
    }
}
impl Drop for Schema {
    fn drop(&mut self) {
        psql(&self.server, &format!("DROP SCHEMA {} CASCADE", self.name));
    }
}
fn psql(server: &str, sql: &str) {
    let out = std::process::Command::new("psql").args(["-qAt", "-c", sql, server]).output().unwrap();
    assert!(out.status.success(), "{out:?}");
}
