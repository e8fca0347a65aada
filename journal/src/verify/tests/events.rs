//! Events, streams, batches and the head.

use super::{Store, finding};

const POSITIONS: [u64; 5] = [1, 2, 4, 6, 8];

#[tokio::test]
async fn a_changed_event_is_the_only_finding() {
    let store = Store::new().await;
    for change in [
        "payload = CAST('!' || substr(payload, 2) AS BLOB)",
        "payload = x''",
        "metadata = CAST(metadata || '!' AS BLOB)",
        "sealed = CAST(coalesce(sealed, '') || '!' AS BLOB)",
        "hash = zeroblob(32)",
        "event_id = zeroblob(16)",
        "recorded_at = recorded_at + 1",
        "type = type || '!'",
        "type_version = type_version + 1",
        "stream = CASE stream WHEN 1 THEN 4 ELSE 1 END, version = version + 100",
        "version = version + 100",
        "command_end = command_end + 1",
        "batch = batch + 1",
        "batch = 1000",
    ] {
        for position in POSITIONS {
            let sql = format!("UPDATE event SET {change} WHERE merchant = 'm' AND position = {position}");
            store.assert_found(&sql, &[position]).await;
        }
    }
}

#[tokio::test]
async fn one_changed_byte_of_sealed_data_is_found() {
    let store = Store::new().await;
    let sql = "UPDATE event SET sealed = CAST('S' || substr(sealed, 2) AS BLOB) WHERE sealed IS NOT NULL";
    store.assert_found(sql, &[2]).await;
    store.assert_found("UPDATE event SET sealed = NULL WHERE sealed IS NOT NULL", &[2]).await;
}

#[tokio::test]
async fn a_deleted_event_is_found() {
    let store = Store::new().await;
    for position in POSITIONS {
        let sql = format!("DELETE FROM event WHERE merchant = 'm' AND position = {position}");
        store.assert_found(&sql, &[position]).await;
        let verification = store.verify_after(&sql).await;
        assert_eq!(verification.findings[0], finding(position, &format!("event {position} is missing")));
        assert_eq!(verification.events, 7);
    }
}

#[tokio::test]
async fn several_deleted_events_are_found_at_the_first_position() {
    let store = Store::new().await;
    let verification = store.verify_after("DELETE FROM event WHERE position IN (2, 4, 5)").await;
    assert_eq!(verification.findings[0], finding(2, "event 2 is missing"));
    assert_eq!(verification.findings.last(), Some(&finding(4, "events 4 to 5 are missing")));
    let verification = store.verify_after("DELETE FROM event WHERE merchant = 'm'").await;
    assert_eq!(verification.findings[0], finding(1, "events 1 to 8 are missing"));
}

#[tokio::test]
async fn a_deleted_last_batch_is_found_by_the_head() {
    let store = Store::new().await;
    let sql = "DELETE FROM event WHERE merchant = 'm' AND batch = 5;
               DELETE FROM outcome WHERE merchant = 'm' AND batch = 5;
               DELETE FROM batch WHERE merchant = 'm' AND batch = 5;";
    let verification = store.verify_after(sql).await;
    let expected = [finding(7, "events 7 to 8 are missing"), finding(8, "batch 5 is missing")];
    assert_eq!(verification.findings, expected);
}

#[tokio::test]
async fn a_deleted_last_event_with_a_reset_head_is_found_by_its_batch() {
    let store = Store::new().await;
    let sql = "DELETE FROM event WHERE merchant = 'm' AND position = 8;
               UPDATE journal_head SET position = 7, event_hash = (SELECT hash FROM event
                   WHERE merchant = 'm' AND position = 7) WHERE merchant = 'm'";
    store.assert_found(sql, &[7]).await;
}

#[tokio::test]
async fn swapped_events_are_found() {
    let store = Store::new().await;
    let sql = "UPDATE event SET payload = CASE position WHEN 4 THEN x'37' ELSE x'34' END
               WHERE merchant = 'm' AND position IN (4, 7)";
    store.assert_found(sql, &[4, 7]).await;
    let sql = "UPDATE event SET position = 100 WHERE merchant = 'm' AND position = 4;
               UPDATE event SET position = 4 WHERE merchant = 'm' AND position = 5;
               UPDATE event SET position = 5 WHERE merchant = 'm' AND position = 100;";
    // The next event covers the hash of an event that was moved.
    store.assert_found(sql, &[4, 5, 6]).await;
}

