//! Commands by GraphQL: a mutation for each of [`COMMANDS`](holdfast_commands::COMMANDS).
//!
//! Nothing here names a command's fields. `inputs.rs` reads them from the JSON Schema that OpenAPI is made of,
//! `describing.rs` makes GraphQL's types of them, and `fitting.rs` turns a value that was given into the JSON that the
//! command's own reader takes. From there on it is the command that REST would have made of the same fields: it has
//! the same fingerprint, so that one key means the same by either way.
//!
//! What the caller can mend is told in the payload's `userErrors`, with the codes and pointers of REST. What the
//! caller cannot mend (`not_executed`, `outcome_unknown`, `internal_error`) is an error of the request, and the field
//! is null: nothing is known to be decided.
//!
//! GraphQL would refuse the whole request for one wrong field of an input, and say where in words only. So that
//! other commands of the request are carried out and the pointer is told, [`judge_by_command`] leaves that to the
//! command's reader.

mod describing;
mod fitting;
mod inputs;
mod payload;

use std::borrow::Cow;

use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, Field, Selection, SelectionSet};
use async_graphql::registry::{MetaTypeId, Registry};
use async_graphql::{
    ContainerType, Context, ContextSelectionSet, Error, Name, ObjectType, OutputType, Positioned, ScalarType,
    ServerResult, Value, resolver_utils,
};
use async_graphql_value::Value as Given;
use holdfast_commands::Request;
use holdfast_domain::values::IdempotencyKey;

use self::inputs::{INPUTS, Mutable};
use self::payload::CommandPayload;
use super::context::RequestContext;
use super::error::Problem;
use super::types::scalars::Long;
use crate::error::ApiError;
use crate::{headers, submit};

/// The argument that has a command's fields.
const INPUT: &str = "input";
/// The argument that has the sender's name for a command.
const KEY: &str = "idempotencyKey";
/// The argument that says whose it is.
const MERCHANT: &str = "merchant";
/// The argument that has the version that the order must still have.
const DRY_RUN: &str = "dryRun";
const IF_MATCH: &str = "ifMatch";

/// Every command.
pub(super) struct Mutation;

/// The enums that commands take, with the domain's names.
#[cfg(test)]
pub(super) fn choices() -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    let names =
        |choice: &'static inputs::Choice| choice.names.iter().map(|(name, _)| name.as_str()).collect();
    INPUTS.choices.iter().map(move |(name, choice)| (name.as_str(), names(choice)))
}

impl OutputType for Mutation {
    fn type_name() -> Cow<'static, str> {
        "Mutation".into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_output_type::<Self, _>(MetaTypeId::Object, describing::mutation)
    }

    async fn resolve(
        &self,
        context: &ContextSelectionSet<'_>,
        _field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        resolver_utils::resolve_container_serial(context, self).await
    }
}

impl ContainerType for Mutation {
    async fn resolve_field(&self, context: &Context<'_>) -> ServerResult<Option<Value>> {
        let field = context.item;
        let Some(mutable) = INPUTS.by_field(&field.node.name.node) else { return Ok(None) };
        let arguments = context.field().arguments()?;
        let request = RequestContext::of(context);
        let request = request.map_err(|problem| Error::from(problem).into_server_error(field.pos))?;
        match carry_out(request, mutable, arguments).await {
            Ok(payload) => {
                let selected = context.with_selection_set(&field.node.selection_set);
                OutputType::resolve(&payload, &selected, field).await.map(Some)
            }
            // The field is null, and what the others came to is told.
            Err(problem) => {
                let error = Error::from(problem).into_server_error(field.pos);
                context.add_error(context.set_error_path(error));
                Ok(Some(Value::Null))
            }
        }
    }
}

impl ObjectType for Mutation {}

