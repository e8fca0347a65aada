//! What the four aggregates have in common.

use cqrs_es::Aggregate;

/// An aggregate whose decisions are a pure function.
///
/// [`Aggregate::handle`] is asynchronous and may use services; ours only calls [`Decide::decide`]. The write
/// side calls `decide` and [`Aggregate::apply`] itself, on the merchant's one decision point.
pub trait Decide: Aggregate + Clone {
    /// The events a command leads to, in order, or why it is refused. Reads nothing but its arguments.
    fn decide(&self, command: &Self::Command) -> Result<Vec<Self::Event>, Self::Error>;
}

/// Implements [`Aggregate`] for a type with `decide` and `evolve`.
macro_rules! pure_aggregate {
    ($state:ty, $name:literal, $command:ty, $event:ty, $refusal:ty) => {
        impl $crate::Decide for $state {
            fn decide(&self, command: &$command) -> Result<Vec<$event>, $refusal> {
                decide(self, command)
            }
        }

        impl ::cqrs_es::Aggregate for $state {
            const TYPE: &'static str = $name;
            type Command = $command;
            type Event = $event;
            type Error = $refusal;
            type Services = ();

            async fn handle(
                &mut self,
                command: $command,
                (): &(),
                sink: &::cqrs_es::event_sink::EventSink<Self>,
            ) -> Result<(), $refusal> {
                for event in decide(self, &command)? {
                    sink.write(event, self).await;
                }
                Ok(())
            }

            fn apply(&mut self, event: $event) {
                evolve(self, &event);
            }
        }
    };
}

pub(crate) use pure_aggregate;
