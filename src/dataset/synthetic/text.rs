//! The text of synthetic headers: macros, structs, enums, prototypes and small functions.

use super::tables::{TYPES, WORDS};
use crate::sys::random::Random;

/// So many words with `_` between them.
pub(super) fn words(random: &mut Random, count: u64) -> String {
    (0..count).map(|_| random.pick(WORDS)).collect::<Vec<_>>().join("_")
}

/// A header that only includes another.
pub(super) fn pointer(include: &str) -> String {
    format!("#include <{include}>\n")
}

/// A header of about `size` bytes at `path`, whose names all begin with `stem`.
pub(super) fn header(
    random: &mut Random,
    path: &str,
    stem: &str,
    includes: &[&str],
    size: u64,
) -> String {
    let guard: String = path
        .trim_start_matches("include")
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' })
        .collect();
    let mut text = format!("#ifndef {guard}\n#define {guard}\n\n");
    for include in includes {
        text += &format!("#include <{include}>\n");
    }
    let tail = "\n#endif\n";
    let mut count = 0;
    while ((text.len() + tail.len()) as u64) + 40 < size {
        let room = size - text.len() as u64;
        text += "\n";
        text += &item(random, &format!("{stem}_{count}"), room);
        count += 1;
    }
    text + tail
}

/// One declaration, or a group of macros, in about `room` bytes or fewer.
fn item(random: &mut Random, stem: &str, room: u64) -> String {
    let most = (room / 40).clamp(1, 9);
    let count = 1 + random.below(most);
    if room < 100 {
        return macros(random, stem, 1);
    }
    match random.below(100) {
        0..40 => macros(random, stem, count),
        40..60 => structure(random, stem, count),
        60..68 => enumeration(random, stem, count),
        68..92 => prototypes(random, stem, count),
        _ => function(random, stem),
    }
}

fn macros(random: &mut Random, stem: &str, count: u64) -> String {
    let stem = stem.to_ascii_uppercase();
    let line = |at| {
        let word = words(random, 1).to_ascii_uppercase();
        let value = match random.below(3) {
            0 => format!("(1 << {})", random.below(32)),
            1 => format!("0x{:04x}", random.below(1 << 16)),
            _ => random.below(256).to_string(),
        };
        format!("#define {stem}_{word}_{at}\t\t{value}\n")
    };
    (0..count).map(line).collect()
}

fn structure(random: &mut Random, stem: &str, count: u64) -> String {
    let field = |at| {
        let (name, number) = (words(random, 1), random.below(16));
        match random.below(4) {
            0 => format!("\tstruct {stem} *{name}_{at};\n"),
            1 => format!("\t{} {name}_{at}[{}];\n", random.pick(TYPES), number + 1),
            _ => format!("\t{} {name}_{at};\n", random.pick(TYPES)),
        }
    };
    let fields: String = (0..count).map(field).collect();
    format!("struct {stem} {{\n{fields}}};\n")
}

fn enumeration(random: &mut Random, stem: &str, count: u64) -> String {
    let upper = stem.to_ascii_uppercase();
    let value = |at| format!("\t{upper}_{}_{at},\n", words(random, 1).to_ascii_uppercase());
    let values: String = (0..count).map(value).collect();
    format!("enum {stem} {{\n{values}}};\n")
}

fn prototypes(random: &mut Random, stem: &str, count: u64) -> String {
    let line = |at| {
        let (returns, verb) = (random.pick(TYPES), words(random, 1));
        let (first, second) = (random.pick(TYPES), words(random, 1));
        format!("{returns} {stem}_{verb}_{at}(void *ctx, {first} {second});\n")
    };
    (0..count).map(line).collect()
}

fn function(random: &mut Random, stem: &str) -> String {
    let (verb, kind, name) = (words(random, 1), random.pick(TYPES), words(random, 1));
    let (factor, other) = (random.below(64), random.below(64));
    format!(
        "static inline {kind} {stem}_{verb}({kind} {name})\n{{\n\tif ({name} == {factor})\n\t\t\
         return {other};\n\treturn {name};\n}}\n"
    )
}
