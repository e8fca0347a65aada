//! What tests may expect of the PostgreSQL that they are given: an own schema, and servers that can be lost.

use holdfast_tests::postgres::{Cluster, Schema};

#[test]
fn a_schema_is_empty_and_a_tests_own() {
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
fn a_cluster_that_was_stopped_at_once_keeps_what_was_committed() {
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
fn a_standby_that_is_promoted_has_what_was_committed_synchronously() {
    let Some(primary) = Cluster::start(&[]) else { return };
    let standby = primary.standby("standby");
    primary.set("synchronous_standby_names", "standby");
    primary.sql("CREATE TABLE goods (sku text); INSERT INTO goods VALUES ('TEA')");
    assert_eq!(primary.sql("SELECT application_name, sync_state FROM pg_stat_replication"), "standby|sync");
    assert_eq!(standby.sql("SELECT pg_is_in_recovery()"), "t");

    primary.stop_immediately();
    standby.promote();
    // With nobody that follows it in turn, its own commits must not wait.
    standby.sql("INSERT INTO goods VALUES ('MUG')");
    assert_eq!(standby.sql("SELECT sku FROM goods ORDER BY sku"), "MUG\nTEA");
}
