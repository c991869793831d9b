//! Variants: forms with settings other than those of the table, all of them in the id.
//!
//! An id is a family's prefix, the required settings, and then the optional ones, each behind
//! a `+`, in the order of the table: `tar.xz-9e+win1m+by-size`. A form has one spelling: what is a
//! default is left out, and sizes are in the largest unit that has no fraction.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result, anyhow, bail, ensure};

use super::archive::{Archive, Container};
use super::codec::{Gz, Xz, Zst};
use super::files::Files;
use super::order::Order;
use super::squashfs::{self, Squashfs};
use super::{Form, all};

/// A family of variants.
struct Family {
    prefix: &'static str,
    rest: &'static str,
    /// Start of the description; the settings follow.
    what: &'static str,
    /// Makes the form from the text behind the prefix.
    make: fn(Name, &mut Settings) -> Result<Box<dyn Form>>,
}

/// The families; no prefix begins another.
const FAMILIES: &[Family] = &[
    Family {
        prefix: "tar.gz-",
        rest: "LEVEL[+by-ORDER]",
        what: "tar",
        make: |name, settings| {
            let codec = Gz { level: settings.level(0..=9)? };
            archive(name, codec, settings)
        },
    },
    Family {
        prefix: "tar.xz-",
        rest: "LEVEL[e][+winSIZE][+by-ORDER]",
        what: "tar",
        make: |name, settings| {
            let codec = xz(settings)?;
            archive(name, codec, settings)
        },
    },
    Family {
        prefix: "tar.zst-",
        rest: "LEVEL[+winSIZE][+by-ORDER]",
        what: "tar",
        make: |name, settings| {
            let mut codec = zst(settings)?;
            // 8 MiB is what every decoder takes; 128 MiB what one takes that is asked for it.
            if let Some(bytes) = settings.size("+win", (1 << 10)..=(128 << 20), true)? {
                codec = codec.window(bytes.ilog2());
            }
            archive(name, codec, settings)
        },
    },
    Family {
        prefix: "files.gz-",
        rest: "LEVEL",
        what: "each file packed",
        make: |name, settings| files(name, Gz { level: settings.level(0..=9)? }, None),
    },
    Family {
        prefix: "files.xz-",
        rest: "LEVEL[e][+winSIZE]",
        what: "each file packed",
        make: |name, settings| files(name, xz(settings)?.crc32(), None),
    },
    Family {
        prefix: "files.zst-",
        rest: "LEVEL[+dictSIZE]",
        what: "each file packed",
        make: |name, settings| {
            let codec = zst(settings)?;
            let dictionary = settings.size("+dict", (1 << 10)..=(16 << 20), false)?;
            files(name, codec, dictionary.map(|bytes| bytes as usize))
        },
    },
    Family {
        prefix: "squashfs.gz-",
        rest: "BLOCK",
        what: "squashfs",
        make: |name, settings| image(name, squashfs::Codec::Gz9, settings),
    },
    Family {
        prefix: "squashfs.zst",
        rest: "LEVEL-BLOCK",
        what: "squashfs",
        make: |name, settings| {
            let codec = squashfs::Codec::Zst(settings.level(1..=22)?);
            ensure!(settings.flag("-"), "expected -BLOCK after the level");
            image(name, codec, settings)
        },
    },
    Family {
        prefix: "squashfs.xz-",
        rest: "BLOCK",
        what: "squashfs",
        make: |name, settings| image(name, squashfs::Codec::Xz6, settings),
    },
];

/// Windows of xz's presets 0 to 9, bytes (the table in `man xz`).
const WINDOWS: [u32; 10] =
    [256 << 10, 1 << 20, 2 << 20, 4 << 20, 4 << 20, 8 << 20, 8 << 20, 16 << 20, 32 << 20, 64 << 20];

fn xz(settings: &mut Settings) -> Result<Xz> {
    let level = settings.level(0..=9)?;
    let codec = if settings.flag("e") { Xz::extreme(level) } else { Xz::preset(level) };
    // A decoder of this program takes 256 MiB; the kernel's takes what the window asks for.
    Ok(match settings.size("+win", (4 << 10)..=(64 << 20), true)? {
        Some(bytes) if WINDOWS.get(level as usize) == Some(&bytes) => {
            bail!("this is the default window of the preset: omit it")
        }
        Some(bytes) => codec.window(bytes),
        None => codec,
    })
}

