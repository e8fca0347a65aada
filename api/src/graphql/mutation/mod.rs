//! A mutation for each of [`COMMANDS`](holdfast_commands::COMMANDS).
//!
//! `input_types.rs` derives the inputs from the JSON Schemas that OpenAPI uses, `schema.rs` registers them with GraphQL, and
//! `input_conversion.rs` converts an input to the JSON that the command's reader expects. A command has the same fingerprint by
//! GraphQL and by REST, so both share idempotency keys.
//!
//! Correctable errors are in the payload's `userErrors`, with the codes and pointers of REST. Other errors (`not_executed`,
//! `outcome_unknown`, `internal_error`) are request errors, and the field is null.
//!
//! GraphQL's validation would reject the whole request for one invalid input field, without a pointer. Therefore
//! [`defer_input_validation`] leaves the validation of inputs to the command's reader.

mod input_conversion;
mod input_types;
mod payload;
mod schema;

use std::borrow::Cow;

use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, Field, Selection, SelectionSet};
use async_graphql::registry::{MetaTypeId, Registry};
use async_graphql::{
    ContainerType, Context, ContextSelectionSet, Error, Name, ObjectType, OutputType, Positioned, ScalarType,
    ServerResult, Value, resolver_utils,
};
use async_graphql_value::Value as LiteralValue;
use holdfast_commands::Request;
use holdfast_domain::values::IdempotencyKey;

use self::input_types::{INPUTS, MutationField};
use self::payload::CommandPayload;
use super::context::RequestContext;
use super::error::Problem;
use super::types::scalars::Long;
use crate::error::ApiError;
use crate::{headers, submit};

// The arguments of a mutation.
const INPUT: &str = "input";
const KEY: &str = "idempotencyKey";
const MERCHANT: &str = "merchant";
const DRY_RUN: &str = "dryRun";
const IF_MATCH: &str = "ifMatch";

/// All mutations.
pub(super) struct Mutation;

impl OutputType for Mutation {
    fn type_name() -> Cow<'static, str> {
        "Mutation".into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_output_type::<Self, _>(MetaTypeId::Object, schema::mutation)
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
        let Some(mutation) = INPUTS.mutation(&field.node.name.node) else { return Ok(None) };
        let mut arguments = context.field().arguments()?;
        for ((_, value), (_, written)) in arguments.iter_mut().zip(&field.node.arguments) {
            remove_unset(context, &written.node, value);
        }
        let request = RequestContext::of(context);
        let request = request.map_err(|problem| Error::from(problem).into_server_error(field.pos))?;
        match execute(request, mutation, arguments).await {
            Ok(payload) => {
                let selected = context.with_selection_set(&field.node.selection_set);
                OutputType::resolve(&payload, &selected, field).await.map(Some)
            }
            // Only this field is null: the other mutations of the request keep their results.
            Err(problem) => {
                let error = Error::from(problem).into_server_error(field.pos);
                context.add_error(context.set_error_path(error));
                Ok(Some(Value::Null))
            }
        }
    }
}

impl ObjectType for Mutation {}

/// Exempts inputs from GraphQL's validation by wrapping each input in a list: the validation of an input type checks objects
/// only. `Arguments` unwraps the input.
pub(super) fn defer_input_validation(document: &mut ExecutableDocument) {
    match &mut document.operations {
        DocumentOperations::Single(operation) => wrap_inputs(&mut operation.node.selection_set.node),
        DocumentOperations::Multiple(operations) => {
            for operation in operations.values_mut() {
                wrap_inputs(&mut operation.node.selection_set.node);
            }
        }
    }
    for fragment in document.fragments.values_mut() {
        wrap_inputs(&mut fragment.node.selection_set.node);
    }
}

fn wrap_inputs(set: &mut SelectionSet) {
    for selection in &mut set.items {
        match &mut selection.node {
            Selection::Field(field) => {
                let inputs = field.node.arguments.iter_mut().filter(|(name, _)| name.node == INPUT);
                for (_, value) in inputs {
                    let input = std::mem::replace(&mut value.node, LiteralValue::Null);
                    value.node = LiteralValue::List(vec![input]);
                }
            }
            Selection::InlineFragment(inline) => wrap_inputs(&mut inline.node.selection_set.node),
            Selection::FragmentSpread(_) => {}
        }
    }
}

