//! How forms of one layout are drawn, and the keys of a chart.

use anyhow::Result;

use crate::record::Layout;
use crate::report::palette::Color;

use super::canvas::{Anchor, Canvas, FONT, Fill, Point, Shape, width};

/// A layout of forms, and how it is drawn.
#[derive(Debug)]
pub(super) struct Family {
    layout: Layout,
    label: &'static str,
    pub ink: Color,
    pub shape: Shape,
}

static FAMILIES: &[Family] = &[
    Family { layout: Layout::Stream, label: "archive", ink: Color::Stream, shape: Shape::Circle },
    Family {
        layout: Layout::PerFile,
        label: "per file",
        ink: Color::PerFile,
        shape: Shape::Triangle,
    },
    Family { layout: Layout::Image, label: "image", ink: Color::Image, shape: Shape::Square },
    Family {
        layout: Layout::Folder,
        label: "plain files",
        ink: Color::Folder,
        shape: Shape::Diamond,
    },
];

/// What is of no known layout: the making of the dataset, or a form of a later version.
static OTHER: Family =
    Family { layout: Layout::Other, label: "other", ink: Color::Other, shape: Shape::Wedge };

/// The family of forms that are laid out as `layout`.
pub(super) fn family(layout: Layout) -> &'static Family {
    FAMILIES.iter().find(|family| family.layout == layout).unwrap_or(&OTHER)
}

/// Draws which marker is which family, for those of `families`.
pub(super) fn legend(
    canvas: &Canvas,
    (mut x, y): Point,
    families: impl Iterator<Item = &'static Family> + Clone,
) -> Result<()> {
    for known in FAMILIES.iter().chain([&OTHER]) {
        if families.clone().any(|family| family.layout == known.layout) {
            canvas.marker((x + 5, y), known.shape, Fill::Solid, known.ink, 4)?;
            canvas.text((x + 14, y), Anchor::Start, Color::Muted, known.label)?;
            x += 14 + width(known.label) + FONT;
        }
    }
    Ok(())
}

/// `text` in at most `most` characters.
pub(super) fn clipped(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}
