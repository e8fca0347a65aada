//! Text from outside, checked once where it comes in: identifiers, SKUs, free text with a limit.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Why a text is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// An empty text.
    #[error("must not be empty")]
    Empty,
    /// More than this number of characters.
    #[error("is longer than {0} characters")]
    TooLong(usize),
    /// A character that is not one of these.
    #[error("contains a character that is not permitted; permitted: {0}")]
    Character(&'static str),
    /// Not a currency code.
    #[error("must be three capital letters (ISO 4217), such as EUR")]
    Currency,
}

fn checked(
    text: &str,
    limit: usize,
    is_permitted: fn(char) -> bool,
    permitted: &'static str,
) -> Result<(), TextError> {
    if text.is_empty() {
        return Err(TextError::Empty);
    }
    if text.chars().count() > limit {
        return Err(TextError::TooLong(limit));
    }
    if !text.chars().all(is_permitted) {
        return Err(TextError::Character(permitted));
    }
    Ok(())
}

fn identifier_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ':' | '-')
}

/// Declares a newtype over shared text with its own rule, limit, serde and schema.
macro_rules! text_newtype {
    ($(#[$doc:meta])* $name:ident, $limit:literal, $read:path $(, $pattern:literal)?) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The maximum number of characters.
            pub const LIMIT: usize = $limit;

            /// The value of a valid text.
            pub fn new(text: &str) -> Result<Self, TextError> {
                Ok(Self(Arc::from(&*$read(text, $limit)?)))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = TextError;
            fn from_str(text: &str) -> Result<Self, TextError> {
                Self::new(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<'de, str>::deserialize(deserializer)?;
                Self::new(&text).map_err(D::Error::custom)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "minLength": 1, "maxLength": $limit $(, "pattern": $pattern)? })
            }
        }
    };
}

fn identifier(text: &str, limit: usize) -> Result<&str, TextError> {
    checked(text, limit, identifier_character, "letters, digits and . _ : -").map(|()| text)
}

/// A name in another system, without blanks at its ends and in Unicode's normalization form C, so that equal names are
/// equal texts.
fn name(text: &str, limit: usize) -> Result<Cow<'_, str>, TextError> {
    let text = text.trim();
    let name = if is_nfc(text) { Cow::Borrowed(text) } else { Cow::Owned(text.nfc().collect()) };
    checked(&name, limit, is_printable, "printable characters")?;
    Ok(name)
}

/// Whether a character is visible, or a blank, and does not change how the characters around it are shown. Joiners and
/// variation selectors are permitted: scripts and emoji need them.
fn is_printable(c: char) -> bool {
    let is_separator = matches!(c, '\u{2028}' | '\u{2029}');
    let is_direction = matches!(
        c,
        '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{206F}'
    );
    let is_invisible = matches!(
        c,
        '\u{AD}' | '\u{34F}' | '\u{115F}' | '\u{1160}' | '\u{180E}' | '\u{200B}' | '\u{2060}'..='\u{2065}' | '\u{3164}'
            | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}'
    );
    // U+FFFD stands for a character that was lost before the text came here.
    let is_no_character =
        (u32::from(c) & 0xFFFE) == 0xFFFE || matches!(c, '\u{FDD0}'..='\u{FDEF}' | '\u{FFFD}');
    !(c.is_control() || is_separator || is_direction || is_invisible || is_no_character)
}

fn key(text: &str, limit: usize) -> Result<&str, TextError> {
    checked(text, limit, is_printable, "printable characters").map(|()| text)
}

fn currency(text: &str, _limit: usize) -> Result<&str, TextError> {
    if text.len() == 3 && text.chars().all(|c| c.is_ascii_uppercase()) {
        return Ok(text);
    }
    Err(TextError::Currency)
}

text_newtype!(
    /// A merchant: the owner of goods and orders.
    MerchantId, 64, identifier, "^[A-Za-z0-9._:-]+$"
);
text_newtype!(
    /// A location: a warehouse or a store.
    LocationId, 64, identifier, "^[A-Za-z0-9._:-]+$"
);
text_newtype!(
    /// A sales channel: a shop, a marketplace, a point of sale.
    ChannelName, 64, identifier, "^[A-Za-z0-9._:-]+$"
);
text_newtype!(
    /// A name in another system: a channel's order number, a payment, a carrier, a tracking number. Any printable characters;
    /// blanks at its ends are removed.
    Reference, 128, name
);
text_newtype!(
    /// A stock keeping unit: the merchant's name for one kind of goods. Any printable characters; blanks at its ends are
    /// removed, and upper and lower case differ.
    Sku, 64, name
);
text_newtype!(
    /// The sender's name for one request, from the `Idempotency-Key` header or a command of a bulk request.
    IdempotencyKey, 255, key
);
text_newtype!(
    /// An ISO 4217 currency code.
    Currency, 3, currency, "^[A-Z]{3}$"
);

impl Reference {
    /// A lower-case letter and a number, such as `h1`.
    pub(crate) fn numbered<const LETTER: char>(number: u64) -> Self {
        const { assert!(LETTER.is_ascii_lowercase()) }
        Self(format!("{LETTER}{number}").into())
    }

    /// The form in which names are compared that people type in different ways: without blanks and in lower case.
    pub fn without_case_and_blanks(&self) -> String {
        self.0.split_whitespace().flat_map(|word| word.chars().flat_map(char::to_lowercase)).collect()
    }
}

/// The first name that occurs a second time.
pub(crate) fn repeated<'a>(names: impl Iterator<Item = &'a Reference>) -> Option<&'a Reference> {
    let mut seen = BTreeSet::new();
    names.into_iter().find(|name| !seen.insert(*name))
}

