//! A Parquet file: values are buffered by column and written in row groups.

use std::io::Write;
use std::sync::Arc;

use holdfast_domain::values::{Amount, Timestamp};
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, FixedLenByteArray, FixedLenByteArrayType, Int64Type,
};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{Type, TypePtr};

use super::ExportError;
use super::column::{Column, Json, Table, Value};

/// Maximum number of rows in a group.
const GROUP_ROWS: usize = 100_000;
/// Approximate maximum size of a group in bytes, which limits the memory.
const GROUP_BYTES: usize = 64 << 20;
/// Digits of a decimal: those of an amount, and room for sums.
const PRECISION: i32 = 38;
/// Digits after the decimal point.
const SCALE: usize = 6;
/// Size of a decimal in bytes.
const DECIMAL_BYTES: i32 = 16;

/// Why a row cannot be added.
pub enum AddError {
    /// A value cannot be encoded.
    Value(ExportError),
    /// The group cannot be written.
    Group(ParquetError),
}

impl From<ParquetError> for AddError {
    fn from(error: ParquetError) -> Self {
        Self::Group(error)
    }
}

/// A Parquet file that is being written.
pub struct ParquetFile<T: 'static, W: Write + Send> {
    columns: &'static [Column<T>],
    buffers: Vec<Buffer<T>>,
    rows: usize,
    bytes: usize,
    writer: SerializedFileWriter<W>,
}

/// The buffered values of one column.
struct Buffer<T> {
    values: Values<T>,
    /// For each row, 1 if it has a value.
    levels: Vec<i16>,
}

/// The function that reads a column's value from a row, and the buffered values.
enum Values<T> {
    Texts(fn(&T) -> Option<String>, Vec<ByteArray>),
    Json(fn(&T) -> Json, Vec<ByteArray>),
    Numbers(fn(&T) -> Option<u64>, Vec<i64>),
    Times(fn(&T) -> Option<Timestamp>, Vec<i64>),
    Booleans(fn(&T) -> Option<bool>, Vec<bool>),
    Amounts(fn(&T) -> Option<Amount>, Vec<FixedLenByteArray>),
}

impl<T, W: Write + Send> ParquetFile<T, W> {
    pub fn create(table: &Table<T>, to: W) -> Result<Self, ParquetError> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_created_by(concat!("holdfast version ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let writer = SerializedFileWriter::new(to, schema(table)?, Arc::new(properties))?;
        let buffers = table.columns.iter().map(|(_, value)| Buffer::new(value)).collect();
        Ok(Self { columns: table.columns, buffers, rows: 0, bytes: 0, writer })
    }

    pub fn add(&mut self, row: &T) -> Result<(), AddError> {
        for ((column, _), buffer) in self.columns.iter().zip(&mut self.buffers) {
            let error = |reason| AddError::Value(ExportError::Json { column, reason });
            self.bytes += buffer.add(row).map_err(error)?;
        }
        self.rows += 1;
        if self.rows >= GROUP_ROWS || self.bytes >= GROUP_BYTES {
            self.write_group()?;
        }
        Ok(())
    }

    fn write_group(&mut self) -> Result<(), ParquetError> {
        let mut group = self.writer.next_row_group()?;
        for buffer in &mut self.buffers {
            if let Some(mut column) = group.next_column()? {
                buffer.write(&mut column)?;
                column.close()?;
            }
        }
        group.close()?;
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }

    /// Writes the last group and the footer.
    pub fn finish(mut self) -> Result<W, ParquetError> {
        if self.rows > 0 {
            self.write_group()?;
        }
        self.writer.into_inner()
    }
}

impl<T> Buffer<T> {
    fn new(value: &Value<T>) -> Self {
        let values = match *value {
            Value::Text(of) => Values::Texts(of, Vec::new()),
            Value::Json(of) => Values::Json(of, Vec::new()),
            Value::Number(of) => Values::Numbers(of, Vec::new()),
            Value::Time(of) => Values::Times(of, Vec::new()),
            Value::Boolean(of) => Values::Booleans(of, Vec::new()),
            Value::Amount(of) => Values::Amounts(of, Vec::new()),
        };
        Self { values, levels: Vec::new() }
    }

