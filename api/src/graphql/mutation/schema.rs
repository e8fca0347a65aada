//! Registers the type `Mutation` and its inputs, which are made from the JSON Schemas of the commands.

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::{Field, VariableDefinition};
use async_graphql::registry::{CacheControl, Deprecation, MetaField, MetaInputValue, MetaType, Registry};
use async_graphql::{ID, InputType, OutputType, Positioned, ServerResult, VisitorContext};

use super::input_types::{FieldType, INPUTS, InputObject, MutationField};
use super::payload::CommandPayload;
use super::{DRY_RUN, IF_MATCH, INPUT, KEY, MERCHANT, Mutation};
use crate::graphql::connection::{argument, declare_arguments};
use crate::graphql::descriptions::describe;
use crate::graphql::limits::{COMMAND_COST, MAX_COMMANDS};
use crate::graphql::types::choice::enum_type;
use crate::graphql::types::scalars::{DateTime, Decimal, Long};

const ABOUT: &str = "They run one after the other; one that fails does not affect the others. Correctable errors are returned \
    in `userErrors`, with the codes and pointers of REST. Request errors are `not_executed` (a retry is safe), \
    `outcome_unknown` (retry with the same key) and `internal_error`. The headers `Actor` and `Correlation-Id` are stored \
    with each command.";

/// The type `Mutation`. Registers all types of its arguments.
pub(super) fn mutation(registry: &mut Registry) -> MetaType {
    <f64 as InputType>::create_type_info(registry);
    <ID as InputType>::create_type_info(registry);
    <Long as InputType>::create_type_info(registry);
    <DateTime as InputType>::create_type_info(registry);
    <Decimal as InputType>::create_type_info(registry);
    <serde_json::Value as InputType>::create_type_info(registry);
    let payload = <Option<CommandPayload> as OutputType>::create_type_info(registry);
    for (name, schema) in &INPUTS.enums {
        // Queries may have registered the type: `Choice` makes it from the same JSON Schema.
        registry.types.entry(name.clone()).or_insert_with(|| enum_type(name, schema));
    }
    for (name, object) in &INPUTS.objects {
        registry.types.insert(name.clone(), input_object(name, object));
    }
    // Queries and the payload are registered now; subscriptions add no connection and no view.
    declare_arguments(registry);
    describe(registry);
    let fields = INPUTS.mutations.iter().map(|mutation| (mutation.name.clone(), field(mutation, &payload)));
    MetaType::Object {
        name: Mutation::type_name().into_owned(),
        description: Some(format!("Commands, at most {MAX_COMMANDS} per request. {ABOUT}")),
        fields: fields.collect(),
        cache_control: CacheControl::default(),
        extends: false,
        shareable: false,
        resolvable: true,
        keys: None,
        visible: None,
        inaccessible: false,
        interface_object: false,
        tags: Vec::new(),
        is_subscription: false,
        rust_typename: Some(std::any::type_name::<Mutation>()),
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    }
}

fn field(mutation: &MutationField, payload: &str) -> MetaField {
    MetaField {
        name: mutation.name.clone(),
        description: mutation.description.clone(),
        args: arguments(mutation),
        ty: payload.to_owned(),
        deprecation: Deprecation::NoDeprecated,
        cache_control: CacheControl::default(),
        external: false,
        requires: None,
        provides: None,
        visible: None,
        shareable: false,
        inaccessible: false,
        tags: Vec::new(),
        override_from: None,
        compute_complexity: Some(cost),
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    }
}

#[allow(clippy::unnecessary_wraps, reason = "the library's signature")]
fn cost(
    _: &VisitorContext<'_>,
    _: &[Positioned<VariableDefinition>],
    _: &Field,
    selected: usize,
) -> ServerResult<usize> {
    Ok(selected.saturating_add(COMMAND_COST))
}

fn arguments(mutation: &MutationField) -> IndexMap<String, MetaInputValue> {
    let key = "The idempotency key, 1 to 255 printable characters. A repeated command with the same key is not executed \
        again: it returns the first answer.";
    let merchant =
        "Default: the merchant of the header `Merchant` or, without the header, the only merchant.";
    let dry_run = "Return the answer without executing the command: nothing is written, and the key is not used. Default: false.";
    let if_match = "Reject the command unless the order has this `version`. Default: any version.";
    let string = |required| named(&FieldType::Scalar("String"), required);
    let mut arguments = vec![
        argument(INPUT, Some("The fields of the command."), named(&mutation.input, true)),
        argument(KEY, Some(key), string(mutation.needs_key)),
    ];
    if !mutation.names_merchant {
        arguments.push(argument(MERCHANT, Some(merchant), string(false)));
    }
    arguments.push(argument(DRY_RUN, Some(dry_run), named(&FieldType::Scalar("Boolean"), false)));
    arguments.push(argument(IF_MATCH, Some(if_match), named(&FieldType::Long, false)));
    arguments.into_iter().map(|argument| (argument.name.clone(), argument)).collect()
}

fn input_object(name: &str, object: &InputObject) -> MetaType {
    let fields = object.fields.iter().map(|field| {
        let kind = named(&field.kind, field.required);
        (field.name.clone(), argument(&field.name, field.description.as_deref(), kind))
    });
    MetaType::InputObject {
        name: name.to_owned(),
        description: object.description.clone(),
        input_fields: fields.collect(),
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        rust_typename: None,
        oneof: false,
        directive_invocations: Vec::new(),
    }
}

fn named(kind: &FieldType, required: bool) -> String {
    format!("{}{}", kind.name(), if required { "!" } else { "" })
}
