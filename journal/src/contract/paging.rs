//! Streams page by page: however long they are, a page is bounded, and the pages add up to the stream.

use super::{Fixture, for_every_journal};
use crate::testing::{Command, Scribe, positions};
use crate::{Event, Journal};

for_every_journal!(
    pages_of_a_stream_add_up_to_the_stream,
    a_page_of_a_stream_ends_before_the_command_that_goes_beyond_the_position,
    a_stream_that_is_not_there_has_no_pages,
    a_stream_of_large_payloads_loses_nothing_page_by_page,
);

async fn commands_on_two_streams(journal: &dyn Journal) {
    let mut scribe = Scribe::of("m");
    let both = Command::recording(&[("a", "5"), ("b", "6"), ("a", "7"), ("b", "8")]);
    scribe.write(journal, vec![Command::events("a", 3), Command::events("b", 1), both]).await;
    scribe.write(journal, vec![Command::events("a", 2), Command::events("b", 1)]).await;
}

/// Every page of a stream up to a position.
async fn pages(journal: &dyn Journal, name: &str, up_to: u64, most: usize) -> Vec<Vec<Event>> {
    let (mut pages, mut after) = (Vec::new(), 0);
    loop {
        let page = journal.read_stream_page("m", name, after, up_to, most).await.unwrap();
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
        for most in 1..=8 {
            let pages = pages(journal, name, u64::MAX, most).await;
            let full = pages.iter().take(pages.len() - 1).all(|page| page.len() == most);
            assert!(full && pages.iter().all(|page| page.len() <= most), "pages of {most}");
            assert_eq!(pages.concat(), whole, "pages of {most}");
        }
    }
    assert_eq!(journal.read_stream_page("m", "a", 0, u64::MAX, 0).await.unwrap(), []);
    for after in [7, 8, i64::MAX as u64, u64::MAX] {
        let behind = journal.read_stream_page("m", "a", after, u64::MAX, 10).await.unwrap();
        assert_eq!(behind, [], "behind version {after}");
    }
}

async fn a_page_of_a_stream_ends_before_the_command_that_goes_beyond_the_position(
    fixture: &mut impl Fixture,
) {
    let journal = fixture.journal();
    commands_on_two_streams(journal).await;
    let whole = [1, 2, 3, 5, 7, 9, 10];
    for (up_to, count) in [(0, 0), (2, 0), (3, 3), (7, 3), (8, 5), (9, 5), (10, 7), (u64::MAX, 7)] {
        for most in 1..=8 {
            let found = pages(journal, "a", up_to, most).await.concat();
            assert_eq!(positions(&found), whole[..count], "up to {up_to} by {most}");
        }
    }
}

async fn a_stream_that_is_not_there_has_no_pages(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    commands_on_two_streams(journal).await;
    for (merchant, name) in [("m", "A"), ("m", ""), ("n", "a")] {
        assert_eq!(journal.read_stream_page(merchant, name, 0, u64::MAX, 10).await.unwrap(), []);
    }
}

async fn a_stream_of_large_payloads_loses_nothing_page_by_page(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut scribe = Scribe::of("m");
    for index in 0..6_u8 {
        let payload = vec![b'a' + index; 9 << 20];
        scribe.write(journal, vec![Command::default().event("a", &payload)]).await;
    }
    let read: Vec<u64> =
        pages(journal, "a", u64::MAX, 1_000).await.iter().flat_map(|page| positions(page)).collect();
    assert_eq!(read, [1, 2, 3, 4, 5, 6]);
}