    /// Adds the value of a row. Returns its size in bytes.
    fn add(&mut self, row: &T) -> Result<usize, serde_json::Error> {
        let levels = &mut self.levels;
        let text = |text: String| ByteArray::from(text.into_bytes());
        Ok(match &mut self.values {
            Values::Texts(of, texts) => push(texts, levels, of(row).map(text)),
            Values::Json(of, texts) => push(texts, levels, of(row)?.map(|json| text(json.get().to_owned()))),
            Values::Numbers(of, numbers) => push(numbers, levels, of(row).map(u64::cast_signed)),
            Values::Times(of, times) => push(times, levels, of(row).map(Timestamp::microseconds)),
            Values::Booleans(of, answers) => push(answers, levels, of(row)),
            Values::Amounts(of, amounts) => {
                push(amounts, levels, of(row).and_then(|amount| decimal(&amount)))
            }
        })
    }

    fn write(&mut self, column: &mut SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        let levels = Some(self.levels.as_slice());
        match &mut self.values {
            Values::Texts(_, texts) | Values::Json(_, texts) => {
                column.typed::<ByteArrayType>().write_batch(texts, levels, None)?;
                texts.clear();
            }
            Values::Numbers(_, numbers) | Values::Times(_, numbers) => {
                column.typed::<Int64Type>().write_batch(numbers, levels, None)?;
                numbers.clear();
            }
            Values::Booleans(_, answers) => {
                column.typed::<BoolType>().write_batch(answers, levels, None)?;
                answers.clear();
            }
            Values::Amounts(_, amounts) => {
                column.typed::<FixedLenByteArrayType>().write_batch(amounts, levels, None)?;
                amounts.clear();
            }
        }
        self.levels.clear();
        Ok(())
    }
}

fn push<V: ValueSize>(values: &mut Vec<V>, levels: &mut Vec<i16>, value: Option<V>) -> usize {
    levels.push(value.is_some().into());
    let bytes = value.as_ref().map_or(0, ValueSize::bytes);
    values.extend(value);
    bytes
}

/// The size of a value in memory.
trait ValueSize {
    fn bytes(&self) -> usize {
        size_of::<i64>()
    }
}

impl ValueSize for i64 {}
impl ValueSize for bool {}
impl ValueSize for FixedLenByteArray {}
impl ValueSize for ByteArray {
    fn bytes(&self) -> usize {
        self.len()
    }
}

/// An amount in millionths, big-endian.
fn decimal(amount: &Amount) -> Option<FixedLenByteArray> {
    let text = amount.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let digits = format!("{whole}{fraction:0<SCALE$}");
    // An amount has at most 15 digits before and 6 after the decimal point.
    let millionths: i128 = digits.parse().ok()?;
    Some(ByteArray::from(millionths.to_be_bytes().to_vec()).into())
}

fn schema<T>(table: &Table<T>) -> Result<TypePtr, ParquetError> {
    let columns = table.columns.iter().map(|column| column_type(column).map(Arc::new));
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    Ok(Arc::new(Type::group_type_builder(table.name).with_fields(columns).build()?))
}

fn column_type<T>((name, value): &Column<T>) -> Result<Type, ParquetError> {
    let of = |physical, logical| {
        let builder = Type::primitive_type_builder(name, physical);
        builder.with_repetition(Repetition::OPTIONAL).with_logical_type(logical)
    };
    match value {
        // Not the logical type JSON: some readers do not treat it as text.
        Value::Text(_) | Value::Json(_) => of(Physical::BYTE_ARRAY, Some(LogicalType::String)).build(),
        Value::Number(_) => of(Physical::INT64, None).build(),
        Value::Time(_) => of(Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MICROS))).build(),
        Value::Boolean(_) => of(Physical::BOOLEAN, None).build(),
        Value::Amount(_) => {
            let scale = i32::try_from(SCALE).unwrap_or(i32::MAX);
            let logical = Some(LogicalType::decimal(scale, PRECISION));
            let decimal = of(Physical::FIXED_LEN_BYTE_ARRAY, logical).with_length(DECIMAL_BYTES);
            decimal.with_precision(PRECISION).with_scale(scale).build()
        }
    }
}