impl Currency {
    /// Decimal places of the currency's minor unit (ISO 4217, table A.1): 0 to 4.
    pub fn digits(&self) -> u32 {
        const NONE: [&str; 17] = [
            "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV",
            "XAF", "XOF", "XPF",
        ];
        const THREE: [&str; 7] = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];
        match self.as_str() {
            code if NONE.contains(&code) => 0,
            code if THREE.contains(&code) => 3,
            "CLF" | "UYW" => 4,
            _ => 2,
        }
    }
}

/// Free text for people: 1 to `LIMIT` characters, no control characters except line feeds and tabs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text<const LIMIT: usize>(Box<str>);

impl<const LIMIT: usize> Text<LIMIT> {
    /// The value of a valid text.
    pub fn new(text: &str) -> Result<Self, TextError> {
        checked(
            text,
            LIMIT,
            |c| !c.is_control() || c == '\n' || c == '\t',
            "printable characters, line feeds and tabs",
        )?;
        Ok(Self(text.into()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text in the program, which is checked at compile time. [`text!`](crate::text) makes a [`Text`] of it.
#[derive(Debug, Clone, Copy)]
pub struct Literal(&'static str);

impl Literal {
    const LIMIT: usize = 100;

    /// A literal of 1 to 100 printable ASCII characters.
    ///
    /// # Panics
    /// On any other literal: in [`text!`](crate::text) it does not compile.
    pub const fn new(text: &'static str) -> Self {
        let (bytes, mut index) = (text.as_bytes(), 0);
        assert!(!bytes.is_empty() && bytes.len() <= Self::LIMIT);
        while index < bytes.len() {
            assert!(bytes[index] >= b' ' && bytes[index] <= b'~');
            index += 1;
        }
        Self(text)
    }
}

impl<const LIMIT: usize> From<Literal> for Text<LIMIT> {
    fn from(literal: Literal) -> Self {
        const { assert!(LIMIT >= Literal::LIMIT) }
        Self(literal.0.into())
    }
}

/// A [`Text`](crate::values::Text) of a literal, which is checked at compile time: 1 to 100 printable ASCII characters.
///
/// ```
/// let reason: holdfast_domain::values::Text<500> = holdfast_domain::text!("damaged in transit");
/// assert_eq!(reason.as_str(), "damaged in transit");
/// ```
/// ```compile_fail
/// let reason: holdfast_domain::values::Text<500> = holdfast_domain::text!("");
/// ```
#[macro_export]
macro_rules! text {
    ($text:expr) => {
        $crate::values::Text::from(const { $crate::values::Literal::new($text) })
    };
}

impl<const LIMIT: usize> fmt::Debug for Text<LIMIT> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

impl<const LIMIT: usize> fmt::Display for Text<LIMIT> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<const LIMIT: usize> Serialize for Text<LIMIT> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de, const LIMIT: usize> Deserialize<'de> for Text<LIMIT> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        Self::new(&text).map_err(D::Error::custom)
    }
}

impl<const LIMIT: usize> JsonSchema for Text<LIMIT> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        format!("Text{LIMIT}").into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": LIMIT })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_another_system_is_kept_as_it_is() {
        for name in [
            "#1001",
            "SO/2026/0007",
            "DHL Express",
            "a@b.example",
            "Versand & Verpackung",
            "Tasse-grün",
            "Ж 🎁",
        ] {
            assert_eq!(Reference::new(name).unwrap().as_str(), name);
            assert_eq!(Sku::new(name).unwrap().as_str(), name);
        }
        assert_eq!(Sku::new(""), Err(TextError::Empty));
        assert_eq!(Sku::new("  "), Err(TextError::Empty));
        assert!(Sku::new(&"ü".repeat(64)).is_ok());
        assert_eq!(Sku::new(&"x".repeat(65)), Err(TextError::TooLong(64)));
    }

    #[test]
    fn equal_names_are_equal_texts() {
        assert_eq!(Sku::new(" AB 12 ").unwrap().as_str(), "AB 12");
        assert_eq!(Sku::new("gru\u{308}n"), Sku::new("grün"));
        assert_ne!(Sku::new("mug"), Sku::new("MUG"));
        let folded = |name: &str| Reference::new(name).unwrap().without_case_and_blanks();
        assert_eq!(folded("1Z 999 AA1"), folded("1z999aa1"));
    }

    #[test]
    fn a_name_has_no_invisible_characters() {
        for bad in [
            "a\0b",
            "a\nb",
            "a\u{2028}b",
            "a\u{202E}b",
            "a\u{200B}b",
            "a\u{FEFF}b",
            "a\u{61C}b",
            "a\u{2063}b",
            "a\u{3164}b",
            "a\u{E0041}",
            "a\u{FFFF}b",
            "a\u{FFFD}b",
            "a\u{FDD0}",
        ] {
            assert!(matches!(Sku::new(bad), Err(TextError::Character(_))), "{bad:?}");
        }
    }

    #[test]
    fn an_identifier_has_letters_digits_dots_underscores_colons_and_hyphens() {
        assert!(LocationId::new("DC-1:a_b.c").is_ok());
        for bad in ["a b", "a/b", "é", "a\0"] {
            assert!(LocationId::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn free_text_has_any_letters_and_no_control_characters() {
        assert!(Text::<20>::new("Grüße\nan alle").is_ok());
        assert!(Text::<20>::new("bell\u{7}").is_err());
        assert!(serde_json::from_str::<Text<3>>("\"long\"").is_err());
    }
}
