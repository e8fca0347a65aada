//! Reading: pages end at the end of a command, and no reader sees a part of a command.

use std::collections::BTreeSet;

use super::{Fixture, for_every_journal};
use crate::tests::support::{Command, TestWriter, all_events, assert_clean, payloads, positions, verified};
use crate::{Event, Journal};

for_every_journal!(
    pages_end_where_commands_end,
    pages_of_every_size_add_up_to_the_whole,
    a_command_larger_than_the_page_is_not_split,
    reading_after_the_end_returns_nothing,
    a_stored_event_equals_the_sealed_event,
    events_are_examined_one_by_one,
    a_stream_is_read_in_order_without_other_streams,
    reading_a_stream_up_to_the_middle_of_a_command_excludes_the_command,
    the_position_at_a_time_is_the_end_of_the_last_command_before_it,
    batches_are_read_in_pages,
    large_payloads_are_read_in_smaller_pages_without_loss,
    a_payload_of_5_megabytes_is_stored,
    a_command_of_1000_events_is_stored,
);

/// Appends commands of 3, 1, 4, 2 and 1 events in two batches. Returns the last positions of the commands.
async fn commands_of_several_sizes(journal: &dyn Journal) -> [u64; 5] {
    let mut writer = TestWriter::new("m");
    writer
        .write(journal, vec![Command::events("a", 3), Command::events("b", 1), Command::events("a", 4)])
        .await;
    writer
        .write(journal, vec![Command::rejected("no"), Command::events("c", 2), Command::events("a", 1)])
        .await;
    [3, 4, 8, 10, 11]
}

async fn pages_end_where_commands_end(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let ends = commands_of_several_sizes(journal).await;
    for after in [0, 3, 4, 8, 10] {
        for limit in 1..=12 {
            let page = journal.read("m", after, limit).await.unwrap();
            // The end of the command that the page's limit falls into.
            let expected = *ends.iter().find(|end| **end >= after + limit as u64).unwrap_or(&11);
            let found = positions(&page);
            assert_eq!(found, (after + 1..=expected).collect::<Vec<_>>(), "{limit} after {after}");
        }
    }
    assert_eq!(journal.read("m", 0, 0).await.unwrap(), []);
}

async fn pages_of_every_size_add_up_to_the_whole(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let ends = BTreeSet::from(commands_of_several_sizes(journal).await);
    let whole = all_events(journal, "m").await;
    assert_eq!(whole.len(), 11);
    for limit in 1..=12 {
        let mut read: Vec<Event> = Vec::new();
        loop {
            let after = read.last().map_or(0, |event| event.position);
            let page = journal.read("m", after, limit).await.unwrap();
            let Some(last) = page.last() else { break };
            assert!(ends.contains(&last.position), "a page of {limit} events ends within a command");
            read.extend(page);
        }
        assert_eq!(read, whole, "pages of {limit}");
    }
}

async fn a_command_larger_than_the_page_is_not_split(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = TestWriter::new("m");
    writer
        .write(journal, vec![Command::events("a", 1), Command::events("b", 50), Command::events("a", 1)])
        .await;
    let page = journal.read("m", 1, 1).await.unwrap();
    assert_eq!(positions(&page), (2..=51).collect::<Vec<_>>());
}

async fn reading_after_the_end_returns_nothing(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    commands_of_several_sizes(journal).await;
    for after in [11, 12, 1 << 40, i64::MAX as u64, u64::MAX] {
        assert_eq!(journal.read("m", after, 10).await.unwrap(), [], "after {after}");
        assert_eq!(journal.examine("m", after, 10).await.unwrap(), [], "after {after}");
        assert_eq!(journal.batches("m", after, usize::MAX).await.unwrap(), [], "after {after}");
        assert_eq!(journal.outcomes("m", after, u64::MAX).await.unwrap(), [], "from {after}");
    }
    assert_eq!(journal.read("unknown", 0, 10).await.unwrap(), []);
}

async fn a_stored_event_equals_the_sealed_event(fixture: &mut impl Fixture) {
    let mut writer = TestWriter::new("m");
    let commands = vec![
        Command::with_events(&[("a", "{\"sku\":\"ß\"}"), ("b", "")]).metadata("{\"actor\":\"żółw\"}").at(-5),
        Command::default().sealed_event("c", "{}", b"\0\xff").sealed_event("d", "{}", b"").at(i64::MAX),
    ];
    let batch = writer.write(fixture.journal(), commands).await;
    fixture.reopen().await;
    let events = all_events(fixture.journal(), "m").await;
    assert_eq!(events, batch.events());
    assert_eq!(events[0].metadata, events[1].metadata);
    assert_eq!(events[3].sealed.as_deref(), Some(&[][..]), "empty sealed data differs from no sealed data");
    let ids: BTreeSet<[u8; 16]> = events.iter().map(|event| event.event_id).collect();
    assert_eq!(ids.len(), events.len(), "event ids are unique");
}

async fn events_are_examined_one_by_one(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    commands_of_several_sizes(journal).await;
    let (mut examined, mut after) = (Vec::new(), 0);
    loop {
        let page = journal.examine("m", after, 2).await.unwrap();
        examined.extend(page.into_iter().map(|event| event.unwrap()));
        let last = examined.last().map_or(0, |event: &Event| event.position);
        if last == after {
            break;
        }
        after = last;
    }
    assert_eq!(examined, all_events(journal, "m").await);
}

