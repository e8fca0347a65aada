//! Several nodes at once: appends that overlap in time.

use std::sync::Arc;

use futures::future::join_all;

use super::{Fixture, for_every_journal};
use crate::testing::{Command, Scribe, append, assert_clean};
use crate::{AppendError, Batch};

for_every_journal!(
    of_many_first_appends_at_once_exactly_one_is_written,
    of_many_appends_on_one_head_at_once_exactly_one_is_written,
    appends_of_the_same_merchants_in_opposite_orders_do_not_lock_each_other_out,
    an_epoch_raised_meanwhile_fences_or_follows,
);

const RACERS: usize = 8;

async fn race(fixture: &impl Fixture, scribe: &mut Scribe) {
    let mut batches = Vec::new();
    for racer in 0..RACERS {
        batches.push(
            scribe.seal(vec![Command::events("a", 1).granted(&format!("{}-{racer}", scribe.head.batch))]),
        );
    }
    let results = join_all(batches.iter().map(|batch| append(fixture.journal(), batch))).await;
    let won: Vec<usize> = (0..RACERS).filter(|racer| results[*racer].is_ok()).collect();
    assert_eq!(won.len(), 1, "{results:?}");
    let lost = results.iter().filter(|result| matches!(result, Err(AppendError::HeadMoved(_)))).count();
    assert_eq!(lost, RACERS - 1, "{results:?}");
    scribe.prepare(vec![Command::events("a", 1)]);
    scribe.head = *batches[won[0]].next();
    assert_eq!(fixture.journal().head("m").await.unwrap(), scribe.head);
}

async fn of_many_first_appends_at_once_exactly_one_is_written(fixture: &mut impl Fixture) {
    race(fixture, &mut Scribe::of("m")).await;
    assert_clean(fixture.journal(), "m", 1).await;
}

async fn of_many_appends_on_one_head_at_once_exactly_one_is_written(fixture: &mut impl Fixture) {
    let mut scribe = Scribe::of("m");
    for _ in 0..10 {
        race(fixture, &mut scribe).await;
    }
    assert_clean(fixture.journal(), "m", 10).await;
}

async fn appends_of_the_same_merchants_in_opposite_orders_do_not_lock_each_other_out(
    fixture: &mut impl Fixture,
) {
    let journal = fixture.journal();
    let mut scribes: Vec<Scribe> = (0..6).map(|number| Scribe::of(&format!("m{number}"))).collect();
    for _ in 0..20 {
        let mut seal = || -> Vec<Batch> {
            scribes.iter_mut().map(|scribe| scribe.seal(vec![Command::events("a", 1)])).collect()
        };
        let (there, mut back) = (seal(), seal());
        back.reverse();
        let (there, back): (Arc<[Batch]>, Arc<[Batch]>) = (there.into(), back.into());
        let (first, mut second) = tokio::join!(journal.append(&there), journal.append(&back));
        second.reverse();
        for (number, scribe) in scribes.iter_mut().enumerate() {
            let results = [&first[number], &second[number]];
            assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
            let moved = |result: &&&Result<_, _>| matches!(result, Err(AppendError::HeadMoved(_)));
            assert_eq!(results.iter().filter(moved).count(), 1, "{results:?}");
            scribe.prepare(vec![Command::events("a", 1)]);
            scribe.head = journal.head(&format!("m{number}")).await.unwrap();
        }
    }
    for number in 0..6 {
        assert_clean(journal, &format!("m{number}"), 20).await;
    }
}

async fn an_epoch_raised_meanwhile_fences_or_follows(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut scribe = Scribe::of("m");
    scribe.write(journal, vec![Command::events("a", 1)]).await;
    for _ in 0..20 {
        let batch = scribe.seal(vec![Command::events("a", 1)]);
        let (appended, raised) = tokio::join!(append(journal, &batch), journal.raise_epoch("m"));
        let raised = raised.unwrap();
        assert_eq!(raised.epoch, scribe.head.epoch + 1);
        match appended {
            Ok(()) => {
                assert_eq!(raised.hash, batch.next().hash, "what was raised is what was written");
                scribe.prepare(vec![Command::events("a", 1)]);
            }
            Err(AppendError::HeadMoved(head)) => assert_eq!(*head, raised),
            Err(other) => panic!("{other}"),
        }
        scribe.head = raised;
        assert_eq!(journal.head("m").await.unwrap(), raised);
    }
    assert_clean(journal, "m", scribe.head.position).await;
}