/// Removes the fields of an input whose variable is not set: they are absent, which is not null.
fn remove_unset(context: &Context<'_>, written: &LiteralValue, value: &mut Value) {
    match (written, value) {
        (LiteralValue::List(written), Value::List(values)) => {
            written.iter().zip(values).for_each(|(written, value)| remove_unset(context, written, value));
        }
        (LiteralValue::Object(written), Value::Object(fields)) => {
            for (name, written) in written {
                match written {
                    LiteralValue::Variable(variable) if is_unset(context, variable) => {
                        fields.shift_remove(name);
                    }
                    written => {
                        if let Some(value) = fields.get_mut(name) {
                            remove_unset(context, written, value);
                        }
                    }
                }
            }
        }
        _ => {}
    }
}

fn is_unset(context: &Context<'_>, variable: &Name) -> bool {
    let definitions = &context.query_env.operation.node.variable_definitions;
    let has_default = definitions
        .iter()
        .any(|defined| defined.node.name.node == *variable && defined.node.default_value.is_some());
    !has_default && !context.query_env.variables.contains_key(variable)
}

/// The arguments of a mutation.
#[derive(Default)]
struct Arguments {
    input: Value,
    key: Option<String>,
    merchant: Option<String>,
    if_match: Option<Value>,
    dry_run: bool,
}

impl Arguments {
    fn new(values: Vec<(Name, Value)>) -> Self {
        let mut arguments = Self::default();
        for (name, value) in values {
            match (name.as_str(), value) {
                (INPUT, Value::List(mut items)) => arguments.input = items.pop().unwrap_or_default(),
                (KEY, Value::String(key)) => arguments.key = Some(key),
                (MERCHANT, Value::String(merchant)) => arguments.merchant = Some(merchant),
                (DRY_RUN, Value::Boolean(dry_run)) => arguments.dry_run = dry_run,
                (IF_MATCH, version) if version != Value::Null => arguments.if_match = Some(version),
                _ => {}
            }
        }
        arguments
    }

    fn key(&self, mutation: &MutationField) -> Result<Option<IdempotencyKey>, ApiError> {
        match &self.key {
            Some(key) => headers::idempotency_key(key).map(Some),
            None if mutation.needs_key => Err(ApiError::KeyRequired),
            None => Ok(None),
        }
    }

    fn versions(&self) -> Result<Option<Vec<u64>>, ApiError> {
        let Some(version) = self.if_match.clone() else { return Ok(None) };
        Long::parse(version).map(|version| Some(vec![version.0])).map_err(|_| ApiError::InvalidIfMatch)
    }
}

/// Executes a command. Returns a correctable error as a payload, another error as a request error.
async fn execute(
    request: &RequestContext,
    mutation: &MutationField,
    arguments: Vec<(Name, Value)>,
) -> Result<CommandPayload, Problem> {
    match submit(request, mutation, Arguments::new(arguments)).await {
        Ok(payload) => Ok(payload),
        Err(error) if error.status().is_server_error() => Err(error.into()),
        Err(error) => Ok(CommandPayload::rejected(&error)),
    }
}

async fn submit(
    request: &RequestContext,
    mutation: &MutationField,
    arguments: Arguments,
) -> Result<CommandPayload, ApiError> {
    let key = arguments.key(mutation)?;
    let versions = arguments.versions()?;
    let metadata = request.headers().metadata.clone()?;
    let app = request.app();
    let command = input_conversion::read(mutation, arguments.input)?;
    let name = arguments.merchant.as_deref().or(request.headers().merchant.as_deref());
    let merchant = headers::merchant_of(app, &command, name).await?;
    let request = submit::request(app, &merchant, key.as_ref(), command, metadata)?;
    let request = submit::require_version(request, versions)?;
    let requests: Vec<Request> = vec![request.dry_run(arguments.dry_run)];
    let reply = submit::submit(app, &merchant, requests).await.pop().ok_or(ApiError::Internal)?;
    let (answer, replayed) = submit::decided(reply)?;
    let payload = CommandPayload::new(&merchant, &answer, replayed)?;
    Ok(if arguments.dry_run { payload.without_order() } else { payload })
}