fn zst(settings: &mut Settings) -> Result<Zst> {
    Ok(Zst::level(settings.level(1..=22)? as i32))
}

fn archive(
    name: Name,
    codec: impl super::codec::Codec + 'static,
    settings: &mut Settings,
) -> Result<Box<dyn Form>> {
    let order = settings.order()?;
    let container = Container::Tar(order);
    Ok(Box::new(Archive { id: name.id, about: name.about, container, codec }))
}

fn files(
    name: Name,
    codec: impl super::codec::BlobCodec + 'static,
    dictionary: Option<usize>,
) -> Result<Box<dyn Form>> {
    Ok(Box::new(Files { id: name.id, about: name.about, codec, dictionary }))
}

fn image(name: Name, codec: squashfs::Codec, settings: &mut Settings) -> Result<Box<dyn Form>> {
    let block =
        settings.size("", (4 << 10)..=(1 << 20), true)?.context("the block size is missing")?;
    Ok(Box::new(Squashfs { id: name.id, about: name.about, codec, block }))
}

/// The names of a variant.
#[derive(Clone, Copy)]
struct Name {
    id: &'static str,
    about: &'static str,
}

/// The unparsed rest of an id.
struct Settings<'t>(&'t str);

impl<'t> Settings<'t> {
    /// Whether `text` comes next; it is taken then.
    fn flag(&mut self, text: &str) -> bool {
        match self.0.strip_prefix(text) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    fn digits(&mut self) -> Result<u32> {
        let end = self.0.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.0.len());
        let (digits, rest) = self.0.split_at(end);
        ensure!(!digits.is_empty(), "expected a number before '{}'", self.0);
        ensure!(digits == "0" || !digits.starts_with('0'), "{digits}: the number has a leading 0");
        self.0 = rest;
        digits.parse().with_context(|| digits.to_owned())
    }

    fn level(&mut self, range: RangeInclusive<u32>) -> Result<u32> {
        let level = self.digits()?;
        let (least, most) = (range.start(), range.end());
        ensure!(
            range.contains(&level),
            "level {level} is out of range, which is {least} to {most}"
        );
        Ok(level)
    }

    /// The size behind `knob`, bytes; `None` where the knob is not there.
    fn size(&mut self, knob: &str, range: RangeInclusive<u32>, power: bool) -> Result<Option<u32>> {
        if !self.flag(knob) {
            return Ok(None);
        }
        let whole = self.0;
        let number = u64::from(self.digits()?);
        let unit = UNITS.iter().find(|(unit, _)| self.flag(unit)).map_or(1, |(_, bytes)| *bytes);
        let written = &whole[..whole.len() - self.0.len()];
        let bytes = number * unit;
        let found = u32::try_from(bytes).ok().filter(|bytes| range.contains(bytes));
        let Some(found) = found else {
            let (least, most) = (spelled((*range.start()).into()), spelled((*range.end()).into()));
            bail!("{written} is out of range, which is {least} to {most}")
        };
        ensure!(!power || found.is_power_of_two(), "{written} is not a power of two");
        ensure!(written == spelled(bytes), "{written} must be written as {}", spelled(bytes));
        Ok(Some(found))
    }

