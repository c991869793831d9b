//! The grammar of a form's id: a family's prefix, then its settings in the order of the family's table.
//!
//! A form has one spelling: what is a default is left out, and sizes are in the largest unit that has no
//! fraction, as in `tar.xz-9e+win1m+by-size`.

use std::ops::RangeInclusive;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};

use super::api::Form;
use crate::container::order::Order;

/// Forms whose ids begin alike and have the same settings.
pub(super) struct Family {
    /// How the ids begin; no prefix begins another, but for those of families without settings.
    pub(super) prefix: &'static str,
    pub(super) settings: &'static [Setting],
    pub(super) make: fn(String, &Values) -> Result<Arc<dyn Form>>,
}

/// Which setting of a form it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Level,
    Extreme,
    Threads,
    Window,
    Dictionary,
    Order,
    /// Of a squashfs its block size, of an EROFS its largest cluster.
    Block,
}

/// A setting that an id has, or may have.
pub(super) struct Setting {
    pub(super) key: Key,
    /// What comes before its value.
    pub(super) mark: &'static str,
    pub(super) value: Value,
    pub(super) required: bool,
}

/// What a setting's value can be.
pub(super) enum Value {
    /// None: the mark is all there is.
    Flag,
    Level(RangeInclusive<u32>),
    /// Bytes, called by this name in texts.
    Size(&'static str, RangeInclusive<u32>),
    /// As [`Value::Size`], and a power of two.
    Power(&'static str, RangeInclusive<u32>),
    /// An order of files: its place in [`Order::OTHERS`].
    Order,
}

/// The settings that an id spells out.
#[derive(Debug, Default)]
pub(super) struct Values(Vec<(Key, u32)>);

impl Values {
    /// `None` where the id does not have the setting.
    pub(super) fn get(&self, key: Key) -> Option<u32> {
        self.0.iter().find(|(known, _)| *known == key).map(|(_, value)| *value)
    }

    pub(super) fn has(&self, key: Key) -> bool {
        self.get(key).is_some()
    }

    /// A setting that the family requires.
    pub(super) fn required(&self, key: Key) -> Result<u32> {
        self.get(key).with_context(|| format!("the setting {key:?} is missing"))
    }
}

impl Family {
    /// How its ids are spelled, for people: `tar.xz-LEVEL[e][+winSIZE]`.
    pub(super) fn spelling(&self) -> String {
        self.prefix.to_owned() + &self.settings.iter().map(Setting::spelling).collect::<String>()
    }

    /// The form that `id` spells out; `None` when it is of another family.
    ///
    /// # Errors
    /// A setting that is none, or is out of range.
    pub(super) fn parse(&self, id: &str) -> Option<Result<Arc<dyn Form>>> {
        let rest = id.strip_prefix(self.prefix)?;
        if self.settings.is_empty() && !rest.is_empty() {
            return None;
        }
        let parse = || {
            let mut rest = Rest(rest);
            let mut values = Values::default();
            for setting in self.settings {
                values.0.extend(rest.value(setting)?.map(|value| (setting.key, value)));
            }
            ensure!(rest.0.is_empty(), "unexpected '{}'", rest.0);
            (self.make)(id.to_owned(), &values)
        };
        Some(parse().with_context(|| format!("{id}: expected {}", self.spelling())))
    }
}

impl Setting {
    fn spelling(&self) -> String {
        let name = match self.value {
            Value::Flag => "",
            Value::Level(_) => "LEVEL",
            Value::Size(name, _) | Value::Power(name, _) => name,
            Value::Order => "ORDER",
        };
        let text = format!("{}{name}", self.mark);
        if self.required { text } else { format!("[{text}]") }
    }
}

/// The unparsed rest of an id.
struct Rest<'t>(&'t str);

impl Rest<'_> {
    /// Whether `text` comes next; it is taken then.
    fn take(&mut self, text: &str) -> bool {
        let rest = self.0.strip_prefix(text);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    /// The value of `setting`; `None` where it is not there and need not be.
    fn value(&mut self, setting: &Setting) -> Result<Option<u32>> {
        if !self.take(setting.mark) {
            ensure!(!setting.required, "expected {}", setting.spelling());
            return Ok(None);
        }
        Ok(Some(match &setting.value {
            Value::Flag => 1,
            Value::Level(range) => {
                let level = self.number()?;
                let (least, most) = (range.start(), range.end());
                ensure!(
                    range.contains(&level),
                    "level {level} is out of range, which is {least} to {most}"
                );
                level
            }
            Value::Size(_, range) => self.size(range)?.0,
            Value::Power(_, range) => {
                let (bytes, written) = self.size(range)?;
                ensure!(bytes.is_power_of_two(), "{written} is not a power of two");
                bytes
            }
            Value::Order => {
                let Some(place) = Order::OTHERS.iter().position(|(name, _)| self.take(name)) else {
                    let names = Order::OTHERS.map(|(name, _)| name).join(", ");
                    bail!("'{}' is no file order; known are {names}", self.0)
                };
                u32::try_from(place)?
            }
        }))
    }

    fn number(&mut self) -> Result<u32> {
        let end = self.0.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.0.len());
        let (digits, rest) = self.0.split_at(end);
        ensure!(!digits.is_empty(), "expected a number before '{}'", self.0);
        ensure!(digits == "0" || !digits.starts_with('0'), "{digits}: the number has a leading 0");
        self.0 = rest;
        digits.parse().with_context(|| digits.to_owned())
    }

    /// A size in bytes, and how it is written.
    fn size(&mut self, range: &RangeInclusive<u32>) -> Result<(u32, &str)> {
        let whole = self.0;
        let number = u64::from(self.number()?);
        let unit = UNITS.iter().find(|(unit, _)| self.take(unit)).map_or(1, |(_, bytes)| *bytes);
        let written = &whole[..whole.len() - self.0.len()];
        let bytes = number * unit;
        let (least, most) = (spelled((*range.start()).into()), spelled((*range.end()).into()));
        let Some(found) = u32::try_from(bytes).ok().filter(|bytes| range.contains(bytes)) else {
            bail!("{written} is out of range, which is {least} to {most}")
        };
        ensure!(written == spelled(bytes), "{written} must be written as {}", spelled(bytes));
        Ok((found, written))
    }
}

/// Units of sizes, the largest first.
const UNITS: [(&str, u64); 2] = [("m", 1 << 20), ("k", 1 << 10)];

/// `bytes` in the largest unit that has no fraction.
fn spelled(bytes: u64) -> String {
    match UNITS.iter().find(|(_, unit)| bytes > 0 && bytes.is_multiple_of(*unit)) {
        Some((name, unit)) => format!("{}{name}", bytes / unit),
        None => bytes.to_string(),
    }
}
