//! Error enums that implement `Refusal`: the code, class and text of each case.

use std::collections::BTreeMap;

use syn::{Expr, Item, ItemEnum, ItemImpl, Pat, Stmt};

use super::{Rows, constant, status_of_class};

/// A row for each case of each enum that implements `Refusal`.
pub(super) fn find(files: &[syn::File]) -> Rows {
    let items = || files.iter().flat_map(|file| &file.items);
    let enums = items().filter_map(|item| match item {
        Item::Enum(item) => Some((item.ident.to_string(), texts_of(item))),
        _ => None,
    });
    let texts: BTreeMap<_, _> = enums.collect();
    let refusals_of = |item: &Item| match item {
        Item::Impl(item) => Some(refusals(item, texts.get(&refusal_of(item)?)?)),
        _ => None,
    };
    items().filter_map(refusals_of).flatten().collect()
}

/// The text of each case of an error enum, as `thiserror` formats it.
pub(super) fn texts_of(item: &ItemEnum) -> BTreeMap<String, String> {
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

/// The type that an `impl Refusal for Type` is about.
fn refusal_of(item: &ItemImpl) -> Option<String> {
    let (_, name, _) = item.trait_.as_ref()?;
    let syn::Type::Path(of) = &*item.self_ty else { return None };
    (name.segments.last()?.ident == "Refusal").then(|| of.path.segments.last().unwrap().ident.to_string())
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
