//! Which figures are observed of a reference and of the form beside it, and of what work.

use super::lines::Work;
use super::table::COLLECT;
use crate::measure::axis::Figure;
use crate::record::id;

pub(crate) const SIZE: &str = id::SIZE_BYTES;
const BUILD: &[(&str, Figure)] = &[
    (id::BUILD_COMMAND_WALL, Figure::Wall(0)),
    (id::BUILD_COMMAND_CPU, Figure::Cpu(0)),
    (id::BUILD_COMMAND_PEAK_MEMORY, Figure::PeakMemory(0)),
];
const ALL: &[(&str, Figure)] = &[
    (id::EXTRACT_COMMAND_ALL_WALL, Figure::Wall(0)),
    (id::EXTRACT_COMMAND_ALL_CPU, Figure::Cpu(0)),
    (id::EXTRACT_COMMAND_ALL_PEAK_MEMORY, Figure::PeakMemory(0)),
];
const ONE: &[(&str, Figure)] = &[(id::EXTRACT_COMMAND_ONE, Figure::Wall(0))];

pub(crate) fn feeds(work: Work) -> &'static [(&'static str, Figure)] {
    match work {
        Work::Build => BUILD,
        Work::All => ALL,
        Work::One => ONE,
    }
}

/// What is done by a reference that is compared with the row `of`.
pub(crate) fn works(of: &str) -> &'static [Work] {
    if of.starts_with(COLLECT) { &[Work::Build] } else { &[Work::Build, Work::All, Work::One] }
}

/// What is observed of the row `of`, and of the reference that is compared with it.
pub(crate) fn metrics(of: &str) -> impl Iterator<Item = &'static str> {
    let commands = works(of).iter().flat_map(|work| feeds(*work));
    std::iter::once(SIZE).chain(commands.map(|(metric, _)| *metric))
}
