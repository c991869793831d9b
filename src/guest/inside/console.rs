//! The guest's side of the console.

use anyhow::Result;

use crate::guest::protocol;
use crate::guest::protocol::Report;
use crate::sys::stdout;

/// Writes reports, each with its number.
pub(super) struct Console {
    pub(super) token: String,
    pub(super) number: u64,
}

impl Console {
    pub(super) fn say(&mut self, report: &Report) -> Result<()> {
        let line = protocol::encode(&self.token, self.number, report)?;
        // In front of it, a line of the kernel's that has no end yet.
        // If the console blocks, the host's time limit ends the guest.
        let _ = stdout::print(format!("\n{line}\n{line}\n"));
        // What the console still has to send would interrupt, and count in, the step that follows.
        let _ = rustix::termios::tcdrain(std::io::stdout());
        self.number += 1;
        Ok(())
    }
}
