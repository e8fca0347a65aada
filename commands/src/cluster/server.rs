//! The called side of a link: executes commands that another node forwards.

use std::time::Duration;

use holdfast_domain::values::MerchantId;
use tokio::sync::mpsc;

use super::Link;
use super::messages::{
    FROM_CLIENT, FROM_SERVER, MessageError, PeerCommand, PeerOutcome, PeerReplies, PeerReply, PeerRequest,
    Seal,
};
use crate::answer::Reply;
use crate::privacy::random;
use crate::service::Commands;

/// How long the calling node may take to send its first message.
const FIRST_MESSAGE_TIMEOUT: Duration = Duration::from_secs(10);

/// The most replies in one message.
const MAX_REPLIES: usize = 64;

/// The most bytes of answers in one message. An answer, which is smaller than a message may be, is never divided.
const MAX_BYTES: usize = 8 << 20;

/// The most replies that wait to be sent. When it is reached, replies wait for the link.
const REPLY_QUEUE: usize = 4_096;

impl Commands {
    /// Serves a link that another node has opened, until the link breaks.
    pub async fn serve_peer(&self, link: Link) {
        let Link { outgoing, mut incoming } = link;
        let Ok(challenge) = random::<16>() else { return };
        if outgoing.send(challenge.to_vec()).await.is_err() {
            return;
        }
        let mut seal = Seal::new(self.vault(), FROM_CLIENT, &challenge);
        let (replies, queue) = mpsc::channel(REPLY_QUEUE);
        tokio::spawn(send_replies(queue, Seal::new(self.vault(), FROM_SERVER, &challenge), outgoing));
        // The first message proves that the caller is a node with this master key.
        let Ok(Some(first)) = tokio::time::timeout(FIRST_MESSAGE_TIMEOUT, incoming.recv()).await else {
            return;
        };
        if let Err(error) = self.receive(&first, &mut seal, &replies) {
            tracing::debug!(%error, "peer authentication failed");
            return;
        }
        while let Some(sealed) = incoming.recv().await {
            if let Err(error) = self.receive(&sealed, &mut seal, &replies) {
                tracing::error!(%error, "invalid message from peer");
                return;
            }
        }
    }

    /// Puts forwarded commands on the merchant's queue, in order, and sends the replies as they arrive.
    fn receive(
        &self,
        sealed: &[u8],
        seal: &mut Seal,
        replies: &mpsc::Sender<PeerReply>,
    ) -> Result<(), MessageError> {
        let PeerRequest { merchant, commands, lookups } = seal.open(sealed)?;
        let merchant =
            MerchantId::new(&merchant).map_err(|_| MessageError::Invalid("malformed merchant id"))?;
        let ids: Vec<u64> = commands.iter().map(|command| command.id).collect();
        let requests = commands.into_iter().map(PeerCommand::into_request);
        let submitted = self.enqueue(&merchant, requests.collect::<Result<_, _>>()?, true);
        let command_replies = replies.clone();
        tokio::spawn(async move {
            match submitted {
                Ok(receivers) => {
                    for (id, receiver) in ids.into_iter().zip(receivers) {
                        let reply = receiver.await.unwrap_or(Reply::OutcomeUnknown);
                        send_reply(&command_replies, id, PeerOutcome::Command(reply)).await;
                    }
                }
                Err(reason) => {
                    for id in ids {
                        let reply = Reply::NotExecuted(reason);
                        send_reply(&command_replies, id, PeerOutcome::Command(reply)).await;
                    }
                }
            }
        });
        for lookup in lookups {
            let (commands, merchant, replies) = (self.clone(), merchant.clone(), replies.clone());
            tokio::spawn(async move {
                let state = commands.state_of(&merchant, lookup.key.into()).await;
                send_reply(&replies, lookup.id, PeerOutcome::Lookup(state)).await;
            });
        }
        Ok(())
    }
}

async fn send_reply(replies: &mpsc::Sender<PeerReply>, id: u64, outcome: PeerOutcome) {
    // If the link has broken, no node waits for the reply.
    let _ = replies.send(PeerReply { id, outcome }).await;
}

/// Sends replies; those that wait at the same time share a message.
async fn send_replies(mut queue: mpsc::Receiver<PeerReply>, mut seal: Seal, outgoing: mpsc::Sender<Vec<u8>>) {
    let mut replies = Vec::new();
    while queue.recv_many(&mut replies, MAX_REPLIES).await > 0 {
        for message in messages(std::mem::take(&mut replies)) {
            let sealed = seal.seal(&message);
            let sealed =
                sealed.inspect_err(|error| tracing::error!(%error, "failed to encode replies for a peer"));
            let Ok(sealed) = sealed else { return };
            if outgoing.send(sealed).await.is_err() {
                return;
            }
        }
    }
}

/// Divides replies into messages.
fn messages(replies: Vec<PeerReply>) -> Vec<PeerReplies> {
    let mut messages: Vec<PeerReplies> = Vec::new();
    let mut bytes = 0;
    for reply in replies {
        bytes += reply.outcome.answer_bytes();
        match messages.last_mut() {
            Some(message) if bytes <= MAX_BYTES => message.replies.push(reply),
            _ => {
                bytes = reply.outcome.answer_bytes();
                messages.push(PeerReplies { replies: vec![reply] });
            }
        }
    }
    messages
}

#[cfg(test)]
mod tests {
    use holdfast_journal::OutcomeKind;

    use super::*;
    use crate::answer::Answer;

    #[test]
    fn large_answers_have_messages_of_their_own() {
        let reply = |(id, bytes): (u64, usize)| {
            let answer = Answer { kind: OutcomeKind::Done, position: 1, body: vec![b'1'; bytes] };
            PeerReply { id, outcome: PeerOutcome::Command(Reply::Answered { answer, replayed: false }) }
        };
        let half = MAX_BYTES / 2;
        let sizes = [half, half, 1, MAX_BYTES + 1, 1, half];
        let divided = messages((0..).zip(sizes).map(reply).collect());
        let ids: Vec<Vec<u64>> =
            divided.iter().map(|message| message.replies.iter().map(|reply| reply.id).collect()).collect();
        assert_eq!(ids, [vec![0, 1], vec![2], vec![3], vec![4, 5]]);
        assert_eq!(messages(Vec::new()).len(), 0);
    }
}
