//! The text of a file: unpacked, in UTF-8, without a byte order mark.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::Path;
use std::time::UNIX_EPOCH;

use encoding_rs::{Encoding, UTF_8};
use flate2::bufread::MultiGzDecoder;
use holdfast_domain::values::Timestamp;

use super::error::ImportError;

/// The first bytes of a gzipped file.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Bytes that are searched for zeros, which no text in UTF-8 has.
const SEARCHED_FOR_ZEROS: usize = 4_096;

pub struct Text {
    /// UTF-8; bytes that are not are left as they are.
    pub bytes: Vec<u8>,
    /// True if the file had another encoding, or a byte order mark.
    pub is_converted: bool,
    /// When the file was last changed.
    pub modified_at: Timestamp,
}

impl Text {
    /// Reads a file, plain or gzipped. A byte order mark decides the encoding; without one, it is `encoding`, by default
    /// UTF-8.
    pub fn read(path: &Path, encoding: Option<&'static Encoding>) -> Result<Self, ImportError> {
        let unreadable = |source: io::Error| ImportError::Unreadable { file: path.to_owned(), source };
        let file = File::open(path).map_err(unreadable)?;
        let modified_at = file.metadata().and_then(|data| data.modified()).map_err(unreadable)?;
        let mut file = BufReader::new(file);
        let is_gzipped = file.fill_buf().map_err(unreadable)?.starts_with(&GZIP_MAGIC);
        let mut input: Box<dyn Read> =
            if is_gzipped { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
        let mut bytes = Vec::new();
        input.read_to_end(&mut bytes).map_err(unreadable)?;
        let modified_at = modified_at.duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
        let modified_at = Timestamp::from_microseconds(i64::try_from(modified_at).unwrap_or(i64::MAX));
        let mark = Encoding::for_bom(&bytes);
        let encoding = mark.map(|(encoding, _)| encoding).or(encoding).unwrap_or(UTF_8);
        bytes.drain(..mark.map_or(0, |(_, length)| length));
        let is_converted = mark.is_some() || encoding != UTF_8;
        if encoding == UTF_8 {
            if bytes.iter().take(SEARCHED_FOR_ZEROS).any(|byte| *byte == 0) {
                return Err(ImportError::ZeroBytes { file: path.to_owned() });
            }
            return Ok(Self { bytes, is_converted, modified_at });
        }
        let (text, has_errors) = encoding.decode_without_bom_handling(&bytes);
        if has_errors {
            return Err(ImportError::Encoding { file: path.to_owned(), encoding: encoding.name() });
        }
        Ok(Self { bytes: text.into_owned().into_bytes(), is_converted, modified_at })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use encoding_rs::WINDOWS_1252;

    use super::*;

    fn read(bytes: &[u8], encoding: Option<&'static Encoding>) -> Result<Text, ImportError> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.csv");
        std::fs::write(&path, bytes).unwrap();
        Text::read(&path, encoding)
    }

    fn text(bytes: &[u8], encoding: Option<&'static Encoding>) -> String {
        String::from_utf8(read(bytes, encoding).unwrap().bytes).unwrap()
    }

    #[test]
    fn a_byte_order_mark_decides_the_encoding() {
        assert_eq!(text(b"\xEF\xBB\xBFgr\xC3\xBCn", Some(WINDOWS_1252)), "grün");
        let units = "grün\n".encode_utf16();
        let little: Vec<u8> = [0xFEFF].into_iter().chain(units.clone()).flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = [0xFEFF].into_iter().chain(units).flat_map(u16::to_be_bytes).collect();
        assert_eq!([text(&little, None), text(&big, None)], ["grün\n", "grün\n"]);
    }

    #[test]
    fn other_encodings_are_read_by_name() {
        assert_eq!(text(b"gr\xFCn \x80", Some(WINDOWS_1252)), "grün €");
        assert_eq!(read(b"gr\xFCn", None).unwrap().bytes, b"gr\xFCn", "each row is checked");
        let utf16: Vec<u8> = "sku".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(matches!(read(&utf16, None), Err(ImportError::ZeroBytes { .. })));
        assert_eq!(text(&utf16, Some(encoding_rs::UTF_16LE)), "sku");
        let broken = read(b"\xFF\xFE\x00\xD8\x00\x00", None);
        assert!(matches!(broken, Err(ImportError::Encoding { encoding: "UTF-16LE", .. })));
    }

    #[test]
    fn gzip_is_detected_by_content() {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(b"\xEF\xBB\xBFsku\n").unwrap();
        assert_eq!(text(&packed.finish().unwrap(), None), "sku\n");
        assert!(matches!(read(&[0x1f, 0x8b, 8, 0, 0], None), Err(ImportError::Unreadable { .. })));
    }
}
