//! Reopening a journal, and unusual names.

use super::{Fixture, for_every_journal};
use crate::tests::support::{Command, TestWriter, all_events, append, assert_clean, outcome_key};
use crate::{AppendError, ClaimKey, Journal, LoadRequest, Loaded, OutcomeKind, Snapshot};

for_every_journal!(
    reopening_preserves_every_record,
    a_reopened_journal_accepts_appends,
    names_keys_and_claims_can_be_any_text,
    similar_names_are_distinct,
    a_name_with_a_nul_character_is_preserved_or_rejected,
);

/// Texts that some stores treat specially: empty and long ones, quotes, wildcards, other scripts.
fn unusual_texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        " ",
        "'; DROP TABLE event; --",
        "\"",
        "%_%",
        "\\",
        "\r\n",
        "\u{feff}",
        "\u{10ffff}",
        "ﬁ",
        "日本語",
        "🚚📦",
        "e\u{301}",
        "\u{e9}",
        "NULL",
        "1",
        "01",
        "1.0",
        "1e0",
    ]
    .map(Into::into)
    .to_vec();
    texts.push("long".repeat(10_000));
    texts
}

async fn load_all(journal: &dyn Journal) -> Loaded {
    let request = LoadRequest {
        streams: vec!["order-1".into(), "order-2".into()],
        claims: vec![ClaimKey { kind: "order_ref", value: "W".into() }],
        outcomes: vec![outcome_key("shop", "accepted"), outcome_key("shop", "rejected")],
    };
    journal.load("m", &request).await.unwrap()
}

async fn reopening_preserves_every_record(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = TestWriter::new("m");
    let order = Command::events("order-1", 2).accepted("accepted").claim("order_ref", "W", "order-1");
    writer.write(journal, vec![order.create_key("order-1", b"key").at(5)]).await;
    writer
        .write(journal, vec![Command::rejected("rejected").at(6), Command::events("order-2", 1).at(7)])
        .await;
    writer.head = journal.raise_epoch("m").await.unwrap();
    let snapshot = Snapshot { stream: 1, type_version: 3, version: 1, state: b"state".to_vec() };
    journal.save_snapshots("m", vec![snapshot]).await.unwrap();
    let (loaded, events) = (load_all(journal).await, all_events(journal, "m").await);
    assert_eq!(loaded.streams[0].as_ref().unwrap().events.len(), 1);

    fixture.reopen().await;
    let journal = fixture.journal();
    assert_eq!(journal.head("m").await.unwrap(), writer.head);
    assert_eq!(load_all(journal).await, loaded);
    assert_eq!(all_events(journal, "m").await, events);
    assert_eq!(journal.subject_key("m", "order-1").await.unwrap().as_deref(), Some(&b"key"[..]));
    assert_clean(journal, "m", 3).await;
}

async fn a_reopened_journal_accepts_appends(fixture: &mut impl Fixture) {
    let mut writer = TestWriter::new("m");
    for round in 1..=3 {
        writer.write(fixture.journal(), vec![Command::events("a", 1)]).await;
        fixture.reopen().await;
        assert_eq!(fixture.journal().head("m").await.unwrap(), writer.head);
        assert_clean(fixture.journal(), "m", round).await;
    }
    let outdated = writer.seal_on(crate::Head::default(), vec![Command::events("b", 1)]);
    assert!(append(fixture.journal(), &outdated).await.is_err());
}

async fn names_keys_and_claims_can_be_any_text(fixture: &mut impl Fixture) {
    let texts = unusual_texts();
    for merchant in &texts {
        let mut writer = TestWriter::new(merchant);
        let command = |text: &String| {
            Command::with_events(&[(text, text)])
                .metadata(text)
                .claim("order_ref", text, text)
                .create_key(text, text.as_bytes())
                .outcome(text, text, OutcomeKind::Created, text)
        };
        writer.write(fixture.journal(), texts.iter().map(command).collect()).await;
    }
    fixture.reopen().await;
    let journal = fixture.journal();
    let request = LoadRequest {
        streams: texts.iter().map(|text| text.as_str().into()).collect(),
        claims: texts
            .iter()
            .map(|text| ClaimKey { kind: "order_ref", value: text.as_str().into() })
            .collect(),
        outcomes: texts.iter().map(|text| outcome_key(text, text)).collect(),
    };
    for merchant in &texts {
        let loaded = journal.load(merchant, &request).await.unwrap();
        for (index, text) in texts.iter().enumerate() {
            let stream = loaded.streams[index].as_ref().unwrap();
            assert_eq!(stream.stream, index as u64 + 1);
            assert_eq!(
                (&*stream.events[0].stream_name, stream.events[0].payload.as_slice()),
                (&**text, text.as_bytes())
            );
            assert_eq!(loaded.claims[index].as_deref(), Some(&**text));
            assert_eq!(loaded.outcomes[index].as_ref().unwrap().answer, text.as_bytes());
            assert_eq!(journal.subject_key(merchant, text).await.unwrap().as_deref(), Some(text.as_bytes()));
            assert_eq!(journal.read_stream(merchant, text, u64::MAX).await.unwrap().len(), 1);
        }
        assert_clean(journal, merchant, texts.len() as u64).await;
    }
}

async fn similar_names_are_distinct(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = TestWriter::new("m");
    let similar = ["a", "A", " a", "a ", "é", "e\u{301}", "É"];
    writer.write(journal, similar.map(|name| Command::events(name, 1)).to_vec()).await;
    for (position, name) in (1..).zip(similar) {
        let events = journal.read_stream("m", name, u64::MAX).await.unwrap();
        assert_eq!((events.len(), events[0].position), (1, position), "{name:?}");
    }
}

/// A text in PostgreSQL cannot contain the NUL character.
async fn a_name_with_a_nul_character_is_preserved_or_rejected(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = TestWriter::new("m");
    writer.write(journal, vec![Command::events("a", 1)]).await;
    let batch = writer.seal(vec![Command::events("a\0b", 1)]);
    match append(journal, &batch).await {
        Ok(()) => assert_eq!(&*all_events(journal, "m").await[1].stream_name, "a\0b"),
        Err(AppendError::Refused(_)) => assert_clean(journal, "m", 1).await,
        Err(other) => panic!("{other}"),
    }
}
