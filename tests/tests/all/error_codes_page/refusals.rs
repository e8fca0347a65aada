//! Error enums that implement `Refusal`: the code, class and text of each case.

use std::collections::BTreeMap;

use syn::{Expr, Item, ItemEnum, ItemImpl, Pat, Stmt};

use super::{Rows, constant, status_of_class};

/// A row for each case of each enum that implements `Refusal`.
pub(super) fn find(files: &[syn::File]) -> Rows {
    rows_of_enums(files, |item, texts| implements_refusal(item).then(|| refusals(item, texts)))
}

/// The rows that a function finds in the `impl` blocks of error enums; it is given the texts of the enum's cases.
pub(super) fn rows_of_enums(
    files: &[syn::File],
    find: impl Fn(&ItemImpl, &BTreeMap<String, String>) -> Option<Rows>,
) -> Rows {
    let items = || files.iter().flat_map(|file| &file.items);
    let enums = items().filter_map(|item| match item {
        Item::Enum(item) => Some((item.ident.to_string(), texts_of(item))),
        _ => None,
    });
    let texts: BTreeMap<_, _> = enums.collect();
    let rows_of = |item: &Item| match item {
        Item::Impl(item) => find(item, texts.get(&type_of(item)?)?),
        _ => None,
    };
    items().filter_map(rows_of).flatten().collect()
}

/// The type that an `impl` block is about.
fn type_of(item: &ItemImpl) -> Option<String> {
    let syn::Type::Path(of) = &*item.self_ty else { return None };
    Some(of.path.segments.last()?.ident.to_string())
}

/// The text of each case of an error enum, as `thiserror` formats it.
fn texts_of(item: &ItemEnum) -> BTreeMap<String, String> {
    let text = |attribute: &syn::Attribute| {
        if !attribute.path().is_ident("error") {
            return None;
        }
        let format = attribute.meta.require_list().ok()?.tokens.clone().into_iter().next()?;
        syn::parse_str::<syn::LitStr>(&format.to_string()).ok().map(|literal| literal.value())
    };
    let case = |case: &syn::Variant| Some((case.ident.to_string(), case.attrs.iter().find_map(text)?));
    item.variants.iter().filter_map(case).collect()
}

fn implements_refusal(item: &ItemImpl) -> bool {
    let name = item.trait_.as_ref().and_then(|(_, path, _)| path.segments.last());
    name.is_some_and(|name| name.ident == "Refusal")
}

fn refusals(item: &ItemImpl, texts: &BTreeMap<String, String>) -> Rows {
    let kinds = kinds(item);
    let row = |(case, text): (&String, &String)| {
        let (code, class) = kinds.get(case).unwrap_or_else(|| panic!("the code of {case} was not found"));
        let status = status_of_class(class).unwrap_or_else(|| panic!("no status of {class}"));
        (code.clone(), status, text.clone())
    };
    texts.iter().map(row).collect()
}

/// The code and the class that `kind` returns for each case.
fn kinds(item: &ItemImpl) -> BTreeMap<String, (String, String)> {
    let function = item.items.iter().find_map(|item| match item {
        syn::ImplItem::Fn(function) if function.sig.ident == "kind" => Some(function),
        _ => None,
    });
    let Some(Stmt::Expr(Expr::Match(by_case), _)) = function.and_then(|function| function.block.stmts.last())
    else {
        return BTreeMap::new();
    };
    let arm = |arm: &syn::Arm| {
        let kind = pair(&arm.body).expect("a code and a class");
        cases(&arm.pat).into_iter().map(move |case| (case, kind.clone()))
    };
    by_case.arms.iter().flat_map(arm).collect()
}

/// The constants of a pair such as `("unknown_sku", Class::Invalid)`.
fn pair(expression: &Expr) -> Option<(String, String)> {
    match expression {
        Expr::Tuple(pair) => Some((constant(pair.elems.first()?)?, constant(pair.elems.last()?)?)),
        Expr::Block(block) => match block.block.stmts.as_slice() {
            [Stmt::Expr(inner, None)] => pair(inner),
            _ => None,
        },
        _ => None,
    }
}

/// The cases that a pattern such as `Self::A(_) | Self::B { .. }` names.
pub(super) fn cases(pattern: &Pat) -> Vec<String> {
    let last = |path: &syn::Path| vec![path.segments.last().unwrap().ident.to_string()];
    match pattern {
        Pat::Or(or) => or.cases.iter().flat_map(cases).collect(),
        Pat::Path(path) => last(&path.path),
        Pat::TupleStruct(tuple) => last(&tuple.path),
        Pat::Struct(of_fields) => last(&of_fields.path),
        _ => Vec::new(),
    }
}
