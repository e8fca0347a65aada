//! Read models and their consumers: rebuild, export, the event feed and subscriptions, and client caches.

mod event_feed;
mod export;
mod graphql_cache;
mod rebuild;
mod subscriptions;
