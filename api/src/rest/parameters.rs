//! Query parameters, each named when it is wrong.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use holdfast_domain::values::MerchantId;
use serde::Deserialize;
use serde::de::value::{Error, StrDeserializer};

use super::caller::kept;
use super::endpoint::Parameter;
use super::problem::Problem;
use crate::app::App;
use crate::cursor::List;
use crate::reading::AsOf;

/// Wait until the answer includes a position of the journal.
pub(super) const MIN_POSITION: Parameter =
    Parameter::of::<u64>("minPosition", "Wait, at most 5 seconds, until the answer includes this position.");

/// What every command may be sent with.
pub(super) const COMMAND: &[Parameter] = &[Parameter::of::<bool>(
    "dryRun",
    "Only tell what would happen: nothing is written, and the idempotency key, which need not be given, is not used.",
)];

/// What was so then: what is asked for must have been committed by it.
pub(super) const AS_OF: Parameter = Parameter::of::<String>(
    "asOf",
    "As it was at a position of the journal, or at a time by RFC 3339, by what was known then.",
);

/// Where to go on.
pub(super) const CURSOR: Parameter =
    Parameter::of::<String>("cursor", "The nextCursor of the part of the list before.");

/// How many items.
pub(super) const LIMIT: Parameter =
    Parameter::of::<u16>("limit", "How many items at most: 1 to 1000, 100 where not given.");

/// The most items of one part of a list.
const MOST_ITEMS: usize = 1_000;

/// The query parameters as given. Which there may be is checked by the router.
pub(super) struct Parameters(Vec<(String, String)>);

impl FromRequestParts<Arc<App>> for Parameters {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Problem> {
        let unreadable = |_| Problem::bad("invalid_parameter", "the query cannot be read");
        Query::try_from_uri(&parts.uri).map(|Query(given)| Self(given)).map_err(unreadable)
    }
}

/// The problem of a parameter with a wrong value.
pub(super) fn invalid(name: &str, why: impl std::fmt::Display) -> Problem {
    Problem::bad("invalid_parameter", format!("{name} {why}")).with("parameter", name)
}

impl Parameters {
    /// A parameter's text.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, Problem> {
        let mut values = self.0.iter().filter(|(given, _)| given == name);
        let first = values.next();
        if values.next().is_some() {
            return Err(invalid(name, "is given twice"));
        }
        Ok(first.map(|(_, value)| value.as_str()))
    }

    /// A parameter's value.
    pub(super) fn optional<T: for<'de> Deserialize<'de>>(&self, name: &str) -> Result<Option<T>, Problem> {
        self.text(name)?.map(|text| value(name, text)).transpose()
    }

    /// Whether something is so.
    pub(super) fn whether(&self, name: &str) -> Result<Option<bool>, Problem> {
        match self.text(name)? {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(invalid(name, "must be true or false")),
        }
    }

    /// The values of a parameter that may be given several times.
    pub(super) fn all<T: for<'de> Deserialize<'de>>(&self, name: &str) -> Result<Vec<T>, Problem> {
        self.0.iter().filter(|(given, _)| given == name).map(|(_, text)| value(name, text)).collect()
    }

    /// A parameter that is a number.
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, Problem> {
        let number = |text: &str| {
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            let number = text.parse::<i64>().ok().filter(|_| digits);
            number.map(i64::unsigned_abs).ok_or_else(|| invalid(name, "must be a whole number, not negative"))
        };
        self.text(name)?.map(number).transpose()
    }

    /// An id that somebody else gave: what a header may be that is only kept.
    pub(super) fn id(&self, name: &str) -> Result<Option<String>, Problem> {
        let id = |text: &str| kept(text).map_err(|why| invalid(name, why));
        self.text(name)?.map(id).transpose()
    }

    /// Whether something is asked for.
    pub(super) fn flag(&self, name: &str) -> Result<bool, Problem> {
        Ok(self.whether(name)?.unwrap_or(false))
    }

    /// How many items are asked for.
    pub(super) fn limit(&self) -> Result<usize, Problem> {
        let limit = self.number("limit")?.unwrap_or(100);
        let limit = usize::try_from(limit).ok().filter(|limit| (1..=MOST_ITEMS).contains(limit));
        limit.ok_or_else(|| invalid("limit", format_args!("must be 1 to {MOST_ITEMS}")))
    }

    /// Where to go on in a list.
    pub(super) fn cursor(&self, list: List<'_>) -> Result<Option<String>, Problem> {
        let invalid = || Problem::bad("invalid_cursor", "the cursor is not one that this list has given");
        self.text("cursor")?.map(|cursor| list.place(cursor).ok_or_else(invalid)).transpose()
    }

    /// The moment that is asked about: a position, or a time. A plus sign that came through the query as a space is taken
    /// for what it was.
    pub(super) fn as_of(&self) -> Result<Option<AsOf>, Problem> {
        let moment = |text: &str| text.replace(' ', "+").parse().map_err(|why| invalid("asOf", why));
        self.text("asOf")?.map(moment).transpose()
    }

    /// Waits until the read models include what `minPosition` asks for.
    pub(super) async fn wait(&self, app: &App, merchant: &MerchantId) -> Result<(), Problem> {
        if let Some(position) = self.number("minPosition")? {
            app.reading.wait_for(merchant.as_str(), position).await?;
        }
        Ok(())
    }

    /// The same of what is answered from the journal itself, which includes every position that it has.
    pub(super) async fn must_be_there(&self, app: &App, merchant: &MerchantId) -> Result<(), Problem> {
        if let Some(position) = self.number("minPosition")? {
            app.reading.must_be_there(merchant.as_str(), position).await?;
        }
        Ok(())
    }
}

fn value<T: for<'de> Deserialize<'de>>(name: &str, text: &str) -> Result<T, Problem> {
    T::deserialize(StrDeserializer::<Error>::new(text)).map_err(|why| invalid(name, why))
}
