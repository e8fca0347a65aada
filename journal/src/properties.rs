//! Whatever is appended in whatever order: every journal says the same of it, and nothing that was written is doubted.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use crate::testing::{Command, Scribe, all_events, outcome_key, verified};
use crate::{
    AppendError, Batch, ClaimKey, Event, Hash, Head, Journal, LoadRequest, MemoryJournal, OutcomeKind,
    SqliteJournal,
};

const MERCHANTS: [&str; 3] = ["a", "b", "c"];
const STREAMS: [&str; 4] = ["order-1", "order-2", "sku", "network"];
const NAMES: [&str; 5] = ["1", "2", "3", "4", "5"];

/// What a batch is decided on.
#[derive(Debug, Clone)]
enum On {
    /// The head as it is.
    Known,
    /// The head as it was some batches ago.
    Older(usize),
    /// A head that differs in one respect.
    OtherHash,
    OtherEpoch,
    OtherPosition,
    /// A head that the journal has not reached.
    Ahead,
}

#[derive(Debug, Clone)]
enum Step {
    /// One call, with a batch for each of some merchants.
    Append(Vec<(usize, On, Vec<Command>)>),
    RaiseEpoch(usize),
    Prune(i64),
}

fn name() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(NAMES.to_vec())
}

fn outcome() -> impl Strategy<Value = (&'static str, OutcomeKind)> {
    // Few keys, so that they collide, with many that do not.
    let kinds = [OutcomeKind::Created, OutcomeKind::Done, OutcomeKind::Refused];
    (name(), proptest::sample::select(kinds.to_vec()))
}

fn command() -> impl Strategy<Value = Command> {
    let events = vec((proptest::sample::select(STREAMS.to_vec()), any::<[u8; 3]>(), any::<bool>()), 0..4);
    let sometimes = || proptest::option::weighted(0.15, name());
    (events, proptest::option::weighted(0.4, outcome()), sometimes(), sometimes(), sometimes()).prop_map(
        |(events, outcome, claim, kept, erased)| {
            let mut command = Command::default();
            for (stream, payload, sealed) in events {
                command = if sealed {
                    command.sealed_event(stream, "{}", &payload)
                } else {
                    command.event(stream, payload)
                };
            }
            if let Some((key, kind)) = outcome {
                command = command.outcome("shop", key, kind, "answer");
            }
            if let Some(value) = claim {
                command = command.claiming("reference", value, STREAMS[0]);
            }
            if let Some(subject) = kept {
                command = command.keeping(subject, b"key");
            }
            if let Some(subject) = erased {
                command = command.erasing(subject);
            }
            command
        },
    )
}

