//! The PostgreSQL fixture itself: schemas that belong to one test, and clusters that can crash.

use holdfast_tests::postgres::{Cluster, Schema};

#[test]
fn a_new_schema_is_empty_and_belongs_to_one_test() {
    let (Some(one), Some(other)) = (Schema::fresh(), Schema::fresh()) else { return };
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()";
    one.sql("CREATE TABLE goods (sku text); INSERT INTO goods VALUES ('TEA')");
    assert_eq!(one.sql("SELECT current_schema()"), one.name());
    assert_eq!((one.sql(tables).as_str(), other.sql(tables).as_str()), ("1", "0"));
    assert_eq!(one.sql("SELECT sku FROM goods"), "TEA");

    let gone = one.name().to_owned();
    drop(one);
    let left = format!("SELECT count(*) FROM pg_namespace WHERE nspname = '{gone}'");
    assert_eq!(other.sql(&left), "0");
}

#[test]
fn a_cluster_keeps_committed_rows_after_a_crash() {
    let Some(cluster) = Cluster::start(&[("log_line_prefix", "it's \\ ")]) else { return };
    assert_eq!(cluster.sql("SHOW log_line_prefix"), "it's \\");
    cluster.sql("CREATE TABLE goods (sku text)");
    for sku in ["TEA", "MUG"] {
        cluster.sql(&format!("INSERT INTO goods VALUES ('{sku}')"));
        cluster.stop_immediately();
        cluster.restart();
    }
    assert_eq!(cluster.sql("SELECT sku FROM goods ORDER BY sku"), "MUG\nTEA");
}

#[test]
fn a_promoted_synchronous_standby_has_every_committed_row() {
    let Some(primary) = Cluster::start(&[]) else { return };
    let standby = primary.standby("standby");
    primary.set("synchronous_standby_names", "standby");
    primary.sql("CREATE TABLE goods (sku text); INSERT INTO goods VALUES ('TEA')");
    assert_eq!(primary.sql("SELECT application_name, sync_state FROM pg_stat_replication"), "standby|sync");
    assert_eq!(standby.sql("SELECT pg_is_in_recovery()"), "t");

    primary.stop_immediately();
    standby.promote();
    // The promoted standby has no standby itself: its commits must not wait for one.
    standby.sql("INSERT INTO goods VALUES ('MUG')");
    assert_eq!(standby.sql("SELECT sku FROM goods ORDER BY sku"), "MUG\nTEA");
}
