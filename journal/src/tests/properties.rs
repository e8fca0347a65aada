//! Random sequences of appends: all journals give the same results, and verification finds no damage.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use crate::test_support::MemoryJournal;
use crate::tests::support::{Command, TestWriter, all_events, outcome_key, verified};
use crate::{
    AppendError, Batch, ClaimKey, Event, EventLog as _, Hash, Head, Journal, LoadRequest, OutcomeKind,
    SqliteJournal,
};

const MERCHANTS: [&str; 3] = ["a", "b", "c"];
const STREAMS: [&str; 4] = ["order-1", "order-2", "sku", "network"];
const NAMES: [&str; 5] = ["1", "2", "3", "4", "5"];

/// The head that a batch is decided on.
#[derive(Debug, Clone)]
enum On {
    /// The current head.
    Current,
    /// The head before the last batches.
    Older(usize),
    /// The current head with one difference.
    OtherHash,
    OtherEpoch,
    OtherPosition,
    /// A later head.
    Later,
}

#[derive(Debug, Clone)]
enum Step {
    /// One append, with a batch for each of some merchants.
    Append(Vec<(usize, On, Vec<Command>)>),
    RaiseEpoch(usize),
    Prune(i64),
}

fn name() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(NAMES.to_vec())
}

fn outcome() -> impl Strategy<Value = (&'static str, OutcomeKind)> {
    // Few different keys, so that some collide.
    let kinds = [OutcomeKind::Created, OutcomeKind::Done, OutcomeKind::Refused];
    (name(), proptest::sample::select(kinds.to_vec()))
}

fn command() -> impl Strategy<Value = Command> {
    let events = vec((proptest::sample::select(STREAMS.to_vec()), any::<[u8; 3]>(), any::<bool>()), 0..4);
    let sometimes = || proptest::option::weighted(0.15, name());
    (events, proptest::option::weighted(0.4, outcome()), sometimes(), sometimes(), sometimes()).prop_map(
        |(events, outcome, claim, created, destroyed)| {
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
                command = command.claim("reference", value, STREAMS[0]);
            }
            if let Some(subject) = created {
                command = command.create_key(subject, b"key");
            }
            if let Some(subject) = destroyed {
                command = command.destroy_key(subject);
            }
            command
        },
    )
}

