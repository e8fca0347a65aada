//! Order metrics.

use super::*;

#[tokio::test]
async fn metrics_count_orders_and_measure_cycle_times() {
    let server = TestServer::stocked().await;
    let journey = Journey::complete(&server).await;
    let (_, last) = server.create("W-2").await;
    let query = format!(
        "{{ metrics(minPosition: {last}, filter: {{ groupBy: CHANNEL }}) {{ position stale periods {{ nodes {{
            group ordersCreated unitsOrdered reservationSuccessRate unitsReserved backorderRate shipmentsCreated
            unitsShipped deliveries createdToShipped {{ count p99Seconds }} pickToPack {{ count }} }} }} }} }}"
    );
    let metrics = server.query(&query).await["metrics"].clone();
    assert!(metrics["position"].as_u64().unwrap() >= journey.last());
    assert_eq!(metrics["stale"], false);
    // The two orders may be in different hours.
    let periods = metrics["periods"]["nodes"].as_array().unwrap();
    let sum = |name: &str| periods.iter().map(|period| period[name].as_u64().unwrap()).sum::<u64>();
    assert_eq!((sum("ordersCreated"), sum("unitsOrdered"), sum("unitsReserved")), (2, 4, 4));
    assert_eq!((sum("shipmentsCreated"), sum("unitsShipped"), sum("deliveries")), (1, 2, 1));
    let first = &periods[0];
    assert_eq!((&first["group"], &first["reservationSuccessRate"]), (&json!("web"), &json!(1.0)));
    assert_eq!((&first["backorderRate"], &first["createdToShipped"]["count"]), (&json!(0.0), &json!(1)));
    assert_eq!(first["pickToPack"]["count"], 1);
}

#[tokio::test]
async fn metrics_of_an_invalid_time_range_are_rejected() {
    let server = TestServer::empty().await;
    for filter in [
        r#"{ from: "2020-01-01T00:00:00Z", to: "2021-01-01T00:00:00Z" }"#,
        r#"{ from: "2021-01-01T00:00:00Z", to: "2020-01-01T00:00:00Z" }"#,
        r#"{ location: "" }"#,
    ] {
        let query = format!("{{ metrics(filter: {filter}) {{ stale }} }}");
        assert_eq!(server.code(&query).await, "invalid_value", "{filter}");
    }
}
