//! GraphQL's types for what commands take: what a derive would register, made of schemas instead.

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::{Field, VariableDefinition};
use async_graphql::registry::{
    CacheControl, Deprecation, MetaEnumValue, MetaField, MetaInputValue, MetaType, Registry,
};
use async_graphql::{ID, InputType, OutputType, Positioned, ServerResult, VisitorContext};

use super::inputs::{Choice, INPUTS, Mutable, Object, Shape};
use super::payload::CommandPayload;
use super::{DRY_RUN, IF_MATCH, INPUT, KEY, MERCHANT, Mutation};
use crate::graphql::limits::{COMMAND_COST, COMMANDS};
use crate::graphql::types::scalars::{DateTime, Decimal, Long};

const ABOUT: &str = "Those of one request are carried out one after the other. What the caller can mend is told in \
    `userErrors`, with the codes and pointers of REST. Errors of the request are `not_executed` (sending again is \
    safe), `outcome_unknown` (send again with the same key) and `internal_error`. Who acted and what belongs together \
    is told by the headers `Actor` and `Correlation-Id`.";

/// The type of all mutations, with everything that it is made of registered.
pub(super) fn mutation(registry: &mut Registry) -> MetaType {
    <f64 as InputType>::create_type_info(registry);
    <ID as InputType>::create_type_info(registry);
    <Long as InputType>::create_type_info(registry);
    <DateTime as InputType>::create_type_info(registry);
    <Decimal as InputType>::create_type_info(registry);
    <serde_json::Value as InputType>::create_type_info(registry);
    let payload = <Option<CommandPayload> as OutputType>::create_type_info(registry);
    for (name, choice) in &INPUTS.choices {
        // The query side's own is made of the same choice of the domain.
        registry.types.entry(name.clone()).or_insert_with(|| enumeration(name, choice));
    }
    for (name, object) in &INPUTS.objects {
        registry.types.insert(name.clone(), input_object(name, object));
    }
    let fields = INPUTS.commands.iter().map(|command| (command.field.clone(), field(command, &payload)));
    MetaType::Object {
        name: Mutation::type_name().into_owned(),
        description: Some(format!("Every command; a request may give {COMMANDS}. {ABOUT}")),
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

fn field(command: &Mutable, payload: &str) -> MetaField {
    MetaField {
        name: command.field.clone(),
        description: command.about.clone(),
        args: arguments(command),
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

fn arguments(command: &Mutable) -> IndexMap<String, MetaInputValue> {
    let key = "The sender's name for the command: sent again, it is answered and not carried out again.";
    let merchant =
        "For which merchant; that of the header `Merchant` where not given, or the only one there is.";
    let if_match = "The version that the order must still have.";
    let string = |required| named(&Shape::Scalar("String"), required);
    let mut arguments = vec![
        value(INPUT, Some("Its fields."), named(&command.input, true)),
        value(KEY, Some(key), string(command.needs_key)),
    ];
    if !command.names_merchant {
        arguments.push(value(MERCHANT, Some(merchant), string(false)));
    }
    let dry_run = "Only tell what would happen: nothing is written, and the key is not used.";
    arguments.push(value(DRY_RUN, Some(dry_run), named(&Shape::Scalar("Boolean"), false)));
    arguments.push(value(IF_MATCH, Some(if_match), named(&Shape::Long, false)));
    arguments.into_iter().map(|argument| (argument.name.clone(), argument)).collect()
}

fn input_object(name: &str, object: &Object) -> MetaType {
    let fields = object.members.iter().map(|member| {
        let kind = named(&member.shape, member.required);
        (member.name.clone(), value(&member.name, member.about.as_deref(), kind))
    });
    MetaType::InputObject {
        name: name.to_owned(),
        description: object.about.clone(),
        input_fields: fields.collect(),
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        rust_typename: None,
        oneof: false,
        directive_invocations: Vec::new(),
    }
}

fn enumeration(name: &str, choice: &Choice) -> MetaType {
    let values = choice.names.iter().map(|(domain, about)| {
        let name = domain.to_ascii_uppercase();
        let value = MetaEnumValue {
            name: name.clone(),
            description: about.clone(),
            deprecation: Deprecation::NoDeprecated,
            visible: None,
            inaccessible: false,
            tags: Vec::new(),
            directive_invocations: Vec::new(),
        };
        (name, value)
    });
    MetaType::Enum {
        name: name.to_owned(),
        description: choice.about.clone(),
        enum_values: values.collect(),
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        rust_typename: None,
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    }
}

fn value(name: &str, about: Option<&str>, kind: String) -> MetaInputValue {
    MetaInputValue {
        name: name.to_owned(),
        description: about.map(str::to_owned),
        ty: kind,
        deprecation: Deprecation::NoDeprecated,
        default_value: None,
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        is_secret: false,
        directive_invocations: Vec::new(),
    }
}

fn named(shape: &Shape, required: bool) -> String {
    format!("{}{}", shape.name(), if required { "!" } else { "" })
}
