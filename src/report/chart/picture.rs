//! A chart as a block: what it is of in words, and how it is drawn.

use std::fmt::Debug;

use anyhow::Result;

use super::canvas::Canvas;

/// A chart that a page draws.
#[derive(Debug)]
pub(in crate::report) struct Chart {
    /// Unique on the page.
    pub id: String,
    pub title: String,
    /// What to know before reading it.
    pub caption: String,
    /// Its figures in words, for who does not see it.
    pub description: String,
    /// What could not be drawn.
    pub dropped: Vec<String>,
    pub picture: Box<dyn Picture>,
}

/// What a chart draws.
pub(in crate::report) trait Picture: Debug {
    /// Width and height, in units of a canvas.
    fn size(&self) -> (u32, u32);

    /// # Errors
    /// What the canvas reports.
    fn draw(&self, canvas: &Canvas) -> Result<()>;
}

impl Chart {
    /// As SVG.
    ///
    /// # Errors
    /// What the canvas reports.
    pub(in crate::report) fn svg(&self) -> Result<String> {
        let size = self.picture.size();
        Canvas::draw(&self.id, &self.title, &self.description, size, |canvas| {
            self.picture.draw(canvas)
        })
    }
}
