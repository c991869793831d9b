//! The progress bar: form, axis and time left. Nothing where standard error is not a terminal.

use std::time::Duration;

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar on standard error, gone when the value is.
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
    /// A bar that shows itself when the work has taken a second. indicatif draws nothing where
    /// standard error is not a terminal.
    pub fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        let shown = bar.clone();
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_secs(1));
            if !shown.is_finished() {
                shown.set_draw_target(ProgressDrawTarget::stderr());
                shown.enable_steady_tick(Duration::from_millis(200));
            }
        });
        let progress = Self { bar };
        progress.style("{spinner} {wide_msg} {elapsed}");
        progress
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

    fn style(&self, template: &str) {
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
