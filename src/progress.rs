//! The progress bar: form, axis and time left. Nothing where standard error is not a terminal.

use std::time::Duration;

use indicatif::{HumanDuration, ProgressBar, ProgressStyle};

/// A bar on standard error.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

impl Progress {
    /// A bar that shows itself once there is something to say. indicatif draws nothing where
    /// standard error is not a terminal.
    pub fn new() -> Self {
        let bar = ProgressBar::new_spinner();
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar }
    }

    /// Says in a few words what takes time.
    pub fn say(&self, what: &str) {
        self.bar.set_message(what.to_owned());
    }

    /// Says something that must not be missed, terminal or not.
    pub fn warn(&self, what: &str) {
        self.bar.suspend(|| eprintln!("kheaders-bench: {what}"));
    }

    /// `steps` equal steps are ahead.
    pub fn count(&self, steps: usize) {
        self.bar.set_length(steps as u64);
        self.bar.set_position(0);
        self.bar.reset_eta();
        self.style("{spinner} {bar:24} {pos}/{len} {wide_msg} {eta} left");
    }

    /// One step is done.
    pub fn advance(&self) {
        self.bar.inc(1);
    }

    /// This form is being looked at along this axis.
    pub fn show(&self, form: &str, axis: &str) {
        self.bar.set_message(format!("{form}: {axis}"));
    }

    /// This much time is left.
    pub fn left(&self, left: Duration) {
        self.bar.set_prefix(HumanDuration(left).to_string());
        self.style("{spinner} {wide_msg} about {prefix} left");
    }

    /// The bar goes.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }

    fn style(&self, template: &str) {
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style);
        }
    }
}
