//! Outcomes, and their digests in the rows of their batches.

use super::{Store, finding};

/// Every outcome with the last position of its command, or of the state that it was rejected on.
const OUTCOMES: [(&str, u64); 7] =
    [("one", 2), ("two", 2), ("three", 5), ("four", 5), ("five", 6), ("six", 6), ("seven", 8)];

#[tokio::test]
async fn a_changed_outcome_is_found_at_the_last_position_of_its_command() {
    let store = Store::new().await;
    for change in [
        "answer = CAST(answer || '!' AS BLOB)",
        "answer = x''",
        "kind = CASE kind WHEN 3 THEN 2 ELSE 3 END",
        "kind = CASE kind WHEN 1 THEN 2 ELSE 1 END",
        "fingerprint = zeroblob(32)",
        "sender = 'another'",
        "key = 'something'",
        "first_position = first_position + 1",
        "at = at + 1",
    ] {
        for (key, position) in OUTCOMES {
            let sql = format!("UPDATE outcome SET {change} WHERE merchant = 'm' AND key = '{key}'");
            store.assert_found(&sql, &[position]).await;
        }
    }
}

#[tokio::test]
async fn a_deleted_outcome_is_found_at_the_last_position_of_its_command() {
    let store = Store::new().await;
    for (key, position) in OUTCOMES {
        let sql = format!("DELETE FROM outcome WHERE merchant = 'm' AND key = '{key}'");
        store.assert_found(&sql, &[position]).await;
    }
    let verification = store.verify_after("DELETE FROM outcome WHERE merchant = 'm' AND key = 'three'").await;
    assert_eq!(verification.findings, [finding(5, "outcome 0 of batch 3 is missing")]);
    assert_eq!(verification.outcomes, 6);
}

#[tokio::test]
async fn a_deleted_acceptance_does_not_pass_for_a_pruned_rejection() {
    let store = Store::new().await;
    let copy = store.copy();
    let prune = |and: &str| {
        super::damage(&copy, &format!("DELETE FROM outcome WHERE merchant = 'm' AND {and}"));
    };
    let verification = async || crate::verify(&super::open(&copy), "m", i64::MAX, |_| {}).await.unwrap();
    prune("kind = 3");
    assert!(verification().await.is_clean());
    prune("key = 'three'");
    assert_eq!(super::positions_of(&verification().await), [5]);
}

#[tokio::test]
async fn a_moved_outcome_is_found_at_its_old_and_new_place() {
    let store = Store::new().await;
    for (change, positions) in [
        ("ordinal = 9", &[5, 6][..]),
        ("batch = 4, ordinal = 1", &[5, 6]),
        ("batch = 77", &[5, 9]),
        ("batch = 0", &[0, 5]),
        ("merchant = 'n', ordinal = 1", &[5]),
        ("last_position = 4", &[4]),
    ] {
        let sql = format!("UPDATE outcome SET {change} WHERE merchant = 'm' AND key = 'three'");
        store.assert_found(&sql, positions).await;
    }
}

#[tokio::test]
async fn a_forged_outcome_is_found_in_any_batch() {
    let store = Store::new().await;
    for (batch, ordinal, position) in [(3, 3, 6), (2, 1, 2), (0, 0, 0), (6, 0, 9), (i64::MAX, 0, 9)] {
        let sql = format!(
            "INSERT INTO outcome SELECT merchant, sender, 'forged', fingerprint, kind, first_position,
                 last_position, answer, {batch}, {ordinal}, at
             FROM outcome WHERE merchant = 'm' AND key = 'three'"
        );
        store.assert_found(&sql, &[position]).await;
    }
}

#[tokio::test]
async fn changed_digests_are_found() {
    let store = Store::new().await;
    for (change, positions) in [
        // The digest of `three`, that of `five`, and the kind of `four`.
        ("outcomes = CAST(substr(outcomes, 1, 5) || x'00' || substr(outcomes, 7) AS BLOB)", &[5, 6][..]),
        ("outcomes = CAST(substr(outcomes, 1, 98) || x'00' AS BLOB)", &[6]),
        ("outcomes = CAST(substr(outcomes, 1, 33) || x'02' || substr(outcomes, 35) AS BLOB)", &[5, 6]),
        // Truncated within a digest, after one, and entirely.
        ("outcomes = CAST(substr(outcomes, 1, 40) AS BLOB)", &[5, 6]),
        ("outcomes = CAST(substr(outcomes, 1, 34) AS BLOB)", &[5, 6]),
        ("outcomes = CAST(substr(outcomes, 1, 66) AS BLOB)", &[6]),
        ("outcomes = x''", &[6]),
    ] {
        let sql = format!("UPDATE batch SET {change} WHERE merchant = 'm' AND batch = 3");
        store.assert_found(&sql, positions).await;
    }
}

#[tokio::test]
async fn an_outcome_deleted_with_its_digest_is_found_by_the_hash_of_the_batch() {
    let store = Store::new().await;
    let sql = "DELETE FROM outcome WHERE merchant = 'm' AND key = 'seven';
               UPDATE batch SET outcomes = x'' WHERE merchant = 'm' AND batch = 5";
    let verification = store.verify_after(sql).await;
    assert_eq!(verification.findings, [finding(8, "batch 5 does not match its hash")]);
}
