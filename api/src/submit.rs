//! Submits commands to the write side and waits for their replies.

use std::sync::LazyLock;
use std::time::Duration;

use holdfast_commands::{Answer, AnyCommand, Caller, Metadata, Reply, Request, Sender};
use holdfast_domain::values::{IdempotencyKey, MerchantId};
use holdfast_journal::OutcomeKind;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::app::App;
use crate::error::ApiError;

/// How long a request waits for the replies to its commands.
pub(crate) const COMMAND_TIMEOUT: Duration = Duration::from_secs(30);

/// The sender of every command: there is no authentication, so all clients share one credential.
pub(crate) static LOCAL: LazyLock<Sender> = LazyLock::new(|| Sender("local".into()));

/// A command in the form that the writer takes.
pub(crate) fn request(
    app: &App,
    merchant: &MerchantId,
    key: Option<&IdempotencyKey>,
    command: AnyCommand,
    metadata: Metadata,
) -> Result<Request, ApiError> {
    let caller = Caller { merchant, sender: &LOCAL, key };
    app.commands.request(caller, command, metadata).map_err(|error| ApiError::internal(&error))
}

/// Requires the order that a request changes to have one of these versions. `None` allows any version.
pub(crate) fn require_version(request: Request, versions: Option<Vec<u64>>) -> Result<Request, ApiError> {
    match versions {
        Some(_) if !request.command.is_about_order() => Err(ApiError::IfMatchUnsupported),
        versions => Ok(request.if_match(versions)),
    }
}

/// Submits commands of one merchant together and waits for all replies.
pub(crate) async fn submit(app: &App, merchant: &MerchantId, requests: Vec<Request>) -> Vec<Reply> {
    let count = requests.len();
    let registers = |request: &Request| matches!(request.command, AnyCommand::RegisterMerchant(_));
    let registers: Vec<bool> = requests.iter().map(|sent| registers(sent) && !sent.dry_run).collect();
    let receivers = match app.commands.submit(merchant, requests) {
        Ok(receivers) => receivers,
        Err(reason) => return vec![Reply::NotExecuted(reason); count],
    };
    let deadline = Instant::now() + COMMAND_TIMEOUT;
    let mut replies = Vec::with_capacity(count);
    for (receiver, registers) in receivers.into_iter().zip(registers) {
        let reply = wait(receiver, deadline).await;
        if registers && is_accepted(&reply) {
            app.queries.add_merchant(merchant.as_str());
        }
        replies.push(reply);
    }
    replies
}

/// The answer of the writer, and whether it was stored by an earlier command with the same key. An error if nothing was
/// decided.
pub(crate) fn decided(reply: Reply) -> Result<(Answer, bool), ApiError> {
    match reply {
        Reply::Answered { answer, replayed } => Ok((answer, replayed)),
        Reply::KeyReused => Err(ApiError::KeyReused),
        Reply::NotExecuted(reason) => Err(ApiError::NotExecuted(reason)),
        Reply::OutcomeUnknown => Err(ApiError::OutcomeUnknown),
        Reply::Failed => Err(ApiError::Internal),
    }
}

fn is_accepted(reply: &Reply) -> bool {
    matches!(reply, Reply::Answered { answer, .. } if answer.kind != OutcomeKind::Refused)
}

async fn wait(receiver: oneshot::Receiver<Reply>, deadline: Instant) -> Reply {
    match tokio::time::timeout_at(deadline, receiver).await {
        Ok(Ok(reply)) => reply,
        // The command stays in the queue when the wait ends.
        Ok(Err(_)) | Err(_) => Reply::OutcomeUnknown,
    }
}