async fn a_stream_is_read_in_order_without_other_streams(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    commands_of_several_sizes(journal).await;
    let found = async |name| positions(&journal.read_stream("m", name, u64::MAX).await.unwrap());
    assert_eq!(found("a").await, [1, 2, 3, 5, 6, 7, 8, 11]);
    assert_eq!(found("b").await, [4]);
    assert_eq!(found("A").await, [0; 0]);
    let versions: Vec<u64> =
        journal.read_stream("m", "a", 11).await.unwrap().iter().map(|event| event.version).collect();
    assert_eq!(versions, [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(journal.read_stream("n", "a", u64::MAX).await.unwrap(), []);
}

async fn reading_a_stream_up_to_the_middle_of_a_command_excludes_the_command(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = TestWriter::new("m");
    let both = Command::with_events(&[("a", "3"), ("b", "4"), ("a", "5"), ("b", "6")]);
    writer.write(journal, vec![Command::with_events(&[("a", "1"), ("b", "2")]), both]).await;
    for (up_to, expected) in
        [(0, vec![]), (1, vec![]), (2, vec![1]), (3, vec![1]), (5, vec![1]), (6, vec![1, 3, 5])]
    {
        let events = journal.read_stream("m", "a", up_to).await.unwrap();
        assert_eq!(positions(&events), expected, "up to {up_to}");
    }
}

async fn the_position_at_a_time_is_the_end_of_the_last_command_before_it(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    assert_eq!(journal.position_at("m", i64::MAX).await.unwrap(), 0);
    let mut writer = TestWriter::new("m");
    writer.write(journal, vec![Command::events("a", 2).at(10), Command::events("a", 3).at(20)]).await;
    writer.write(journal, vec![Command::rejected("no").at(25)]).await;
    writer.write(journal, vec![Command::events("b", 1).at(30), Command::events("b", 2).at(30)]).await;
    let times = [(i64::MIN, 0), (9, 0), (10, 2), (19, 2), (20, 5), (29, 5), (30, 8), (i64::MAX, 8)];
    for (time, position) in times {
        assert_eq!(journal.position_at("m", time).await.unwrap(), position, "at {time}");
    }
    assert_eq!(journal.position_at("n", i64::MAX).await.unwrap(), 0);
}

async fn batches_are_read_in_pages(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = TestWriter::new("m");
    let mut sealed = Vec::new();
    for count in [1, 0, 2, 3] {
        let refused = Command::rejected(&format!("{count}"));
        let batch = writer.write(journal, vec![Command::events("a", count), refused]).await;
        sealed.extend(batch.summary);
    }
    for limit in 1..=5 {
        let mut read = Vec::new();
        while let [_, ..] = &journal.batches("m", read.len() as u64, limit).await.unwrap()[..] {
            read.extend(journal.batches("m", read.len() as u64, limit).await.unwrap());
        }
        assert_eq!(read, sealed, "pages of {limit}");
    }
    assert_eq!(journal.batches("m", 1, 2).await.unwrap(), sealed[1..3]);
    let ranges: Vec<_> = sealed.iter().map(|batch| (batch.first_position, batch.last_position)).collect();
    assert_eq!(ranges, [(1, 1), (2, 1), (2, 3), (4, 6)]);
}

async fn large_payloads_are_read_in_smaller_pages_without_loss(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = TestWriter::new("m");
    for index in 0..6_u8 {
        let payload = vec![b'a' + index; 9 << 20];
        writer.write(journal, vec![Command::default().event("a", &payload).event("a", &payload)]).await;
    }
    let mut read = Vec::new();
    loop {
        let page = journal.read("m", read.len() as u64, 1_000).await.unwrap();
        if page.is_empty() {
            break;
        }
        assert_eq!(page.last().unwrap().position, page.last().unwrap().command_end);
        read.extend(page.iter().map(|event| (event.position, event.payload[0], event.payload.len())));
    }
    let expected: Vec<_> = (0..12_u8).map(|i| (u64::from(i) + 1, b'a' + i / 2, 9 << 20)).collect();
    assert_eq!(read, expected);
    assert_eq!(verified(journal, "m").await.events, 12, "verification reads such pages too");
}

async fn a_payload_of_5_megabytes_is_stored(fixture: &mut impl Fixture) {
    let payload: Vec<u8> = (0..5 << 20).map(|index: u32| (index % 251) as u8).collect();
    let mut writer = TestWriter::new("m");
    let command =
        Command::events("a", 1).event("a", &payload).sealed_event("a", "{}", &payload).accepted("key");
    let batch = writer.write(fixture.journal(), vec![command]).await;
    fixture.reopen().await;
    let events = all_events(fixture.journal(), "m").await;
    assert!(events == batch.events(), "the read events differ from the written ones");
    assert!(events[1].payload == payload);
    assert!(events[2].sealed.as_ref() == Some(&payload));
    assert_clean(fixture.journal(), "m", 3).await;
}

async fn a_command_of_1000_events_is_stored(fixture: &mut impl Fixture) {
    let mut writer = TestWriter::new("m");
    writer.write(fixture.journal(), vec![Command::events("a", 1_000).accepted("key")]).await;
    fixture.reopen().await;
    let events = fixture.journal().read("m", 0, 1).await.unwrap();
    assert_eq!(events.len(), 1_000);
    let expected: Vec<String> = (0..1_000).map(|index| format!("{index}")).collect();
    assert_eq!(payloads(&events), expected);
    assert!(events.iter().all(|event| event.command_end == 1_000));
    assert_clean(fixture.journal(), "m", 1_000).await;
}
