//! GraphQL over a WebSocket, by the protocol
//! [graphql-transport-ws](https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md): what is subscribed to, and
//! queries and mutations by the same rules as over HTTP.

use std::any::TypeId;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::http::{WebSocket as Conversation, WebSocketProtocols, WsMessage};
use async_graphql::parser::types::OperationType;
use async_graphql::{Data, Executor, Request, Response};
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::HeaderMap;
use futures::stream::{BoxStream, once};
use futures::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::sync::Semaphore;

use super::Questions;
use super::context::{Headers, RequestContext};
use super::error::{Problem, with_codes};
use super::http::{BODY_BYTES, execute, judged};
use crate::app::App;
use crate::headers;

/// Operations that may be under way on one connection.
const OPERATIONS: usize = 50;
/// How long a client may take nothing of what is there for it.
const SLOW: Duration = Duration::from_secs(30);
/// What is said to one that took longer.
const TOO_SLOW: (u16, &str) =
    (4408, "what was sent was not taken for 30 s: subscribe again after the last position");
/// What is said when the service ends.
const GOING_AWAY: (u16, &str) = (1001, "the service ends: subscribe again after the last position");

/// Answers one connection's questions.
#[derive(Clone)]
struct Answering {
    schema: Questions,
    app: Arc<App>,
    headers: HeaderMap,
    /// Places for what may be under way on one connection.
    places: Arc<Semaphore>,
}

/// The merchant that was named when the connection was begun: a page in a browser cannot send headers.
struct Named(String);

/// Takes a connection over.
pub(super) fn upgrade(
    schema: Questions,
    app: Arc<App>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> axum::response::Response {
    let answering = Answering { schema, app, headers, places: Arc::new(Semaphore::new(OPERATIONS)) };
    upgrade
        .protocols([WebSocketProtocols::GraphQLWS.sec_websocket_protocol()])
        .max_message_size(BODY_BYTES)
        .on_upgrade(|socket| converse(socket, answering))
}

async fn converse(socket: WebSocket, answering: Answering) {
    let mut closing = answering.app.closing.subscribe();
    let (mut sink, stream) = socket.split();
    let said = stream.take_while(|message| std::future::ready(message.is_ok())).filter_map(|message| {
        std::future::ready(match message {
            Ok(Message::Text(text)) => Some(text.as_bytes().to_vec()),
            Ok(Message::Binary(bytes)) => Some(bytes.to_vec()),
            _ => None,
        })
    });
    let answers = Conversation::new(answering, said, WebSocketProtocols::GraphQLWS)
        .on_connection_init(|payload| std::future::ready(Ok(begun(&payload))));
    let mut answers = std::pin::pin!(answers);
    let farewell = loop {
        let answer = tokio::select! {
            // First, so that no subscription seems to have come to its end by itself.
            biased;
            _ = closing.wait_for(|closing| *closing) => break GOING_AWAY,
            answer = answers.next() => answer,
        };
        let message = match answer {
            Some(WsMessage::Text(text)) => Message::Text(text.into()),
            Some(WsMessage::Close(code, reason)) => closed(code, reason),
            None => return,
        };
        match tokio::time::timeout(SLOW, sink.send(message)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return,
            Err(_) => {
                tracing::warn!("a subscriber takes nothing: its connection is closed");
                break TOO_SLOW;
            }
        }
    };
    let (code, reason) = farewell;
    // Whoever takes nothing may not take this either.
    let _ = tokio::time::timeout(Duration::from_secs(1), sink.send(closed(code, reason.to_owned()))).await;
}

fn closed(code: u16, reason: String) -> Message {
    Message::Close(Some(CloseFrame { code, reason: reason.into() }))
}

/// What the client says of itself at the beginning.
fn begun(payload: &Value) -> Data {
    let mut data = Data::default();
    if let Some(merchant) = payload.get("merchant").and_then(Value::as_str) {
        data.insert(Named(merchant.to_owned()));
    }
    data
}

impl Answering {
    fn headers(&self, session: Option<&Data>) -> Headers {
        let by_header = || self.headers.get("merchant")?.to_str().ok().map(str::to_owned);
        let named = session.and_then(|data| data.get(&TypeId::of::<Named>())?.downcast_ref::<Named>());
        let merchant = named.map(|named| named.0.clone()).or_else(by_header);
        Headers { merchant, metadata: headers::metadata(&self.headers) }
    }

    async fn answers(self, mut request: Request, headers: Headers) -> BoxStream<'static, Response> {
        let text = request.query.clone();
        match judged(&mut request, self.app.introspection) {
            Err(refused) => once(std::future::ready(*refused)).boxed(),
            Ok(OperationType::Subscription) => {
                let request = request.data(RequestContext::new(self.app, headers).await);
                self.schema.execute_stream(request).map(with_codes).boxed()
            }
            Ok(OperationType::Query | OperationType::Mutation) => {
                request.query = text;
                let answer = async move { execute(&self.schema, self.app, headers, request).await };
                once(answer).boxed()
            }
        }
    }
}

impl Executor for Answering {
    async fn execute(&self, request: Request) -> Response {
        execute(&self.schema, Arc::clone(&self.app), self.headers(None), request).await
    }

    fn execute_stream(&self, request: Request, session: Option<Arc<Data>>) -> BoxStream<'static, Response> {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            let message = format!("{OPERATIONS} operations may be under way on one connection");
            let problem = Problem::new("too_many_operations", message);
            return once(std::future::ready(Response::from(problem))).boxed();
        };
        let headers = self.headers(session.as_deref());
        let answers = once(self.clone().answers(request, headers)).flatten();
        answers.inspect(move |_| _ = &place).boxed()
    }
}
