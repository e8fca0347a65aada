//! Reading streams page by page: the size of a page is limited, and the pages add up to the stream.

use super::{Fixture, for_every_journal};
use crate::tests::support::{Command, TestWriter, positions};
use crate::{Event, Journal};

for_every_journal!(
    pages_of_a_stream_add_up_to_the_stream,
    a_page_of_a_stream_ends_before_a_command_that_exceeds_the_position,
    a_stream_that_does_not_exist_has_no_pages,
    a_stream_of_large_payloads_is_read_page_by_page_without_loss,
);

async fn commands_on_two_streams(journal: &dyn Journal) {
    let mut writer = TestWriter::new("m");
    let both = Command::with_events(&[("a", "5"), ("b", "6"), ("a", "7"), ("b", "8")]);
    writer.write(journal, vec![Command::events("a", 3), Command::events("b", 1), both]).await;
    writer.write(journal, vec![Command::events("a", 2), Command::events("b", 1)]).await;
}

/// Reads all pages of a stream up to a position.
async fn pages(journal: &dyn Journal, name: &str, up_to: u64, limit: usize) -> Vec<Vec<Event>> {
    let (mut pages, mut after) = (Vec::new(), 0);
    loop {
        let page = journal.read_stream_page("m", name, after, up_to, limit).await.unwrap();
        let Some(last) = page.last() else { return pages };
        after = last.version;
        pages.push(page);
    }
}

async fn pages_of_a_stream_add_up_to_the_stream(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    commands_on_two_streams(journal).await;
    for name in ["a", "b"] {
        let whole = journal.read_stream("m", name, u64::MAX).await.unwrap();
        for limit in 1..=8 {
            let pages = pages(journal, name, u64::MAX, limit).await;
            let full = pages.iter().take(pages.len() - 1).all(|page| page.len() == limit);
            assert!(full && pages.iter().all(|page| page.len() <= limit), "pages of {limit}");
            assert_eq!(pages.concat(), whole, "pages of {limit}");
        }
    }
    assert_eq!(journal.read_stream_page("m", "a", 0, u64::MAX, 0).await.unwrap(), []);
    for after in [7, 8, i64::MAX as u64, u64::MAX] {
        let page = journal.read_stream_page("m", "a", after, u64::MAX, 10).await.unwrap();
        assert_eq!(page, [], "after version {after}");
    }
}

async fn a_page_of_a_stream_ends_before_a_command_that_exceeds_the_position(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    commands_on_two_streams(journal).await;
    let whole = [1, 2, 3, 5, 7, 9, 10];
    for (up_to, count) in [(0, 0), (2, 0), (3, 3), (7, 3), (8, 5), (9, 5), (10, 7), (u64::MAX, 7)] {
        for limit in 1..=8 {
            let found = pages(journal, "a", up_to, limit).await.concat();
            assert_eq!(positions(&found), whole[..count], "up to {up_to} by {limit}");
        }
    }
}

async fn a_stream_that_does_not_exist_has_no_pages(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    commands_on_two_streams(journal).await;
    for (merchant, name) in [("m", "A"), ("m", ""), ("n", "a")] {
        assert_eq!(journal.read_stream_page(merchant, name, 0, u64::MAX, 10).await.unwrap(), []);
    }
}

async fn a_stream_of_large_payloads_is_read_page_by_page_without_loss(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = TestWriter::new("m");
    for index in 0..6_u8 {
        let payload = vec![b'a' + index; 9 << 20];
        writer.write(journal, vec![Command::default().event("a", &payload)]).await;
    }
    let read: Vec<u64> =
        pages(journal, "a", u64::MAX, 1_000).await.iter().flat_map(|page| positions(page)).collect();
    assert_eq!(read, [1, 2, 3, 4, 5, 6]);
}
