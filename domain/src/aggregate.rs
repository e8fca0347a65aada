//! The common form of all aggregates.

use cqrs_es::Aggregate;

/// An aggregate whose decisions are a pure function.
///
/// [`Aggregate::handle`] is asynchronous and may use services; here it only calls [`Decide::decide`]. The write side calls
/// `decide` and [`Aggregate::apply`] itself.
pub trait Decide: Aggregate + Clone {
    /// The events of a command, in order, or why it is refused. It depends on nothing but its arguments.
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

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use cqrs_es::event_sink::EventSink;
    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};

    use super::Decide;
    use crate::capacity::{BookCapacity, CapacityCommand, LocationCapacity};
    use crate::network::{Network, NetworkCommand};
    use crate::order::{CreationTerms, Order, OrderCommand};
    use crate::policy::{Policy, PolicyCommand, Rules};
    use crate::promising::working_days::WorkingDays;
    use crate::stock::{StockCommand, StockItem};
    use crate::values::{Quantity, Text, Timestamp};

    const ORDER: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
    const NOW: Timestamp = Timestamp::from_microseconds(9_000_000);

    fn read<T: DeserializeOwned>(fields: Value) -> T {
        serde_json::from_value(fields).unwrap()
    }

    /// Handles commands one after the other, and compares each with `decide` and `apply`: the numbers of events and of
    /// refusals.
    async fn handled_as_decided<A>(commands: Vec<A::Command>) -> (usize, usize)
    where
        A: Decide<Services = ()> + PartialEq + Debug,
        A::Command: Clone,
        A::Error: PartialEq,
    {
        let (mut handled, mut by_hand) = (A::default(), A::default());
        let (mut happened, mut refused) = (0, 0);
        for command in commands {
            let decided = by_hand.decide(&command);
            let sink = EventSink::default();
            let answer = handled.handle(command, &(), &sink).await;
            let events = sink.collect().await;
            assert_eq!(answer.as_ref().err(), decided.as_ref().err());
            assert_eq!(events, decided.unwrap_or_default());
            happened += events.len();
            refused += usize::from(answer.is_err());
            for event in events {
                by_hand.apply(event);
            }
            assert_eq!(handled, by_hand, "each event is applied once");
        }
        (happened, refused)
    }

    #[tokio::test]
    async fn handling_an_order_decides_and_applies() {
        let terms = CreationTerms {
            order_id: ORDER.parse().unwrap(),
            rules: Rules::default(),
            content: Text::new("digest").unwrap(),
        };
        let lines = json!([{ "sku": "A", "quantity": 5 }]);
        let fields = read(json!({ "channel": "web", "lines": lines, "shipTo": { "name": "Ada" } }));
        let create = OrderCommand::CreateOrder(Box::new(fields), terms, NOW);
        let pay = read(json!({ "orderId": ORDER, "paymentRef": "money" }));
        let cancel = || OrderCommand::CancelOrder(read(json!({ "orderId": ORDER, "reason": "why not" })));
        let commands = vec![cancel(), create, cancel(), OrderCommand::ConfirmPayment(pay), cancel()];
        assert_eq!(handled_as_decided::<Order>(commands).await, (4, 2));
    }

    #[tokio::test]
    async fn handling_a_stock_item_decides_and_applies() {
        let report = |mut more: Value| {
            more["sku"] = json!("A");
            more["location"] = json!("DC-1");
            more
        };
        let receive = StockCommand::ReceiveStock(read(report(json!({ "quantity": 5 }))), NOW);
        let adjust = |delta: i64| {
            StockCommand::AdjustStock(read(report(json!({ "delta": delta, "reason": "damaged" }))), NOW)
        };
        let count = StockCommand::CountStock(read(report(json!({ "onHand": 2, "countedAt": NOW }))), NOW);
        let commands = vec![adjust(1), receive, adjust(-6), adjust(-1), count];
        assert_eq!(handled_as_decided::<StockItem>(commands).await, (3, 2));
    }

    #[tokio::test]
    async fn handling_a_network_decides_and_applies() {
        let place = json!({ "location": "DC-1", "latitude": 40.5, "longitude": -80.25 });
        let pause = || NetworkCommand::PauseLocation(read(json!({ "location": "DC-1", "reason": "flood" })));
        let register = NetworkCommand::RegisterLocation(read(place));
        assert_eq!(handled_as_decided::<Network>(vec![pause(), register, pause(), pause()]).await, (2, 1));
    }

    #[tokio::test]
    async fn handling_a_capacity_decides_and_applies() {
        let today = "2026-03-01".parse().unwrap();
        let book = |part: &str| {
            CapacityCommand::Book(BookCapacity {
                location: "DC-1".parse().unwrap(),
                fulfillment_order_id: format!("{ORDER}.{part}").parse().unwrap(),
                capacity: Quantity::new(1).unwrap(),
                calendar: WorkingDays::default(),
                today,
                earliest: today,
                horizon: 1,
            })
        };
        let free = CapacityCommand::Free(format!("{ORDER}.f1").parse().unwrap());
        let commands = vec![book("f1"), book("f2"), free, book("f2")];
        assert_eq!(handled_as_decided::<LocationCapacity>(commands).await, (3, 1));
    }

    #[tokio::test]
    async fn handling_a_policy_decides_and_applies() {
        let set = |fields: Value| PolicyCommand::SetMerchantPolicy(read(fields));
        let name = PolicyCommand::RegisterMerchant(read(json!({ "merchant": "acme", "name": "Acme" })));
        let commands = vec![set(json!({ "sourcing": [] })), set(json!({ "allowSplit": false })), name];
        assert_eq!(handled_as_decided::<Policy>(commands).await, (2, 1));
    }
}
