//! The kernel's log, read as its `Documentation/ABI/testing/dev-kmsg` has it.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;

use anyhow::{Context as _, Result, bail};
use rustix::fs::OFlags;

const DEVICE: &str = "/dev/kmsg";
/// More than a record of it takes, bytes.
const RECORD: usize = 8 << 10;

/// How far the log was read.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// The first record that was not.
    next: u64,
}

impl Log {
    /// Looks for `text` in the lines that were not looked at yet.
    ///
    /// # Errors
    /// None has it, or there is no log.
    pub(super) fn expect(&mut self, text: &str) -> Result<()> {
        let mut found = false;
        for record in records().context(DEVICE)? {
            let Some((number, line)) = parse(&record) else { continue };
            if number >= self.next {
                found |= line.contains(text);
                self.next = number + 1;
            }
        }
        if !found {
            bail!("the kernel log has no such line");
        }
        Ok(())
    }
}

fn records() -> std::io::Result<Vec<String>> {
    let flags = OFlags::NONBLOCK.bits() as i32;
    let mut log = File::options().read(true).custom_flags(flags).open(DEVICE)?;
    let mut records = Vec::new();
    let mut record = vec![0; RECORD];
    loop {
        match log.read(&mut record) {
            Ok(0) => return Ok(records),
            Ok(length) => records.push(String::from_utf8_lossy(&record[..length]).into_owned()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(records),
            // The oldest were overwritten meanwhile: the next read starts behind them.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
            Err(error) => return Err(error),
        }
    }
}

/// The number and the text of `PRIORITY,NUMBER,TIME,FLAGS;TEXT`.
fn parse(record: &str) -> Option<(u64, &str)> {
    let (head, text) = record.split_once(';')?;
    let number = head.split(',').nth(1)?.parse().ok()?;
    Some((number, text.lines().next().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_have_a_number_and_a_line() {
        let record = "6,339,5140900,-;khfs: inode 7 is corrupt\n SUBSYSTEM=x\n";
        assert_eq!(parse(record), Some((339, "khfs: inode 7 is corrupt")));
        assert_eq!(parse("garbage"), None);
    }
}
