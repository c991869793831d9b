//! Progress of long work on standard error: a bar on a terminal, lines anywhere else, nothing with
//! `--quiet`. Warnings are printed in all three cases.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Work that ends within this time shows nothing; a line is printed once in this time at most.
const TICK: Duration = Duration::from_secs(1);
/// The longest time without a line. The thread looks once a [`TICK`], so that 15 s are kept.
const INTERVAL: Duration = Duration::from_secs(13);

const PLAIN: &str = "{spinner} {wide_msg} {elapsed}";

static QUIET: AtomicBool = AtomicBool::new(false);

/// From here on neither bars nor lines are shown.
pub fn be_quiet() {
    QUIET.store(true, Ordering::Relaxed);
}

/// A bar or lines on standard error, until the value is dropped.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    lines: Arc<Lines>,
    is_part: bool,
}

#[derive(Debug)]
struct Lines {
    started: Instant,
    state: Mutex<State>,
    ended: Condvar,
}

/// What a line shows. Times are counted from the start.
#[derive(Debug, Default)]
struct State {
    phase: String,
    detail: String,
    done: u32,
    /// Equal steps of the phase; 0 where they are not known.
    of: u32,
    since: Duration,
    left: Option<Duration>,
    is_new: bool,
    printed: Duration,
    ended: bool,
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

impl Progress {
    /// Appears after one second.
    pub fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        let (started, state) = (Instant::now(), Mutex::new(State::default()));
        let lines = Lines { started, state, ended: Condvar::new() };
        let progress = Self { bar, lines: Arc::new(lines), is_part: false };
        progress.style(PLAIN);
        if !QUIET.load(Ordering::Relaxed) {
            let (bar, lines) = (progress.bar.clone(), Arc::clone(&progress.lines));
            match io::stderr().is_terminal() {
                true => std::thread::spawn(move || {
                    std::thread::sleep(TICK);
                    if !bar.is_finished() {
                        bar.set_draw_target(ProgressDrawTarget::stderr());
                        bar.enable_steady_tick(Duration::from_millis(200));
                    }
                }),
                false => std::thread::spawn(move || lines.print()),
            };
        }
        progress
    }

    /// The progress of one step, which itself has phases and steps: only what it works on is shown.
    pub fn part(&self) -> Self {
        Self { bar: self.bar.clone(), lines: Arc::clone(&self.lines), is_part: true }
    }

    /// A new phase begins, of unknown length.
    pub fn say(&self, what: &str) {
        self.bar.set_message(what.to_owned());
        let mut state = self.lines.lock();
        if self.is_part {
            state.detail = what.to_owned();
        } else {
            let printed = state.printed;
            *state = State { phase: what.to_owned(), is_new: true, printed, ..State::default() };
            self.style(PLAIN);
        }
    }

    /// Prints what must not be missed, also with `--quiet`.
    pub fn warn(&self, what: &str) {
        self.bar.suspend(|| eprintln!("kheaders-bench: {what}"));
    }

    /// The phase has `steps` equal steps.
    pub fn count(&self, steps: usize) {
        if self.is_part {
            return;
        }
        self.bar.set_length(steps as u64);
        self.bar.set_position(0);
        self.bar.reset_eta();
        self.style("{spinner} {bar:24} {pos}/{len} {wide_msg} {eta} left");
        let mut state = self.lines.lock();
        (state.done, state.of) = (0, u32::try_from(steps).unwrap_or(u32::MAX));
        (state.since, state.left) = (self.lines.started.elapsed(), None);
    }

    /// One step is done.
    pub fn advance(&self) {
        if !self.is_part {
            self.bar.inc(1);
            self.lines.lock().done += 1;
        }
    }

    /// This form is being measured along this axis.
    pub fn show(&self, form: &str, axis: &str) {
        let detail = format!("{form}: {axis}");
        self.bar.set_message(detail.clone());
        self.lines.lock().detail = detail;
    }

    /// This much time is left.
    pub fn left(&self, left: Duration) {
        if self.is_part {
            return;
        }
        self.bar.set_prefix(HumanDuration(left).to_string());
        self.style("{spinner} {wide_msg} about {prefix} left");
        self.lines.lock().left = Some(left);
    }

    fn style(&self, template: &str) {
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if !self.is_part {
            self.lines.lock().ended = true;
            self.lines.ended.notify_all();
            self.bar.finish_and_clear();
        }
    }
}

impl Lines {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Prints what is due, until the end.
    fn print(&self) {
        let mut state = self.lock();
        loop {
            let waited = self.ended.wait_timeout(state, TICK);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            if state.ended {
                return;
            }
            if let Some(line) = state.due(self.started.elapsed()) {
                // A reader who reads may have gone.
                let _ = writeln!(io::stderr(), "{line}");
            }
        }
    }
}

impl State {
    /// The line to print `now`, if one is due.
    fn due(&mut self, now: Duration) -> Option<String> {
        if !self.is_new && now.saturating_sub(self.printed) < INTERVAL {
            return None;
        }
        (self.is_new, self.printed) = (false, now);
        let mut line = format!("[{}:{:02}]", now.as_secs() / 60, now.as_secs() % 60);
        for part in [&self.phase, &self.detail].into_iter().filter(|part| !part.is_empty()) {
            line += if line.ends_with(']') { " " } else { ": " };
            line += part;
        }
        if self.of > 0 {
            line += &format!(", {} of {}", (self.done + 1).min(self.of), self.of);
        }
        let by_steps = || {
            let took = now.saturating_sub(self.since).checked_div(self.done)?;
            (self.of > self.done).then(|| took.saturating_mul(self.of - self.done))
        };
        if let Some(left) = self.left.or_else(by_steps) {
            line += &format!(", about {} left", HumanDuration(left));
        }
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_due_for_a_phase_and_before_fifteen_seconds_are_over() {
        let at = Duration::from_secs;
        let phase = "first builds".to_owned();
        let mut state = State { phase, of: 17, is_new: true, ..State::default() };
        assert_eq!(state.due(at(1)).unwrap(), "[0:01] first builds, 1 of 17");
        (state.done, state.detail) = (2, "tar.gz-9: build".to_owned());
        let printed: Vec<_> = (2..62).filter_map(|now| state.due(at(now))).collect();
        assert_eq!(printed.len(), 4);
        assert_eq!(
            printed[0],
            "[0:14] first builds: tar.gz-9: build, 3 of 17, about 2 minutes left"
        );
        state.left = Some(at(180));
        let line = (62..77).find_map(|now| state.due(at(now))).unwrap();
        assert!(line.ends_with("3 of 17, about 3 minutes left"), "{line}");
    }
}
