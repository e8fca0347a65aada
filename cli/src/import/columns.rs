//! The columns that an import reads, and their headings in the exports of Shopify and WooCommerce.
//!
//! Headings are compared without case, blanks and punctuation: `Lineitem sku`, `lineitem_sku` and `LINEITEM SKU` are the
//! same. WooCommerce itself exports no orders; its column has the headings of the usual export plugins.

use super::error::ImportError;

/// The content of a column, as far as it matters for all of its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    Text,
    /// Data of a person: no message shows it.
    Personal,
    /// A quantity or an amount.
    Number,
    /// Degrees: a number without separators of thousands.
    Degrees,
}

#[derive(Debug)]
pub struct Column {
    /// The heading in files that are written for Holdfast; used in messages and error codes.
    pub name: &'static str,
    pub content: Content,
    pub is_required: bool,
    /// True if all rows of an order share the value: one of them has it, and the others have the same or none.
    pub is_of_order: bool,
    shopify: &'static [&'static str],
    woocommerce: &'static [&'static str],
}

impl Column {
    const fn new(name: &'static str, content: Content) -> Self {
        Self { name, content, is_required: false, is_of_order: false, shopify: &[], woocommerce: &[] }
    }

    const fn required(self) -> Self {
        Self { is_required: true, ..self }
    }

    const fn of_order(self) -> Self {
        Self { is_of_order: true, ..self }
    }

    /// Adds the headings of the exports of Shopify and WooCommerce. The first one that a file has is used.
    const fn also(self, shopify: &'static [&'static str], woocommerce: &'static [&'static str]) -> Self {
        Self { shopify, woocommerce, ..self }
    }
}

use Content::{Degrees, Number, Personal, Text};

pub const LOCATIONS: &[Column] = &[
    Column::new("location", Text).required(),
    Column::new("latitude", Degrees).required(),
    Column::new("longitude", Degrees).required(),
];

pub const STOCK: &[Column] = &[
    Column::new("sku", Text).required(),
    Column::new("location", Text),
    Column::new("on_hand", Number).required().also(&["On hand", "On hand (current)"], &["Stock"]),
];

pub const ORDERS: &[Column] = &[
    Column::new("order_ref", Text).required().of_order().also(&["Name"], &["Order Number", "Order ID"]),
    Column::new("channel", Text).of_order(),
    Column::new("placed_at", Text).of_order().also(&["Created at"], &["Order Date", "Date"]),
    Column::new("customer_ref", Text).of_order(),
    Column::new("currency", Text).of_order().also(&["Currency"], &["Order Currency"]),
    Column::new("shipping_charge", Number)
        .of_order()
        .also(&["Shipping"], &["Shipping Total", "Order Shipping Amount"]),
    Column::new("cancelled_at", Text).of_order().also(&["Cancelled at"], &[]),
    Column::new("status", Text).of_order().also(&["Fulfillment Status"], &["Status", "Order Status"]),
    Column::new("financial_status", Text).of_order().also(&["Financial Status"], &[]),
    Column::new("ship_name", Personal).of_order().also(&["Shipping Name"], &[]),
    Column::new("ship_first_name", Personal)
        .of_order()
        .also(&[], &["Shipping First Name", "First Name (Shipping)"]),
    Column::new("ship_last_name", Personal)
        .of_order()
        .also(&[], &["Shipping Last Name", "Last Name (Shipping)"]),
    Column::new("ship_company", Personal)
        .of_order()
        .also(&["Shipping Company"], &["Shipping Company", "Company (Shipping)"]),
    Column::new("ship_address1", Personal).of_order().also(
        &["Shipping Address1"],
        &["Shipping Address 1", "Address 1 (Shipping)", "Address 1&2 (Shipping)"],
    ),
    Column::new("ship_address2", Personal)
        .of_order()
        .also(&["Shipping Address2"], &["Shipping Address 2", "Address 2 (Shipping)"]),
    Column::new("ship_city", Personal)
        .of_order()
        .also(&["Shipping City"], &["Shipping City", "City (Shipping)"]),
    Column::new("ship_region", Personal)
        .of_order()
        .also(&["Shipping Province"], &["Shipping State", "State Code (Shipping)"]),
    Column::new("ship_postal_code", Personal)
        .of_order()
        .also(&["Shipping Zip"], &["Shipping Postcode", "Postcode (Shipping)"]),
    Column::new("ship_country", Personal)
        .of_order()
        .also(&["Shipping Country"], &["Shipping Country", "Country Code (Shipping)"]),
    Column::new("ship_phone", Personal)
        .of_order()
        .also(&["Shipping Phone"], &["Shipping Phone", "Phone (Shipping)"]),
    Column::new("email", Personal)
        .of_order()
        .also(&["Email"], &["Billing Email", "Customer Email", "Email (Billing)"]),
    Column::new("sku", Text).required().also(&["Lineitem sku"], &["Item SKU"]),
    Column::new("quantity", Number).required().also(&["Lineitem quantity"], &["Item Quantity"]),
    Column::new("requires_stock", Text).also(&["Lineitem requires shipping"], &[]),
    Column::new("unit_price", Number).also(&["Lineitem price"], &["Item Cost"]),
    Column::new("line_total", Number).also(&[], &["Item Total"]),
    Column::new("line_total_usd", Number),
    Column::new("line_tax", Number).also(&[], &["Item Total Tax"]),
    Column::new("line_discount", Number).also(&["Lineitem discount"], &[]),
];