fn on() -> impl Strategy<Value = On> {
    prop_oneof![
        12 => Just(On::Known),
        2 => (0..4_usize).prop_map(On::Older),
        1 => Just(On::OtherHash),
        1 => Just(On::OtherEpoch),
        1 => Just(On::OtherPosition),
        1 => Just(On::Ahead),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let batches = proptest::sample::subsequence((0..MERCHANTS.len()).collect::<Vec<_>>(), 1..=3)
        .prop_flat_map(|merchants| {
            let batch = |merchant| (Just(merchant), on(), vec(command(), 0..4));
            merchants.into_iter().map(batch).collect::<Vec<_>>()
        });
    prop_oneof![
        12 => batches.prop_map(Step::Append),
        1 => (0..MERCHANTS.len()).prop_map(Step::RaiseEpoch),
        1 => (0..30_i64).prop_map(Step::Prune),
    ]
}

/// A merchant's scribe now and as it was after each batch.
struct Writer {
    now: Scribe,
    before: Vec<Scribe>,
}

impl Writer {
    /// Seals a batch, with the scribe as it will be if that is appended.
    fn seal(&mut self, on: &On, commands: Vec<Command>) -> (Batch, Option<Scribe>) {
        let head = self.now.head;
        let elsewhere = |head: Head, scribe: &mut Scribe, commands| (scribe.seal_on(head, commands), None);
        let with = |scribe: &Scribe, commands| {
            let mut next = scribe.clone();
            (next.prepare(commands), Some(next))
        };
        match on {
            On::Known => with(&self.now, commands),
            // Where nothing was written since, that is the head as it is.
            On::Older(ago) => with(self.before.iter().rev().nth(*ago).unwrap_or(&self.now), commands),
            On::OtherHash => elsewhere(Head { hash: Hash([9; 32]), ..head }, &mut self.now, commands),
            On::OtherEpoch => elsewhere(Head { epoch: head.epoch + 1, ..head }, &mut self.now, commands),
            On::OtherPosition => {
                elsewhere(Head { position: head.position + 1, ..head }, &mut self.now, commands)
            }
            On::Ahead => {
                let mut ahead = self.now.clone();
                ahead.prepare(vec![Command::events("order-1", 1)]);
                (ahead.seal(commands), None)
            }
        }
    }
}

/// What became of an append, without the words of the refusal: each store has its own.
fn said(result: &Result<(), AppendError>) -> String {
    match result {
        Err(AppendError::Refused(_)) => "refused".to_owned(),
        other => format!("{other:?}"),
    }
}

async fn take(step: Step, time: i64, writers: &mut [Writer], memory: &MemoryJournal, sqlite: &SqliteJournal) {
    match step {
        Step::Append(batches) => {
            let (mut sealed, mut next) = (Vec::new(), Vec::new());
            for (merchant, on, commands) in batches {
                let commands = commands.into_iter().map(|command| command.at(time)).collect();
                let (batch, scribe) = writers[merchant].seal(&on, commands);
                sealed.push(batch);
                next.push((merchant, scribe));
            }
            let results = sqlite.append(&sealed.clone().into()).await;
            let said_of = |results: &[_]| results.iter().map(said).collect::<Vec<_>>();
            assert_eq!(said_of(&memory.append(&sealed.clone().into()).await), said_of(&results));
            for ((merchant, scribe), result) in next.into_iter().zip(&results) {
                let Writer { now, before } = &mut writers[merchant];
                if let (Some(scribe), Ok(())) = (scribe, result) {
                    before.push(std::mem::replace(now, scribe));
                }
            }
        }
        Step::RaiseEpoch(merchant) => {
            let raised = sqlite.raise_epoch(MERCHANTS[merchant]).await.unwrap();
            assert_eq!(memory.raise_epoch(MERCHANTS[merchant]).await.unwrap(), raised);
            writers[merchant].now.head = raised;
        }
        Step::Prune(before) => {
            let pruned = sqlite.prune_refusals(before).await.unwrap();
            assert_eq!(memory.prune_refusals(before).await.unwrap(), pruned);
        }
    }
}

async fn assert_same(memory: &MemoryJournal, sqlite: &SqliteJournal, merchant: &str, head: Head, kept: i64) {
    assert_eq!(memory.head(merchant).await.unwrap(), head);
    assert_eq!(sqlite.head(merchant).await.unwrap(), head);
    let events = all_events(sqlite, merchant).await;
    assert_eq!(all_events(memory, merchant).await, events);
    assert_eq!(events.len() as u64, head.position);
    let batches = sqlite.batches(merchant, 0, usize::MAX).await.unwrap();
    assert_eq!(memory.batches(merchant, 0, usize::MAX).await.unwrap(), batches);
    let outcomes = sqlite.outcomes(merchant, 0, u64::MAX).await.unwrap();
    assert_eq!(memory.outcomes(merchant, 0, u64::MAX).await.unwrap(), outcomes);
    let request = LoadRequest {
        streams: STREAMS.map(Into::into).to_vec(),
        claims: NAMES.map(|value| ClaimKey { kind: "reference", value: value.into() }).to_vec(),
        outcomes: NAMES.map(|key| outcome_key("shop", key)).to_vec(),
    };
    let loaded = sqlite.load(merchant, &request).await.unwrap();
    assert_eq!(memory.load(merchant, &request).await.unwrap(), loaded);
    for subject in NAMES {
        let key = sqlite.subject_key(merchant, subject).await.unwrap();
        assert_eq!(memory.subject_key(merchant, subject).await.unwrap(), key);
    }
    for journal in [memory as &dyn Journal, sqlite] {
        let verification = crate::verify(journal, merchant, kept, |_| {}).await.unwrap();
        assert_eq!((verification.findings, verification.events), (vec![], head.position));
    }
}

async fn run(steps: Vec<Step>) {
    let directory = tempfile::tempdir().unwrap();
    let (memory, sqlite) = (MemoryJournal::new(), SqliteJournal::open(directory.path()).unwrap());
    let mut writers = MERCHANTS.map(|merchant| Writer { now: Scribe::of(merchant), before: Vec::new() });
    let mut kept = i64::MIN;
    for (time, step) in (0..).zip(steps) {
        if let Step::Prune(before) = step {
            kept = kept.max(before);
        }
        take(step, time, &mut writers, &memory, &sqlite).await;
    }
    assert_eq!(memory.heads().await.unwrap(), sqlite.heads().await.unwrap());
    for (merchant, writer) in MERCHANTS.into_iter().zip(&writers) {
        assert_same(&memory, &sqlite, merchant, writer.now.head, kept).await;
    }
}

/// An event without what depends on the batch that it was written with.
fn essence(event: Event) -> Event {
    Event { event_id: [0; 16], batch: 0, hash: Hash::default(), ..event }
}

/// Writes commands in batches of these sizes, the rest in one.
async fn written_in(commands: &[Command], sizes: &[usize]) -> MemoryJournal {
    let journal = MemoryJournal::new();
    let mut scribe = Scribe::of("a");
    let mut rest = commands;
    for size in sizes {
        let (batch, after) = rest.split_at((*size).min(rest.len()));
        scribe.write(&journal, batch.to_vec()).await;
        rest = after;
    }
    scribe.write(&journal, rest.to_vec()).await;
    assert!(verified(&journal, "a").await.is_clean());
    journal
}

/// Commands that nothing refuses: every key is used once.
fn acceptable() -> impl Strategy<Value = Vec<Command>> {
    let events = vec((proptest::sample::select(STREAMS.to_vec()), any::<[u8; 3]>()), 0..4);
    vec((events, proptest::option::of(any::<bool>())), 0..20).prop_map(|commands| {
        let number = |(index, (events, keyed)): (usize, (Vec<_>, Option<bool>))| {
            let command = events
                .into_iter()
                .fold(Command::default(), |command, (stream, payload)| command.event(stream, payload));
            match keyed {
                Some(true) => command.granted(&format!("{index}")),
                Some(false) => command.granted(&format!("{index}")).keeping(&format!("{index}"), b"key"),
                None => command,
            }
        };
        commands.into_iter().enumerate().map(number).collect()
    })
}

fn block_on(future: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_journal_gives_the_same_results_and_is_clean(steps in vec(step(), 1..24)) {
        block_on(run(steps));
    }

    #[test]
    fn any_split_into_batches_gives_the_same_events(
        commands in acceptable(),
        sizes in vec(0..6_usize, 0..8),
    ) {
        block_on(async {
            let (whole, split) = (written_in(&commands, &[]).await, written_in(&commands, &sizes).await);
            let events = async |journal: &MemoryJournal| {
                all_events(journal, "a").await.into_iter().map(essence).collect::<Vec<_>>()
            };
            assert_eq!(events(&whole).await, events(&split).await);
            let answers = async |journal: &MemoryJournal| {
                let outcomes = journal.outcomes("a", 0, u64::MAX).await.unwrap();
                let answer = |o: crate::Outcome| (o.key, (o.first_position, o.last_position, o.kind, o.answer));
                outcomes.into_iter().map(answer).collect::<BTreeMap<_, _>>()
            };
            assert_eq!(answers(&whole).await, answers(&split).await);
        });
    }
}
