//! The options that say how the files are written.

use clap::ValueEnum;
use encoding_rs::Encoding;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::number::DecimalSeparator;

#[derive(Debug, Clone, Default, clap::Args)]
pub struct Format {
    /// Encoding of files without a byte order mark, such as `windows-1252`. Default: UTF-8.
    #[arg(long, value_name = "NAME", value_parser = encoding)]
    pub encoding: Option<&'static Encoding>,
    /// Separator of fields. Default: the one with which the most known headings are found.
    #[arg(long, value_name = "NAME")]
    pub delimiter: Option<Delimiter>,
    /// Decimal separator of numbers. Default: the one with which all numbers of a file can be read.
    #[arg(long, value_name = "NAME")]
    pub decimal_separator: Option<DecimalSeparator>,
    /// IANA time zone of times without a zone, such as `Europe/Berlin`. Without it, such times are rejected.
    #[arg(long, value_name = "ZONE", value_parser = time_zone)]
    pub time_zone: Option<TimeZone>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Delimiter {
    Comma,
    Semicolon,
    Tab,
}

impl Delimiter {
    pub const ALL: [Self; 3] = [Self::Comma, Self::Semicolon, Self::Tab];

    pub fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
        }
    }

    /// The decimal separator of spreadsheets that write files with this separator of fields.
    pub fn usual_decimal_separator(self) -> DecimalSeparator {
        match self {
            Self::Semicolon => DecimalSeparator::Comma,
            Self::Comma | Self::Tab => DecimalSeparator::Point,
        }
    }
}

fn encoding(name: &str) -> Result<&'static Encoding, String> {
    Encoding::for_label(name.as_bytes()).ok_or_else(|| {
        "unknown encoding; use a name such as windows-1252, iso-8859-15 or utf-16le".to_owned()
    })
}

fn time_zone(name: &str) -> Result<TimeZone, String> {
    // The time zones of the program, not those of the machine: an import must have the same result everywhere.
    TimeZoneDatabase::bundled()
        .get(name)
        .map_err(|_| "unknown time zone; use a name such as Europe/Berlin".to_owned())
}
