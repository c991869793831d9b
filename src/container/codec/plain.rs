//! No compression, for the `tar` baseline.

use std::io::{Read, Write};

use anyhow::Result;

use super::Codec;

/// Stores bytes as they are.
#[derive(Debug, Clone, Copy)]
pub struct Plain;

impl Codec for Plain {
    const MAGIC: &'static [u8] = &[];

    fn tool(&self) -> String {
        String::new()
    }

    fn settings(&self) -> String {
        "stored".to_owned()
    }

    fn compress(
        &self,
        out: &mut dyn Write,
        _size: u64,
        fill: &mut dyn FnMut(&mut dyn Write) -> Result<()>,
    ) -> Result<()> {
        fill(out)
    }

    fn decompress<'a>(&self, input: Box<dyn Read + 'a>) -> Result<Box<dyn Read + 'a>> {
        Ok(input)
    }
}
