//! GraphQL over a WebSocket, by the protocol
//! [graphql-transport-ws](https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md): subscriptions, and queries and
//! mutations with the same limits as over HTTP.

use std::any::TypeId;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::http::{WebSocket as GraphQlWebSocket, WebSocketProtocols, WsMessage};
use async_graphql::parser::types::OperationType;
use async_graphql::{Data, Executor, Request, Response};
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::HeaderMap;
use futures::stream::{BoxStream, once};
use futures::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::sync::Semaphore;

use super::GraphQlSchema;
use super::context::{Headers, RequestContext};
use super::error::{Problem, with_codes};
use super::http::{MAX_BODY_BYTES, execute, parse};
use crate::app::App;
use crate::error::ApiError;
use crate::headers;

/// Operations that may run at the same time on one connection.
const MAX_OPERATIONS: usize = 50;
/// How long a client may accept no message before it is disconnected.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);
/// How long the server waits for a slow client to accept the close message.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);
/// The code and reason of closing the connection of a slow client.
const TOO_SLOW: (u16, &str) =
    (4408, "the client accepted no message for 30 s: subscribe again after the last position");
/// The code and reason of closing a connection when the server stops.
const GOING_AWAY: (u16, &str) = (1001, "the server stops: subscribe again after the last position");

/// Executes the operations of one connection.
#[derive(Clone)]
struct Connection {
    schema: GraphQlSchema,
    app: Arc<App>,
    headers: HeaderMap,
    /// A permit per operation that may run at the same time.
    operations: Arc<Semaphore>,
}

/// The merchant of the client's first message, because a page in a browser cannot send headers.
struct InitialMerchant(String);

pub(super) fn upgrade(
    schema: GraphQlSchema,
    app: Arc<App>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> axum::response::Response {
    let operations = Arc::new(Semaphore::new(MAX_OPERATIONS));
    let connection = Connection { schema, app, headers, operations };
    upgrade
        .protocols([WebSocketProtocols::GraphQLWS.sec_websocket_protocol()])
        .max_message_size(MAX_BODY_BYTES)
        .on_upgrade(|socket| run(socket, connection))
}

async fn run(socket: WebSocket, connection: Connection) {
    let mut closing = connection.app.closing.subscribe();
    let (mut sink, stream) = socket.split();
    let messages = stream.take_while(|message| std::future::ready(message.is_ok())).filter_map(|message| {
        std::future::ready(match message {
            Ok(Message::Text(text)) => Some(text.as_bytes().to_vec()),
            Ok(Message::Binary(bytes)) => Some(bytes.to_vec()),
            _ => None,
        })
    });
    let answers = GraphQlWebSocket::new(connection, messages, WebSocketProtocols::GraphQLWS)
        .on_connection_init(|payload| std::future::ready(Ok(initial_data(&payload))));
    let mut answers = std::pin::pin!(answers);
    let (code, reason) = loop {
        let answer = tokio::select! {
            // Checked first. Otherwise a client could mistake the shutdown for the completion of a subscription.
            biased;
            _ = closing.wait_for(|closing| *closing) => break GOING_AWAY,
            answer = answers.next() => answer,
        };
        let message = match answer {
            Some(WsMessage::Text(text)) => Message::Text(text.into()),
            Some(WsMessage::Close(code, reason)) => close(code, reason),
            None => return,
        };
        match tokio::time::timeout(SEND_TIMEOUT, sink.send(message)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return,
            Err(_) => {
                tracing::warn!("a WebSocket client accepts no messages: closing the connection");
                break TOO_SLOW;
            }
        }
    };
    // A slow client may not accept this message either.
    let _ = tokio::time::timeout(CLOSE_TIMEOUT, sink.send(close(code, reason.to_owned()))).await;
}

fn close(code: u16, reason: String) -> Message {
    Message::Close(Some(CloseFrame { code, reason: reason.into() }))
}

/// The data of a connection from the client's first message.
fn initial_data(payload: &Value) -> Data {
    let mut data = Data::default();
    if let Some(merchant) = payload.get("merchant").and_then(Value::as_str) {
        data.insert(InitialMerchant(merchant.to_owned()));
    }
    data
}

impl Connection {
    fn headers(&self, session: Option<&Data>) -> Headers {
        let by_header = || self.headers.get("merchant")?.to_str().ok().map(str::to_owned);
        let initial = session
            .and_then(|data| data.get(&TypeId::of::<InitialMerchant>())?.downcast_ref::<InitialMerchant>());
        let merchant = initial.map(|initial| initial.0.clone()).or_else(by_header);
        Headers { merchant, metadata: headers::metadata(&self.headers) }
    }

    async fn execute_any(self, mut request: Request, headers: Headers) -> BoxStream<'static, Response> {
        match parse(&mut request, &self.app) {
            Err(rejection) => once(std::future::ready(*rejection)).boxed(),
            Ok(OperationType::Subscription) => {
                let request = request.data(RequestContext::new(self.app, headers).await);
                self.schema.execute_stream(request).map(with_codes).boxed()
            }
            Ok(OperationType::Query | OperationType::Mutation) => {
                let answer = async move { execute(&self.schema, self.app, headers, request).await };
                once(answer).boxed()
            }
        }
    }
}

impl Executor for Connection {
    async fn execute(&self, request: Request) -> Response {
        execute(&self.schema, Arc::clone(&self.app), self.headers(None), request).await
    }

    fn execute_stream(&self, request: Request, session: Option<Arc<Data>>) -> BoxStream<'static, Response> {
        let Ok(permit) = Arc::clone(&self.operations).try_acquire_owned() else {
            let problem = Problem(ApiError::TooManyOperations(MAX_OPERATIONS));
            return once(std::future::ready(Response::from(problem))).boxed();
        };
        let headers = self.headers(session.as_deref());
        let answers = once(self.clone().execute_any(request, headers)).flatten();
        answers.inspect(move |_| _ = &permit).boxed()
    }
}
