//! The called side of a link: commands that another node has taken and this one carries out.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::Link;
use super::wire::{ASKING, Asked, Seal, TELLING, Told, ToldReply, WireError};
use crate::answer::Reply;
use crate::privacy::random;
use crate::service::Commands;

/// How long a node that has called may take to ask something.
const PATIENCE: Duration = Duration::from_secs(10);

/// Replies in one message at most: an answer has some hundred kilobytes at most.
const TOLD_AT_ONCE: usize = 64;

/// Replies that wait to be told at most, before no more is taken.
const REPLIES: usize = 4_096;

impl Commands {
    /// Serves a link that another node has opened, until it breaks.
    pub async fn serve_peer(&self, link: Link) {
        let Link { outgoing, mut incoming } = link;
        let Ok(challenge) = random::<16>() else { return };
        if outgoing.send(challenge.to_vec()).await.is_err() {
            return;
        }
        let mut seal = Seal::new(self.vault(), ASKING, &challenge);
        let (replies, told) = mpsc::channel(REPLIES);
        tokio::spawn(tell_all(told, Seal::new(self.vault(), TELLING, &challenge), outgoing));
        // Who calls has something to ask, and proves by it that it is a node.
        let Ok(Some(first)) = tokio::time::timeout(PATIENCE, incoming.recv()).await else { return };
        if let Err(error) = self.take(&first, &mut seal, &replies) {
            tracing::debug!(%error, "who called is no node with this master key");
            return;
        }
        while let Some(sealed) = incoming.recv().await {
            if let Err(error) = self.take(&sealed, &mut seal, &replies) {
                tracing::error!(%error, "another node asks what cannot be understood");
                return;
            }
        }
    }

    /// Takes what was asked onto the merchant's queue, in order, and lets the replies follow when they come.
    fn take(
        &self,
        sealed: &[u8],
        seal: &mut Seal,
        replies: &mpsc::Sender<ToldReply<'static>>,
    ) -> Result<(), WireError> {
        let clear = seal.open(sealed)?;
        let asked: Asked<'_> = serde_json::from_slice(&clear)?;
        let merchant = holdfast_domain::values::MerchantId::new(&asked.merchant)
            .map_err(|_| WireError::Nonsense("a merchant that cannot be"))?;
        let ids: Vec<u64> = asked.commands.iter().map(|command| command.id).collect();
        let requests = asked.commands.iter().map(super::wire::AskedCommand::request);
        let requests = requests.collect::<Result<Vec<_>, _>>()?;
        let submitted = self.submit_forwarded(&merchant, requests);
        let replies_to_commands = replies.clone();
        tokio::spawn(async move {
            match submitted {
                Ok(receivers) => follow(ids, receivers, replies_to_commands).await,
                Err(why) => {
                    for id in ids {
                        tell(&replies_to_commands, ToldReply::of_reply(id, Reply::NotExecuted(why))).await;
                    }
                }
            }
        });
        for lookup in asked.lookups {
            let (commands, merchant, replies) = (self.clone(), merchant.clone(), replies.clone());
            tokio::spawn(async move {
                let state = commands.state_of(&merchant, lookup.key()).await;
                tell(&replies, ToldReply::of_state(lookup.id, state)).await;
            });
        }
        Ok(())
    }
}

async fn follow(
    ids: Vec<u64>,
    receivers: Vec<oneshot::Receiver<Reply>>,
    replies: mpsc::Sender<ToldReply<'static>>,
) {
    for (id, receiver) in ids.into_iter().zip(receivers) {
        let reply = receiver.await.unwrap_or(Reply::OutcomeUnknown);
        tell(&replies, ToldReply::of_reply(id, reply)).await;
    }
}

async fn tell(replies: &mpsc::Sender<ToldReply<'static>>, told: Result<ToldReply<'static>, WireError>) {
    match told {
        // Where the link has broken nobody waits any more.
        Ok(told) => drop(replies.send(told).await),
        Err(error) => tracing::error!(%error, "a reply cannot be told to another node"),
    }
}

/// Tells replies, all that wait in one message.
async fn tell_all(
    mut told: mpsc::Receiver<ToldReply<'static>>,
    mut seal: Seal,
    outgoing: mpsc::Sender<Vec<u8>>,
) {
    let mut replies = Vec::new();
    while told.recv_many(&mut replies, TOLD_AT_ONCE).await > 0 {
        let message = Told { replies: std::mem::take(&mut replies) };
        let Ok(sealed) = seal.seal(&message) else { return };
        if outgoing.send(sealed).await.is_err() {
            return;
        }
    }
}