#[tokio::test]
async fn an_event_moved_from_another_merchant_is_found() {
    let store = Store::new().await;
    let sql = "DELETE FROM event WHERE merchant = 'm' AND position = 3;
               UPDATE event SET merchant = 'm', version = 100 WHERE merchant = 'n' AND position = 3";
    // The hash that the next event covers is gone.
    store.assert_found(sql, &[3, 4]).await;
}

#[tokio::test]
async fn an_added_event_is_found() {
    let store = Store::new().await;
    let sql = |position: u64| {
        format!(
            "INSERT INTO event SELECT merchant, {position}, event_id, stream, version + 100, {position}, type,
                 type_version, payload, sealed, metadata, recorded_at, batch, hash
             FROM event WHERE merchant = 'm' AND position = 8"
        )
    };
    for position in [9, 10, 1_000_000, i64::MAX as u64] {
        let verification = store.verify_after(&sql(position)).await;
        assert_eq!(verification.findings, [finding(9, "an event follows after the head")]);
    }
}

#[tokio::test]
async fn a_changed_or_deleted_stream_name_is_found_at_its_events() {
    let store = Store::new().await;
    let of_order_2 = "merchant = 'm' AND name = 'order-2'";
    store.assert_found(&format!("UPDATE stream SET name = 'order-9' WHERE {of_order_2}"), &[4, 6]).await;
    store.assert_found(&format!("UPDATE stream SET stream = 99 WHERE {of_order_2}"), &[4, 6]).await;
    store.assert_found(&format!("DELETE FROM stream WHERE {of_order_2}"), &[4, 6]).await;
}

#[tokio::test]
async fn a_changed_batch_is_found_at_its_last_position() {
    let store = Store::new().await;
    for change in [
        "id = zeroblob(16)",
        "epoch = epoch + 1",
        "first_position = first_position + 1",
        "first_position = 0",
        "last_position = last_position - 1",
        "last_position = last_position + 1",
        "last_position = 9223372036854775807",
        "outcomes = CAST(outcomes || x'01' AS BLOB)",
        "at = at + 1",
        "hash = zeroblob(32)",
    ] {
        for (batch, position) in [(1, 2), (2, 2), (3, 6), (4, 6), (5, 8)] {
            let sql = format!("UPDATE batch SET {change} WHERE merchant = 'm' AND batch = {batch}");
            store.assert_found(&sql, &[position]).await;
        }
    }
}

#[tokio::test]
async fn a_deleted_batch_is_found_at_its_last_position() {
    let store = Store::new().await;
    for (batch, position) in [(1, 2), (2, 2), (3, 6), (4, 6), (5, 8)] {
        let sql = format!("DELETE FROM batch WHERE merchant = 'm' AND batch = {batch}");
        let verification = store.verify_after(&sql).await;
        assert_eq!(verification.findings, [finding(position, &format!("batch {batch} is missing"))]);
    }
    let verification = store.verify_after("DELETE FROM batch WHERE merchant = 'm'").await;
    assert_eq!(verification.findings, [finding(2, "batches 1 to 5 are missing")]);
}

#[tokio::test]
async fn a_changed_head_is_found() {
    let store = Store::new().await;
    for (change, positions) in [
        ("position = 9", &[8, 9][..]),
        ("position = 7", &[7, 8]),
        ("position = 0", &[0, 1]),
        ("position = 9223372036854775807", &[8, 9]),
        ("event_hash = zeroblob(32)", &[8]),
        ("hash = zeroblob(32)", &[8]),
        ("batch = 4", &[8, 9]),
        ("batch = 6", &[8]),
        ("batch = 9223372036854775807", &[8]),
        ("epoch = 0", &[8]),
        ("time = time + 1", &[8]),
        ("time = time - 1", &[8]),
    ] {
        let verification =
            store.verify_after(&format!("UPDATE journal_head SET {change} WHERE merchant = 'm'")).await;
        assert!(!verification.is_clean(), "{change}");
        assert_eq!(super::positions_of(&verification), positions, "{change}: {:#?}", verification.findings);
    }
}

#[tokio::test]
async fn a_deleted_head_is_found() {
    let store = Store::new().await;
    let verification = store.verify_after("DELETE FROM journal_head WHERE merchant = 'm'").await;
    assert_eq!(verification.findings[0], finding(1, "an event follows after the head"));
    let sql = "DELETE FROM event; DELETE FROM journal_head WHERE merchant = 'm'";
    let verification = store.verify_after(sql).await;
    assert_eq!(verification.findings[0], finding(1, "a batch follows after the head"));
    let verification = store.verify_after(&format!("DELETE FROM batch; {sql}")).await;
    assert_eq!(verification.findings[0], finding(1, "an outcome follows after the head"));
}