    fn order(&mut self) -> Result<Order> {
        if !self.flag("+by-") {
            return Ok(Order::Name);
        }
        let others = || Order::ALL.into_iter().filter(|(_, order)| *order != Order::Name);
        match others().find(|(name, _)| self.flag(name)) {
            Some((_, order)) => Ok(order),
            None => {
                let names: Vec<_> = others().map(|(name, _)| name).collect();
                bail!("'{}' is no file order; known are {}", self.0, names.join(", "))
            }
        }
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

/// Variants that were asked for: a form lives as long as the program, and each is made once.
static MADE: Mutex<BTreeMap<&'static str, &'static dyn Form>> = Mutex::new(BTreeMap::new());

/// The variant that `id` spells out; `None` when it is of no family.
///
/// # Errors
/// A setting that is none, or is out of range.
pub fn parse(id: &str) -> Result<Option<&'static dyn Form>> {
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(form) = made.get(id) {
        return Ok(Some(*form));
    }
    let family = FAMILIES.iter().find(|family| id.starts_with(family.prefix));
    let Some(Family { prefix, rest, what, make }) = family else { return Ok(None) };
    let mut check = Settings(id.strip_prefix(prefix).unwrap_or_default());
    let spelling = || format!("{id}: expected {prefix}{rest}");
    let nameless = make(Name { id: "", about: "" }, &mut check).with_context(spelling)?;
    if !check.0.is_empty() {
        return Err(anyhow!("unexpected '{}'", check.0)).with_context(spelling);
    }
    // Nothing can go wrong any more, so that only what is a form is kept for ever.
    let about = format!("{what}, {}", nameless.settings());
    let name = Name { id: id.to_owned().leak(), about: about.leak() };
    let mut settings = Settings(name.id.strip_prefix(prefix).unwrap_or_default());
    let form: &'static dyn Form = Box::leak(make(name, &mut settings)?);
    made.insert(name.id, form);
    Ok(Some(form))
}

/// How variants are spelled, for people.
pub fn spellings() -> String {
    let spell = |family: &Family| format!("{}{}", family.prefix, family.rest);
    FAMILIES.iter().map(spell).collect::<Vec<_>>().join(", ")
}

/// Whether `form` is a variant rather than a row of the table.
pub fn is_variant(form: &dyn Form) -> bool {
    !all().any(|row| row.id() == form.id())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::{self, FORMS};

    #[test]
    fn an_id_is_what_it_spells_and_each_form_has_one() {
        let ids = [
            "tar.gz-0",
            "tar.gz-1+by-hash",
            "tar.xz-0",
            "tar.xz-6e",
            "tar.xz-6+win64k",
            "tar.xz-9e+win1m+by-size",
            "tar.zst-1",
            "tar.zst-19+win1k",
            "tar.zst-19+by-base",
            "files.gz-1",
            "files.xz-6+win512k",
            "files.zst-3",
            "files.zst-19+dict1000k",
            "files.zst-19+dict1m",
            "squashfs.gz-8k",
            "squashfs.zst1-1m",
            "squashfs.zst15-64k",
            "squashfs.xz-512k",
        ];
        let mut settings = Vec::new();
        for id in ids {
            let form = form::by_id(id).unwrap();
            assert_eq!(form.id(), id);
            assert!(is_variant(form), "{id}");
            assert!(std::ptr::addr_eq(form, form::by_id(id).unwrap()), "{id}: made twice");
            let family = id.split(['-', '.']).next().unwrap();
            settings.push(format!("{family} {}", form.settings()));
        }
        settings.sort();
        assert!(settings.windows(2).all(|pair| pair[0] != pair[1]), "{settings:#?}");
    }

    /// The rows of the table that have the shape of a variant are what their ids would spell.
    #[test]
    fn the_table_agrees_with_the_spelling() {
        let mut spelled = 0;
        for row in FORMS {
            if let Ok(Some(variant)) = parse(row.id()) {
                assert_eq!(row.settings(), variant.settings(), "{}", row.id());
                spelled += 1;
            }
        }
        assert!(spelled >= 15);
    }

    #[test]
    fn what_is_no_form_is_told_with_how_forms_are_spelled() {
        for (id, why) in [
            ("tar.gz-10", "level 10 is out of range, which is 0 to 9"),
            ("tar.gz-", "expected a number"),
            ("tar.gz-09", "leading 0"),
            ("tar.gz-9+win1m", "unexpected '+win1m'"),
            ("tar.gz-9+by-name", "is no file order"),
            ("tar.xz-6+win8m", "the default window of the preset"),
            ("tar.xz-6+win1024k", "1024k must be written as 1m"),
            ("tar.xz-6+win3m", "not a power of two"),
            ("tar.xz-6+win1k", "out of range"),
            ("tar.xz-6+win99999999999m", "99999999999"),
            ("tar.xz-6+by-size+win1m", "unexpected '+win1m'"),
            ("tar.zst-23", "which is 1 to 22"),
            ("files.zst-19+dict", "expected a number"),
            ("squashfs.zst15", "-BLOCK"),
            ("squashfs.zst15-", "expected a number"),
            ("squashfs.xz-2m", "out of range"),
            ("squashfs.gz-5k", "not a power of two"),
        ] {
            let error = format!("{:#}", form::by_id(id).err().unwrap());
            assert!(error.contains(why) && error.starts_with(id), "{id}: {error}");
        }
        let error = form::by_id("zpaq.5").err().unwrap().to_string();
        assert!(error.contains("no such form") && error.contains("tar.xz-LEVEL"), "{error}");
    }
}