fn on() -> impl Strategy<Value = On> {
    prop_oneof![
        12 => Just(On::Current),
        2 => (0..4_usize).prop_map(On::Older),
        1 => Just(On::OtherHash),
        1 => Just(On::OtherEpoch),
        1 => Just(On::OtherPosition),
        1 => Just(On::Later),
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

/// A merchant's writer now, and before each of its batches.
struct Writer {
    now: TestWriter,
    before: Vec<TestWriter>,
}

impl Writer {
    /// Seals a batch. Returns it with the writer after its append.
    fn seal(&mut self, on: &On, commands: Vec<Command>) -> (Batch, Option<TestWriter>) {
        let head = self.now.head;
        let elsewhere =
            |head: Head, writer: &mut TestWriter, commands| (writer.seal_on(head, commands), None);
        let with = |writer: &TestWriter, commands| {
            let mut next = writer.clone();
            (next.prepare(commands), Some(next))
        };
        match on {
            On::Current => with(&self.now, commands),
            // The current head if there are not so many batches.
            On::Older(ago) => with(self.before.iter().rev().nth(*ago).unwrap_or(&self.now), commands),
            On::OtherHash => elsewhere(Head { hash: Hash([9; 32]), ..head }, &mut self.now, commands),
            On::OtherEpoch => elsewhere(Head { epoch: head.epoch + 1, ..head }, &mut self.now, commands),
            On::OtherPosition => {
                elsewhere(Head { position: head.position + 1, ..head }, &mut self.now, commands)
            }
            On::Later => {
                let mut later = self.now.clone();
                later.prepare(vec![Command::events("order-1", 1)]);
                (later.seal(commands), None)
            }
        }
    }
}

/// Describes the result of an append, without the reason of a rejection, which differs between stores.
fn describe(result: &Result<(), AppendError>) -> String {
    match result {
        Err(AppendError::Refused(_)) => "rejected".to_owned(),
        other => format!("{other:?}"),
    }
}

async fn execute(step: Step, time: i64, writers: &mut [Writer], memory: &dyn Journal, sqlite: &dyn Journal) {
    match step {
        Step::Append(batches) => {
            let (mut sealed, mut next) = (Vec::new(), Vec::new());
            for (merchant, on, commands) in batches {
                let commands = commands.into_iter().map(|command| command.at(time)).collect();
                let (batch, writer) = writers[merchant].seal(&on, commands);
                sealed.push(batch);
                next.push((merchant, writer));
            }
            let results = sqlite.append(&sealed.clone().into()).await;
            let describe_all = |results: &[_]| results.iter().map(describe).collect::<Vec<_>>();
            assert_eq!(describe_all(&memory.append(&sealed.clone().into()).await), describe_all(&results));
            for ((merchant, writer), result) in next.into_iter().zip(&results) {
                let Writer { now, before } = &mut writers[merchant];
                if let (Some(writer), Ok(())) = (writer, result) {
                    before.push(std::mem::replace(now, writer));
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

async fn assert_same(
    memory: &dyn Journal,
    sqlite: &dyn Journal,
    merchant: &str,
    head: Head,
    refusals_kept_since: i64,
) {
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
    for journal in [memory, sqlite] {
        let verification = crate::verify(journal, merchant, refusals_kept_since, |_| {}).await.unwrap();
        assert_eq!((verification.findings, verification.events), (vec![], head.position));
    }
}

async fn run(steps: Vec<Step>) {
    let directory = tempfile::tempdir().unwrap();
    let (memory, sqlite) = (MemoryJournal::new(), SqliteJournal::open(directory.path()).unwrap());
    let mut writers = MERCHANTS.map(|merchant| Writer { now: TestWriter::new(merchant), before: Vec::new() });
    let mut refusals_kept_since = i64::MIN;
    for (time, step) in (0..).zip(steps) {
        if let Step::Prune(before) = step {
            refusals_kept_since = refusals_kept_since.max(before);
        }
        execute(step, time, &mut writers, &memory, &sqlite).await;
    }
    assert_eq!(memory.heads().await.unwrap(), sqlite.heads().await.unwrap());
    for (merchant, writer) in MERCHANTS.into_iter().zip(&writers) {
        assert_same(&memory, &sqlite, merchant, writer.now.head, refusals_kept_since).await;
    }
}

/// An event without the fields that depend on its batch.
fn without_batch(event: Event) -> Event {
    Event { event_id: [0; 16], batch: 0, hash: Hash::default(), ..event }
}

/// Writes commands in batches of these sizes, and the rest in one batch.
async fn written_in(commands: &[Command], sizes: &[usize]) -> MemoryJournal {
    let journal = MemoryJournal::new();
    let mut writer = TestWriter::new("a");
    let mut rest = commands;
    for size in sizes {
        let (batch, after) = rest.split_at((*size).min(rest.len()));
        writer.write(&journal, batch.to_vec()).await;
        rest = after;
    }
    writer.write(&journal, rest.to_vec()).await;
    assert!(verified(&journal, "a").await.is_clean());
    journal
}

/// Commands that are never rejected: every key is used once.
fn acceptable() -> impl Strategy<Value = Vec<Command>> {
    let events = vec((proptest::sample::select(STREAMS.to_vec()), any::<[u8; 3]>()), 0..4);
    vec((events, proptest::option::of(any::<bool>())), 0..20).prop_map(|commands| {
        let number = |(index, (events, keyed)): (usize, (Vec<_>, Option<bool>))| {
            let command = events
                .into_iter()
                .fold(Command::default(), |command, (stream, payload)| command.event(stream, payload));
            match keyed {
                Some(true) => command.accepted(&format!("{index}")),
                Some(false) => command.accepted(&format!("{index}")).create_key(&format!("{index}"), b"key"),
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
    fn all_journals_give_the_same_results_and_are_undamaged(steps in vec(step(), 1..24)) {
        block_on(run(steps));
    }

    #[test]
    fn any_split_into_batches_gives_the_same_events(
        commands in acceptable(),
        sizes in vec(0..6_usize, 0..8),
    ) {
        block_on(async {
            let (whole, split) = (written_in(&commands, &[]).await, written_in(&commands, &sizes).await);
            let events = async |journal: &dyn Journal| {
                all_events(journal, "a").await.into_iter().map(without_batch).collect::<Vec<_>>()
            };
            assert_eq!(events(&whole).await, events(&split).await);
            let answers = async |journal: &dyn Journal| {
                let outcomes = journal.outcomes("a", 0, u64::MAX).await.unwrap();
                let answer = |o: crate::Outcome| (o.key, (o.first_position, o.last_position, o.kind, o.answer));
                outcomes.into_iter().map(answer).collect::<BTreeMap<_, _>>()
            };
            assert_eq!(answers(&whole).await, answers(&split).await);
        });
    }
}