/// Leaves it to the commands to judge their inputs. The library takes anything but an object for the value of an
/// input type, so each input is put into a list, out of which `Arguments` takes it again.
pub(super) fn judge_by_command(document: &mut ExecutableDocument) {
    match &mut document.operations {
        DocumentOperations::Single(operation) => put_aside(&mut operation.node.selection_set.node),
        DocumentOperations::Multiple(operations) => {
            for operation in operations.values_mut() {
                put_aside(&mut operation.node.selection_set.node);
            }
        }
    }
    for fragment in document.fragments.values_mut() {
        put_aside(&mut fragment.node.selection_set.node);
    }
}

fn put_aside(set: &mut SelectionSet) {
    for selection in &mut set.items {
        match &mut selection.node {
            Selection::Field(field) => {
                let given = field.node.arguments.iter_mut().filter(|(name, _)| name.node == INPUT);
                for (_, value) in given {
                    let input = std::mem::replace(&mut value.node, Given::Null);
                    value.node = Given::List(vec![input]);
                }
            }
            Selection::InlineFragment(inline) => put_aside(&mut inline.node.selection_set.node),
            Selection::FragmentSpread(_) => {}
        }
    }
}

/// What a command is given with.
#[derive(Default)]
struct Arguments {
    input: Value,
    key: Option<String>,
    merchant: Option<String>,
    if_match: Option<Value>,
    dry_run: bool,
}

impl Arguments {
    fn of(given: Vec<(Name, Value)>) -> Self {
        let mut arguments = Self::default();
        for (name, value) in given {
            match (name.as_str(), value) {
                (INPUT, Value::List(mut items)) => arguments.input = items.pop().unwrap_or_default(),
                (KEY, Value::String(key)) => arguments.key = Some(key),
                (MERCHANT, Value::String(merchant)) => arguments.merchant = Some(merchant),
                (DRY_RUN, Value::Boolean(is_so)) => arguments.dry_run = is_so,
                (IF_MATCH, version) if version != Value::Null => arguments.if_match = Some(version),
                _ => {}
            }
        }
        arguments
    }

    fn key(&self, mutable: &Mutable) -> Result<Option<IdempotencyKey>, ApiError> {
        match &self.key {
            Some(key) => {
                let key = IdempotencyKey::new(key);
                key.map(Some).map_err(|reason| ApiError::InvalidKey(reason.to_string()))
            }
            None if mutable.needs_key => Err(ApiError::KeyRequired),
            None => Ok(None),
        }
    }

    fn version(&self) -> Result<Option<u64>, ApiError> {
        let Some(version) = self.if_match.clone() else { return Ok(None) };
        Long::parse(version).map(|version| Some(version.0)).map_err(|_| ApiError::InvalidIfMatch)
    }
}

/// Carries a command out. What the caller can mend is an answer too.
async fn carry_out(
    request: &RequestContext,
    mutable: &Mutable,
    given: Vec<(Name, Value)>,
) -> Result<CommandPayload, Problem> {
    match decide(request, mutable, Arguments::of(given)).await {
        Ok(payload) => Ok(payload),
        Err(problem) if problem.status().is_server_error() => Err(problem.into()),
        Err(problem) => Ok(CommandPayload::refused(problem)),
    }
}

async fn decide(
    request: &RequestContext,
    mutable: &Mutable,
    arguments: Arguments,
) -> Result<CommandPayload, ApiError> {
    let key = arguments.key(mutable)?;
    let version = arguments.version()?;
    let metadata = request.headers().metadata.clone()?;
    let app = request.app();
    let command = fitting::read(mutable, arguments.input)?;
    let name = arguments.merchant.as_deref().or(request.headers().merchant.as_deref());
    let merchant = headers::merchant_of(app, &command, name).await?;
    let request = submit::request(app, &merchant, key.as_ref(), command, metadata)?;
    let requests: Vec<Request> = vec![request.if_match(version).dry_run(arguments.dry_run)];
    let reply = submit::submit(app, &merchant, requests).await.pop().ok_or(ApiError::Internal)?;
    let (answer, replayed) = submit::decided(reply)?;
    let payload = CommandPayload::of(&merchant, &answer, replayed)?;
    if arguments.dry_run {
        return Ok(payload.of_dry_run());
    }
    Ok(payload)
}
