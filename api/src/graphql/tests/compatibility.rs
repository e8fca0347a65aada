//! Finds breaking changes of the GraphQL schema. An update of the schema file must not contain any.

use std::collections::BTreeMap;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, FieldDefinition, InputValueDefinition, Type, TypeDefinition, TypeKind, TypeSystemDefinition,
};
use async_graphql::{Name, Positioned};

fn types(sdl: &str) -> BTreeMap<Name, TypeDefinition> {
    let document = parse_schema(sdl).expect("a schema");
    let type_of = |definition| match definition {
        TypeSystemDefinition::Type(found) => Some((found.node.name.node.clone(), found.node)),
        _ => None,
    };
    document.definitions.into_iter().filter_map(type_of).collect()
}

/// The changes from one schema to another that break clients.
pub(super) fn breaking_changes(before: &str, after: &str) -> Vec<String> {
    let (before, after) = (types(before), types(after));
    let mut changes = Vec::new();
    for (name, before) in &before {
        match after.get(name) {
            Some(after) => compare_types(name, &before.kind, &after.kind, &mut changes),
            None => changes.push(format!("{name} was removed")),
        }
    }
    changes
}

fn compare_types(name: &Name, before: &TypeKind, after: &TypeKind, changes: &mut Vec<String>) {
    match (before, after) {
        (TypeKind::Scalar, TypeKind::Scalar) => {}
        (TypeKind::Object(before), TypeKind::Object(after)) => {
            compare_fields(name, &before.fields, &after.fields, changes);
        }
        (TypeKind::Interface(before), TypeKind::Interface(after)) => {
            compare_fields(name, &before.fields, &after.fields, changes);
        }
        (TypeKind::Union(before), TypeKind::Union(after)) => {
            let removed = before
                .members
                .iter()
                .filter(|member| !after.members.iter().any(|other| other.node == member.node));
            changes.extend(removed.map(|member| format!("{name} no longer contains {}", member.node)));
        }
        (TypeKind::Enum(before), TypeKind::Enum(after)) => {
            let removed = before
                .values
                .iter()
                .filter(|value| !after.values.iter().any(|other| other.node.value == value.node.value));
            changes.extend(removed.map(|value| format!("{name}.{} was removed", value.node.value)));
        }
        (TypeKind::InputObject(before), TypeKind::InputObject(after)) => {
            compare_inputs(name.as_str(), &before.fields, &after.fields, changes);
        }
        _ => changes.push(format!("{name} has another kind")),
    }
}

fn compare_fields(
    owner: &Name,
    before: &[Positioned<FieldDefinition>],
    after: &[Positioned<FieldDefinition>],
    changes: &mut Vec<String>,
) {
    for Positioned { node: before, .. } in before {
        let name = format!("{owner}.{}", before.name.node);
        match after.iter().find(|field| field.node.name.node == before.name.node) {
            None => changes.push(format!("{name} was removed")),
            Some(Positioned { node: after, .. }) => {
                if !is_within(&after.ty.node, &before.ty.node) {
                    changes.push(format!("{name} was {} and is {}", before.ty.node, after.ty.node));
                }
                compare_inputs(&name, &before.arguments, &after.arguments, changes);
            }
        }
    }
}

/// Compares the arguments of a field, or the fields of an input.
fn compare_inputs(
    owner: &str,
    before: &[Positioned<InputValueDefinition>],
    after: &[Positioned<InputValueDefinition>],
    changes: &mut Vec<String>,
) {
    for Positioned { node: before, .. } in before {
        let name = format!("{owner}({})", before.name.node);
        match after.iter().find(|input| input.node.name.node == before.name.node) {
            None => changes.push(format!("{name} was removed")),
            Some(Positioned { node: after, .. }) if !is_within(&before.ty.node, &after.ty.node) => {
                changes.push(format!("{name} was {} and is {}", before.ty.node, after.ty.node));
            }
            Some(_) => {}
        }
    }
    for Positioned { node: after, .. } in after {
        let is_new = !before.iter().any(|input| input.node.name.node == after.name.node);
        if is_new && !after.ty.node.nullable && after.default_value.is_none() {
            changes.push(format!("{owner}({}) is new and required", after.name.node));
        }
    }
}

/// Whether every value of the type `inner` is also a value of the type `outer`. Only nullable types contain null.
fn is_within(inner: &Type, outer: &Type) -> bool {
    let same_base = match (&inner.base, &outer.base) {
        (BaseType::Named(inner), BaseType::Named(outer)) => inner == outer,
        (BaseType::List(inner), BaseType::List(outer)) => is_within(inner, outer),
        _ => false,
    };
    same_base && (outer.nullable || !inner.nullable)
}

#[test]
fn breaking_changes_are_reported_and_additions_are_not() {
    let before = "enum Colour { RED BLUE }
        input Wish { colour: Colour! size: Int }
        union Thing = Cup | Tea
        type Cup { colour: Colour! size: Int tags(first: Int): [String!] }
        type Tea { name: String }";
    let with_additions = "enum Colour { RED BLUE GREEN }
        input Wish { colour: Colour size: Int strength: Int! = 3 }
        union Thing = Cup | Tea | Pot
        type Pot { colour: Colour }
        type Cup { colour: Colour! size: Int! tags(first: Int, after: String): [String!]! lid: Boolean }
        type Tea { name: String }";
    assert_eq!(breaking_changes(before, before), Vec::<String>::new());
    assert_eq!(breaking_changes(before, with_additions), Vec::<String>::new());
    for (old, new, change) in [
        ("RED BLUE", "RED", "Colour.BLUE was removed"),
        ("colour: Colour! size: Int }", "colour: Colour! size: Int! }", "Wish(size) was Int and is Int!"),
        ("size: Int }", "size: Int more: Int! }", "Wish(more) is new and required"),
        ("input Wish { colour: Colour! ", "input Wish { ", "Wish(colour) was removed"),
        ("Cup | Tea", "Cup", "Thing no longer contains Tea"),
        ("type Tea { name: String }", "", "Tea was removed"),
        ("{ name: String }", "{ title: String }", "Tea.name was removed"),
        ("type Cup { colour: Colour!", "type Cup { colour: Colour", "Cup.colour was Colour! and is Colour"),
        ("(first: Int)", "(first: Int!)", "Cup.tags(first) was Int and is Int!"),
        ("(first: Int)", "(first: Int, by: Int!)", "Cup.tags(by) is new and required"),
        ("[String!]", "[String]", "Cup.tags was [String!] and is [String]"),
        ("type Tea", "input Tea", "Tea has another kind"),
    ] {
        let after = before.replacen(old, new, 1);
        assert_ne!(after, before, "{old}");
        assert_eq!(breaking_changes(before, &after), [change], "{old} replaced by {new}");
    }
}
