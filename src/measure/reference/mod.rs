//! Reference tools such as tar, xz and mksquashfs, run alongside this program's forms.
//!
//! A reference is measured as a command, from the start of the program to its end, in a folder on
//! tmpfs that holds the headers as files. What is compared with it, this program's own command line, is
//! measured in the same way in the same folder, interleaved.

mod describe;
mod figures;
mod lines;
mod place;
mod script;
mod table;
mod tool;

pub(crate) use figures::{SIZE, feeds, metrics, works};
pub use lines::{Lines, Sides, Work};
pub use place::Place;
pub use table::{COLLECT, REFERENCES, Reference};
pub use tool::Tool;
