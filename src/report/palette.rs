//! Every colour of the page, light and dark. Charts are drawn in the light ones; the page's CSS
//! maps each to a variable, so that a chart follows the theme and works without the CSS.

use std::fmt::Write as _;

use plotters::style::RGBColor;

/// A colour by what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Color {
    /// What is written on.
    Paper,
    /// Behind tables' heads and boxes.
    Panel,
    Text,
    /// Text of less weight.
    Muted,
    Line,
    /// Links and bars.
    Accent,
    Alarm,
    /// Archives read as one stream.
    Stream,
    /// Forms that store each file on its own.
    PerFile,
    Image,
    Folder,
    /// Layouts that this version does not know.
    Other,
}

/// A row of the palette.
struct Swatch {
    ink: Color,
    name: &'static str,
    light: RGBColor,
    dark: RGBColor,
}

const fn swatch(ink: Color, name: &'static str, light: u32, dark: u32) -> Swatch {
    Swatch { ink, name, light: rgb(light), dark: rgb(dark) }
}

const fn rgb(hex: u32) -> RGBColor {
    let [_, red, green, blue] = hex.to_be_bytes();
    RGBColor(red, green, blue)
}

/// The palette. The colours of families are Okabe and Ito's, which the colour-blind can tell
/// apart, shaded until they stand out on their paper (3:1, text 4.5:1). No two may be equal in
/// the light: the CSS tells them apart by it.
const PALETTE: &[Swatch] = &[
    swatch(Color::Paper, "paper", 0xFDFDFC, 0x15181C),
    swatch(Color::Panel, "panel", 0xF4F4F1, 0x1D2127),
    swatch(Color::Text, "text", 0x1B1D21, 0xE4E6E9),
    swatch(Color::Muted, "muted", 0x5E636B, 0xA2A8B1),
    swatch(Color::Line, "line", 0xDCDDD8, 0x343A42),
    swatch(Color::Accent, "accent", 0x1F5FA8, 0x8FBFF5),
    swatch(Color::Alarm, "alarm", 0xB3261E, 0xFF9B8F),
    swatch(Color::Stream, "stream", 0x0072B2, 0x56B4E9),
    swatch(Color::PerFile, "per-file", 0xCF5A00, 0xF5993D),
    swatch(Color::Image, "image", 0x00886A, 0x2CC59A),
    swatch(Color::Folder, "folder", 0x6B6B6B, 0xB5B5B5),
    swatch(Color::Other, "other", 0xA8578A, 0xDD93BF),
];

impl Color {
    /// The colour that charts are drawn in.
    pub(super) fn rgb(self) -> RGBColor {
        let found = PALETTE.iter().find(|swatch| swatch.ink == self);
        found.map_or(RGBColor(0, 0, 0), |swatch| swatch.light)
    }
}

/// The palette as CSS: a variable for each colour in both themes, and what maps charts to them.
pub(super) fn css() -> String {
    let variables = |colour: fn(&Swatch) -> RGBColor| {
        PALETTE.iter().fold(String::new(), |mut css, swatch| {
            let _ = write!(css, "--{}:{};", swatch.name, hex(colour(swatch)));
            css
        })
    };
    let mut css = format!(":root{{{}}}\n", variables(|swatch| swatch.light));
    let dark = variables(|swatch| swatch.dark);
    // Paper is light, whatever the screen is.
    let _ = writeln!(css, "@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}");
    for Swatch { name, light, .. } in PALETTE {
        let hex = hex(*light);
        let _ = writeln!(css, "svg [fill=\"{hex}\"]{{fill:var(--{name})}}");
        let _ = writeln!(css, "svg [stroke=\"{hex}\"]{{stroke:var(--{name})}}");
    }
    css
}

fn hex(RGBColor(red, green, blue): RGBColor) -> String {
    // As plotters writes them: CSS compares the values of attributes letter by letter.
    format!("#{red:02X}{green:02X}{blue:02X}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance as WCAG 2 defines it.
    fn luminance(RGBColor(red, green, blue): RGBColor) -> f64 {
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }

    fn contrast(a: RGBColor, b: RGBColor) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn everything_stands_out_on_its_paper_in_both_themes() {
        for theme in [|s: &Swatch| s.light, |s: &Swatch| s.dark] {
            let of = |ink| PALETTE.iter().find(|s| s.ink == ink).map(theme).unwrap();
            for swatch in PALETTE {
                let need = match swatch.ink {
                    Color::Paper | Color::Panel | Color::Line => continue,
                    Color::Text | Color::Muted | Color::Accent | Color::Alarm => 4.5,
                    _ => 3.0,
                };
                for ground in [Color::Paper, Color::Panel] {
                    let found = contrast(theme(swatch), of(ground));
                    assert!(found >= need, "{} on {ground:?}: {found:.2}", swatch.name);
                }
            }
        }
    }

    #[test]
    fn no_two_colours_are_equal_in_the_light() {
        for (index, a) in PALETTE.iter().enumerate() {
            assert!(PALETTE[index + 1..].iter().all(|b| a.light != b.light), "{}", a.name);
        }
    }
}
