//! The error enum of the API: a method answers code and HTTP status of each case.

use std::collections::BTreeMap;

use syn::{Expr, ItemImpl};

use super::refusals::{cases, rows_of_enums};
use super::{Rows, constant};

/// The method of the enum.
const METHOD: &str = "code_and_status";

/// A row for each case of each enum with that method.
pub(super) fn find(files: &[syn::File]) -> Rows {
    rows_of_enums(files, rows)
}

fn rows(item: &ItemImpl, texts: &BTreeMap<String, String>) -> Option<Rows> {
    let function = item.items.iter().find_map(|item| match item {
        syn::ImplItem::Fn(function) if function.sig.ident == METHOD => Some(function),
        _ => None,
    })?;
    let Some(syn::Stmt::Expr(Expr::Match(by_case), _)) = function.block.stmts.last() else {
        panic!("{METHOD} is not a match");
    };
    let mut rows = Rows::new();
    for arm in &by_case.arms {
        // Cases that wrap another error have no code of their own.
        let Some((code, status)) = code_and_status(&arm.body) else { continue };
        for case in cases(&arm.pat) {
            let text = texts.get(&case).unwrap_or_else(|| panic!("{case} has no text"));
            rows.insert((code.clone(), status.clone(), text.clone()));
        }
    }
    Some(rows)
}

/// The values of a tuple such as `("unknown_route", StatusCode::NOT_FOUND)`.
fn code_and_status(expression: &Expr) -> Option<(String, String)> {
    match expression {
        Expr::Tuple(pair) => match pair.elems.iter().collect::<Vec<_>>()[..] {
            [code @ Expr::Lit(_), status] => Some((constant(code)?, number_of(&constant(status)?)?)),
            _ => None,
        },
        Expr::Block(block) => match block.block.stmts.as_slice() {
            [syn::Stmt::Expr(inner, None)] => code_and_status(inner),
            _ => None,
        },
        _ => None,
    }
}

/// The number of a constant such as `BAD_REQUEST`.
fn number_of(name: &str) -> Option<String> {
    let known = (400..600).filter_map(|code| reqwest::StatusCode::from_u16(code).ok());
    let is_named = |status: &reqwest::StatusCode| {
        let reason = status.canonical_reason().unwrap_or_default();
        reason.to_ascii_uppercase().replace([' ', '-'], "_") == name
    };
    known.into_iter().find(is_named).map(|status| status.as_str().to_owned())
}
