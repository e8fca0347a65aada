//! Read models and their consumers: rebuild, export, the event feed and subscriptions.

mod event_feed;
mod export;
mod rebuild;
mod subscriptions;
