//! What a report says of kernel memory beyond its tables: where it was measured, and what is held once
//! memory gets tight.

use crate::record::{
    Axis, Delivery, Guest, GuestMetric, Held, Record, Unit, guest_metric, is_of_guest,
};

use super::table::{Cell, Column, Row, State, Table};
use super::units;

/// Whether a delivery is one of a column.
type Of = fn(&Delivery) -> bool;

/// The columns of what is held in the end: the head, whose deliveries it is of, and what of their memory. Of
/// its deliveries a form has at most one figure; an image has loop mounts alone where a kernel takes no
/// modules.
const TIGHT: [(&str, Of, Held); 4] = [
    ("in a module", |delivery| !delivery.row().files, Held::Pinned),
    ("as files", |delivery| delivery.row().files && !delivery.row().mount, Held::Pinned),
    ("mounted", |delivery| delivery.row().mount, Held::Pinned),
    (GIVEN_BACK, |delivery| delivery.row().mount, Held::Reclaimable),
];

/// The head of what is not held.
const GIVEN_BACK: &str = "reclaimable";

/// The sentence of a row of [`tight`]; `None` where nothing that it holds was measured.
pub(super) fn held_in_words(table: &Table, (row, cells): &TightRow) -> Option<String> {
    let held = tight_heads().zip(cells).filter_map(|(head, found)| {
        let (cell, column) = (*found)?;
        let bytes = cell.median().filter(|_| head != GIVEN_BACK)?;
        let boots = fewer(table.record, cell, column).map(|boots| format!(" ({boots})"));
        let figure = units::short(column.unit, bytes);
        Some(format!("{figure} {head}{}", boots.unwrap_or_default()))
    });
    let held: Vec<String> = held.collect();
    let held = super::choice::by_words(held.iter().map(String::as_str).collect());
    let lead = "After everything was read and memory got tight,";
    (!held.is_empty()).then(|| format!("{lead} {} holds {held}.", row.form))
}

/// The title of [`tight`]'s table.
pub(super) const TIGHT_TITLE: &str = "Held after everything was read and memory got tight";

/// The heads of [`tight`]'s columns.
pub(super) fn tight_heads() -> impl Iterator<Item = &'static str> {
    TIGHT.iter().map(|(head, ..)| *head)
}

/// A figure with its metric; `None` where no delivery fits.
pub(super) type Figure<'t, 'r> = Option<(&'t Cell, &'t Column<'r>)>;

/// A form, and its figure for each column of [`TIGHT`].
pub(super) type TightRow<'t, 'r> = (&'t Row<'r>, Vec<Figure<'t, 'r>>);

/// What is held in the end, for each form of which anything is known.
pub(super) fn tight<'t, 'r>(table: &'t Table<'r>) -> Vec<TightRow<'t, 'r>> {
    let cells = |row: &'t Row<'r>| {
        let cell = |(_, of, held): &(_, Of, Held)| {
            let deliveries = Delivery::ALL.iter().filter(|delivery| of(delivery));
            let mut cells = deliveries.filter_map(|delivery| {
                let metric = GuestMetric::Memory(*delivery, delivery.all_read(), *held);
                let column = table.column(&metric.to_string())?;
                Some((row.cells.get(column)?, &table.columns[column]))
            });
            let found: Vec<_> = cells.by_ref().filter(|(cell, _)| fits(cell)).collect();
            let measured = found.iter().find(|(cell, _)| cell.median().is_some());
            measured.or(found.first()).copied()
        };
        (row, TIGHT.iter().map(cell).collect::<Vec<_>>())
    };
    let rows = table.rows.iter().filter(|row| row.info.is_some()).map(cells);
    rows.filter(|(_, cells)| cells.iter().any(Option::is_some)).collect()
}

/// Whether a delivery fits the form of `cell`, as far as the record tells.
pub(super) fn fits(cell: &Cell) -> bool {
    !matches!(cell.state, State::Skipped | State::NotAsked)
}

/// In how many boots a figure of `metric` with so many samples was measured, `1 boot`, where these
/// are fewer than the laboratory's.
pub(super) fn fewer_boots(record: &Record, metric: &str, samples: usize) -> Option<String> {
    let boots = record.laboratory.as_ref()?.boots;
    let samples = samples as u64;
    let fewer = Axis::of(metric) == Some(Axis::Memory) && (1..boots).contains(&samples);
    fewer.then(|| units::counted(samples, "boot"))
}

/// [`fewer_boots`] of a cell of a table.
pub(super) fn fewer(record: &Record, cell: &Cell, column: &Column) -> Option<String> {
    fewer_boots(record, column.id, cell.summary?.count)
}

/// The kernel and machine that all figures of `record` are of, on one line.
pub(super) fn laboratory(record: &Record) -> Option<String> {
    record.laboratory.as_ref().map(line)
}

fn line(lab: &Guest) -> String {
    let release = lab.kernel.split(' ').next().unwrap_or_default();
    let accelerator = match lab.accelerator.as_str() {
        "icount" => "in software, instructions counted (icount)",
        "tcg" => "in software (TCG)",
        "kvm" => "by KVM",
        other => other,
    };
    // The configuration as the kernel's own files have it, shortened by what all have in common.
    let set = lab.config.iter().filter_map(|(name, value)| {
        let name = name.strip_prefix("CONFIG_SQUASHFS_")?;
        (value != "n")
            .then(|| if value == "y" { name.to_owned() } else { format!("{name}={value}") })
    });
    let set = set.collect::<Vec<_>>().join(", ");
    let boots = units::counted(lab.boots, if lab.is_exact() { "order" } else { "boot" });
    format!(
        "Linux {release}, {}, {} of memory, emulated {accelerator} by {}; {boots}; squashfs: {}",
        units::counted(lab.cpus, "CPU"),
        units::short(Unit::Bytes, lab.memory as f64),
        lab.emulator,
        if set.is_empty() { "configuration unknown" } else { &set },
    )
}

/// The head of a column in a table of one delivery, which need not name it.
pub(super) fn head<'t>(column: &'t Column) -> &'t str {
    match column.title.split_once(", ") {
        Some((_, state)) if is_of_guest(column.id) => state,
        _ => column.title,
    }
}

/// The state that a column is of, without what of it is counted.
pub(super) fn state<'t>(column: &'t Column) -> &'t str {
    match guest_metric(column.id) {
        Some(GuestMetric::Memory(delivery, state, _)) => delivery.state_title(state),
        _ => head(column),
    }
}

/// In the kernel's own unit, to the last: `5,668 kB` where others would write KiB.
pub(super) fn kib(bytes: f64) -> String {
    format!("{} kB", units::count((bytes / 1024.0).round() as u64))
}
