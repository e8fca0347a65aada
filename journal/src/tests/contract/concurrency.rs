//! Several nodes: concurrent appends.

use std::sync::Arc;

use futures::future::join_all;

use super::{Fixture, for_every_journal};
use crate::tests::support::{Command, TestWriter, append, assert_clean};
use crate::{AppendError, Batch};

for_every_journal!(
    one_of_many_concurrent_first_appends_is_written,
    one_of_many_concurrent_appends_on_one_head_is_written,
    appends_of_the_same_merchants_in_opposite_orders_do_not_deadlock,
    an_epoch_raised_during_an_append_fences_it_or_follows_it,
);

/// The number of concurrent appends.
const RACERS: usize = 8;

async fn race(fixture: &impl Fixture, writer: &mut TestWriter) {
    let mut batches = Vec::new();
    for racer in 0..RACERS {
        batches.push(
            writer.seal(vec![Command::events("a", 1).accepted(&format!("{}-{racer}", writer.head.batch))]),
        );
    }
    let results = join_all(batches.iter().map(|batch| append(fixture.journal(), batch))).await;
    let won: Vec<usize> = (0..RACERS).filter(|racer| results[*racer].is_ok()).collect();
    assert_eq!(won.len(), 1, "{results:?}");
    let lost = results.iter().filter(|result| matches!(result, Err(AppendError::HeadMoved(_)))).count();
    assert_eq!(lost, RACERS - 1, "{results:?}");
    writer.prepare(vec![Command::events("a", 1)]);
    writer.head = *batches[won[0]].next();
    assert_eq!(fixture.journal().head("m").await.unwrap(), writer.head);
}

async fn one_of_many_concurrent_first_appends_is_written(fixture: &mut impl Fixture) {
    race(fixture, &mut TestWriter::new("m")).await;
    assert_clean(fixture.journal(), "m", 1).await;
}

async fn one_of_many_concurrent_appends_on_one_head_is_written(fixture: &mut impl Fixture) {
    let mut writer = TestWriter::new("m");
    for _ in 0..10 {
        race(fixture, &mut writer).await;
    }
    assert_clean(fixture.journal(), "m", 10).await;
}

async fn appends_of_the_same_merchants_in_opposite_orders_do_not_deadlock(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writers: Vec<TestWriter> = (0..6).map(|number| TestWriter::new(&format!("m{number}"))).collect();
    for _ in 0..20 {
        let mut seal = || -> Vec<Batch> {
            writers.iter_mut().map(|writer| writer.seal(vec![Command::events("a", 1)])).collect()
        };
        let (there, mut back) = (seal(), seal());
        back.reverse();
        let (there, back): (Arc<[Batch]>, Arc<[Batch]>) = (there.into(), back.into());
        let (first, mut second) = tokio::join!(journal.append(&there), journal.append(&back));
        second.reverse();
        for (number, writer) in writers.iter_mut().enumerate() {
            let results = [&first[number], &second[number]];
            assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
            let moved = |result: &&&Result<_, _>| matches!(result, Err(AppendError::HeadMoved(_)));
            assert_eq!(results.iter().filter(moved).count(), 1, "{results:?}");
            writer.prepare(vec![Command::events("a", 1)]);
            writer.head = journal.head(&format!("m{number}")).await.unwrap();
        }
    }
    for number in 0..6 {
        assert_clean(journal, &format!("m{number}"), 20).await;
    }
}

async fn an_epoch_raised_during_an_append_fences_it_or_follows_it(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = TestWriter::new("m");
    writer.write(journal, vec![Command::events("a", 1)]).await;
    for _ in 0..20 {
        let batch = writer.seal(vec![Command::events("a", 1)]);
        let (appended, raised) = tokio::join!(append(journal, &batch), journal.raise_epoch("m"));
        let raised = raised.unwrap();
        assert_eq!(raised.epoch, writer.head.epoch + 1);
        match appended {
            Ok(()) => {
                assert_eq!(raised.hash, batch.next().hash, "the epoch of the appended head was raised");
                writer.prepare(vec![Command::events("a", 1)]);
            }
            Err(AppendError::HeadMoved(head)) => assert_eq!(*head, raised),
            Err(other) => panic!("{other}"),
        }
        writer.head = raised;
        assert_eq!(journal.head("m").await.unwrap(), raised);
    }
    assert_clean(journal, "m", writer.head.position).await;
}