/// The headings that the rejects file has before those of the input. They are ignored when it is imported.
pub const REJECTS: [&str; 3] = ["reject_line", "reject_code", "reject_reason"];

/// A shop whose export a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shop {
    Shopify,
    WooCommerce,
}

/// The columns of a file.
#[derive(Debug)]
pub struct Header {
    /// The columns that the file has, each with its index in the rows.
    pub columns: Vec<(&'static Column, usize)>,
    /// The headings of columns that the import does not read.
    pub ignored: Vec<String>,
    /// The shop that uses the file's heading of the column `sku`; `None` if that is `sku`.
    pub shop: Option<Shop>,
}

impl Header {
    /// Finds columns among the headings of a file.
    pub fn find(columns: &'static [Column], headings: &[String], file: &str) -> Result<Self, ImportError> {
        let normal: Vec<String> = headings.iter().map(|heading| normalized(heading)).collect();
        let mut header = Self { columns: Vec::new(), ignored: Vec::new(), shop: None };
        for column in columns {
            let own = std::iter::once((column.name, None));
            let shopify = column.shopify.iter().map(|heading| (*heading, Some(Shop::Shopify)));
            let woocommerce = column.woocommerce.iter().map(|heading| (*heading, Some(Shop::WooCommerce)));
            let found = own.chain(shopify).chain(woocommerce).find_map(|(name, shop)| {
                let name = normalized(name);
                normal.iter().position(|heading| *heading == name).map(|index| (index, shop))
            });
            let Some((index, shop)) = found else { continue };
            if normal.iter().filter(|heading| **heading == normal[index]).count() > 1 {
                return Err(ImportError::RepeatedColumn {
                    file: file.to_owned(),
                    heading: headings[index].clone(),
                });
            }
            if column.name == "sku" {
                header.shop = shop;
            }
            header.columns.push((column, index));
        }
        let is_read = |index: &usize| header.columns.iter().any(|(_, read)| read == index);
        let is_known = |index: &usize| {
            normal[*index].is_empty() || REJECTS.iter().any(|name| normalized(name) == normal[*index])
        };
        let ignored = (0..headings.len()).filter(|index| !is_read(index) && !is_known(index));
        header.ignored = ignored.map(|index| headings[index].clone()).collect();
        Ok(header)
    }

    /// Whether the file has a column.
    pub fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|(found, _)| found.name == column)
    }

    /// The first required column that the file does not have.
    pub fn missing(&self, columns: &'static [Column]) -> Option<&'static str> {
        let is_missing = |column: &&Column| column.is_required && !self.has(column.name);
        columns.iter().find(is_missing).map(|column| column.name)
    }
}

/// A heading in the form in which headings are compared.
pub fn normalized(heading: &str) -> String {
    heading.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(columns: &'static [Column], headings: &[&str]) -> Result<Header, ImportError> {
        let headings: Vec<String> = headings.iter().map(|heading| (*heading).to_owned()).collect();
        Header::find(columns, &headings, "x.csv")
    }

    #[test]
    fn headings_are_found_without_case_blanks_and_punctuation() {
        let header = find(ORDERS, &[" ORDER-Ref ", "Sku", "QUANTITY", "Colour", ""]).unwrap();
        let found: Vec<_> = header.columns.iter().map(|(column, index)| (column.name, *index)).collect();
        assert_eq!(found, [("order_ref", 0), ("sku", 1), ("quantity", 2)]);
        assert_eq!(header.ignored, ["Colour"]);
        assert_eq!((header.missing(ORDERS), header.shop), (None, None));
    }

    #[test]
    fn every_heading_is_documented() {
        let page = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/how-to/import-from-a-shop.md"));
        for column in LOCATIONS.iter().chain(STOCK).chain(ORDERS) {
            let headings =
                [column.name].into_iter().chain(column.shopify.iter().chain(column.woocommerce).copied());
            let missing: Vec<&str> =
                headings.filter(|heading| !page.contains(&format!("`{heading}`"))).collect();
            assert!(missing.is_empty(), "{missing:?}");
        }
    }

    #[test]
    fn a_heading_that_is_read_may_not_be_repeated() {
        let repeated = find(STOCK, &["sku", "location", "on_hand", "SKU"]).unwrap_err();
        assert!(matches!(repeated, ImportError::RepeatedColumn { heading, .. } if heading == "sku"));
        assert!(find(STOCK, &["sku", "location", "on_hand", "note", "note"]).is_ok());
    }

    #[test]
    fn the_own_heading_has_precedence_over_those_of_shops() {
        let header = find(ORDERS, &["Name", "Lineitem sku", "sku", "order_ref", "quantity"]).unwrap();
        assert_eq!(header.ignored, ["Name", "Lineitem sku"]);
        assert_eq!(header.shop, None);
        let exported = find(ORDERS, &["Name", "Lineitem sku", "Lineitem quantity"]).unwrap();
        assert_eq!(exported.shop, Some(Shop::Shopify));
        assert_eq!(find(ORDERS, &["order_number", "item_sku"]).unwrap().missing(ORDERS), Some("quantity"));
    }
}
