//! Compresses the files of GraphiQL, so that the program is smaller by more than half a megabyte.

use std::env::var_os;
use std::fs::{self, File};
use std::io::{Error, Write};
use std::path::PathBuf;

use flate2::{Compression, GzBuilder};

const FILES: [&str; 5] = ["graphiql.css", "graphiql.js", "react.js", "react-dom.js", "start.js"];

fn main() -> Result<(), Error> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=graphiql");
    let target = PathBuf::from(var_os("OUT_DIR").ok_or_else(|| Error::other("Cargo did not set OUT_DIR"))?);
    for file in FILES {
        let content = fs::read(PathBuf::from("graphiql").join(file))?;
        let compressed = File::create(target.join(format!("{file}.gz")))?;
        let mut writer = GzBuilder::new().write(compressed, Compression::best());
        writer.write_all(&content)?;
        writer.finish()?;
    }
    Ok(())
}
