//! From a command to its answer: submitted, waited for, and told by HTTP.

use std::sync::LazyLock;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use holdfast_commands::{Answer, AnyCommand, Caller, Metadata, Refused, Reply, Request, Sender};
use holdfast_domain::values::{IdempotencyKey, MerchantId};
use holdfast_journal::OutcomeKind;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::problem::Problem;
use crate::app::App;

/// How long a caller is kept waiting for an answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Whoever can reach the loopback address: there is no authentication yet.
pub(super) static LOCAL: LazyLock<Sender> = LazyLock::new(|| Sender("local".into()));

/// What is answered to a command.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Outcome {
    pub(super) status: StatusCode,
    pub(super) body: Bytes,
    pub(super) position: Option<u64>,
    is_problem: bool,
    replayed: bool,
}

impl From<Problem> for Outcome {
    fn from(problem: Problem) -> Self {
        Self {
            status: problem.status,
            body: problem.body().into(),
            position: None,
            is_problem: true,
            replayed: false,
        }
    }
}

impl From<Reply> for Outcome {
    fn from(reply: Reply) -> Self {
        match decided(reply) {
            Ok((answer, replayed)) => Self { replayed, ..Self::from(answer) },
            Err(problem) => problem.into(),
        }
    }
}

/// What was decided, and whether that was when the same key was first sent; the problem where nothing was.
pub(crate) fn decided(reply: Reply) -> Result<(Answer, bool), Problem> {
    match reply {
        Reply::Answered { answer, replayed } => Ok((answer, replayed)),
        Reply::KeyReused => {
            let detail = "the idempotency key was used for another command";
            Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", detail))
        }
        Reply::NotExecuted(reason) => Err(reason.into()),
        Reply::OutcomeUnknown => Err(Problem::outcome_unknown()),
        Reply::Failed => Err(Problem::internal()),
    }
}

impl From<Answer> for Outcome {
    fn from(answer: Answer) -> Self {
        let position = Some(answer.position);
        let status = match answer.kind {
            OutcomeKind::Created => StatusCode::CREATED,
            OutcomeKind::Done => StatusCode::OK,
            OutcomeKind::Refused => {
                let refused = serde_json::from_slice::<Refused>(&answer.body);
                let problem = refused.map_or_else(|_| Problem::internal(), Problem::from);
                return Self { position, ..Self::from(problem) };
            }
        };
        Self { status, body: answer.body.into(), position, is_problem: false, replayed: false }
    }
}

impl IntoResponse for Outcome {
    fn into_response(self) -> Response {
        let kind = if self.is_problem { "application/problem+json" } else { "application/json" };
        let mut response = (self.status, self.body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        if let Some(position) = self.position {
            headers.insert("journal-position", HeaderValue::from(position));
        }
        if self.replayed {
            headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

/// A command as the writer takes it.
pub(crate) fn request(
    app: &App,
    merchant: &MerchantId,
    key: Option<&IdempotencyKey>,
    command: AnyCommand,
    metadata: Metadata,
) -> Result<Request, Problem> {
    let caller = Caller { merchant, sender: &LOCAL, key };
    app.commands.request(caller, command, metadata).map_err(|error| {
        tracing::error!(%error, "a command has no canonical form");
        Problem::internal()
    })
}

/// Submits commands of one merchant together and waits for all their answers.
pub(super) async fn submit(app: &App, merchant: &MerchantId, requests: Vec<Request>) -> Vec<Outcome> {
    replies(app, merchant, requests).await.into_iter().map(Outcome::from).collect()
}

/// Submits commands of one merchant together and waits for what becomes of each.
pub(crate) async fn replies(app: &App, merchant: &MerchantId, requests: Vec<Request>) -> Vec<Reply> {
    let count = requests.len();
    let receivers = match app.commands.submit(merchant, requests) {
        Ok(receivers) => receivers,
        Err(reason) => return vec![Reply::NotExecuted(reason); count],
    };
    let deadline = Instant::now() + PATIENCE;
    let mut replies = Vec::with_capacity(count);
    for receiver in receivers {
        replies.push(wait(receiver, deadline).await);
    }
    replies
}

async fn wait(receiver: oneshot::Receiver<Reply>, deadline: Instant) -> Reply {
    match tokio::time::timeout_at(deadline, receiver).await {
        Ok(Ok(reply)) => reply,
        // Waiting too long does not take the command back.
        Ok(Err(_)) | Err(_) => Reply::OutcomeUnknown,
    }
}
