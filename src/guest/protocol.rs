//! Report lines on the guest's console, distinguishable from kernel messages.
//!
//! A report is `@TOKEN NUMBER CRC TEXT`: a token that is made of the boot's script, a number that counts
//! up from 0, the CRC-32 (that of gzip) of `NUMBER TEXT` in eight hex digits, and one line of JSON.
//! The kernel may write into the middle of a line, so each is sent twice; the receiver takes the
//! first that is whole, and notices one that never came by the gap in the numbers.

use flate2::Crc;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::inside::counters::Counters;

/// A report of the guest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Report {
    /// The program runs, as the first process of this kernel.
    Hello {
        /// `uname -r` and `uname -v`.
        kernel: String,
        cpus: u64,
        /// Memory that the kernel manages, bytes.
        memory: u64,
    },
    /// A group of steps begins, after settling.
    Begin {
        group: String,
    },
    State {
        name: String,
        before: Counters,
        /// After settling.
        after: Counters,
    },
    Peak {
        /// The least memory that was free while it ran, bytes.
        free: u64,
        /// Peak memory of the program, bytes.
        program: u64,
    },
    /// What a step that was to be counted took.
    Count {
        /// What the script calls it. Steps of one name add up.
        name: String,
        /// Nanoseconds of the guest's clock, which are instructions where that counts them.
        instructions: u64,
    },
    Say {
        line: String,
    },
    /// A step went wrong; the rest of its group is left out.
    Failed {
        error: String,
    },
    End,
    Bye,
}

/// A line for the console, without its newline.
pub fn encode(token: &str, number: u64, report: &impl Serialize) -> serde_json::Result<String> {
    let text = serde_json::to_string(report)?;
    Ok(format!("@{token} {number} {:08x} {text}", checksum(number, &text)))
}

/// The report in a console line, wherever in it; `None` if there is none that is whole.
pub fn decode<T: DeserializeOwned>(token: &str, line: &str) -> Option<(u64, T)> {
    let mark = format!("@{token} ");
    line.match_indices(&mark).find_map(|(at, _)| {
        let mut parts = line[at + mark.len()..].trim_end().splitn(3, ' ');
        let number = parts.next()?.parse().ok()?;
        let crc = u32::from_str_radix(parts.next()?, 16).ok()?;
        let text = parts.next()?;
        (crc == checksum(number, text))
            .then(|| serde_json::from_str(text).ok())?
            .map(|report| (number, report))
    })
}

/// Puts reports in order, and drops the second copy of each.
#[derive(Debug, Default)]
pub struct Receiver {
    next: u64,
}

impl Receiver {
    /// Whether the report with this `number` is new; an error if one before it was lost.
    pub fn admit(&mut self, number: u64) -> Result<bool, String> {
        if number > self.next {
            return Err(format!("report {} of the guest was lost", self.next));
        }
        let new = number == self.next;
        self.next += u64::from(new);
        Ok(new)
    }
}

fn checksum(number: u64, text: &str) -> u32 {
    let mut crc = Crc::new();
    crc.update(format!("{number} {text}").as_bytes());
    crc.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "c0ffee";

    #[test]
    fn a_report_survives_the_kernels_own_words_before_it() {
        let line = encode(TOKEN, 7, &Report::End).unwrap();
        let noisy = format!("[    1.2] printk without an end{line}\r");
        assert_eq!(decode(TOKEN, &noisy), Some((7, Report::End)));
    }

    #[test]
    fn a_line_that_was_cut_into_is_no_report() {
        let line = encode(TOKEN, 7, &Report::Say { line: "a".into() }).unwrap();
        let (head, tail) = line.split_at(line.len() - 4);
        assert_eq!(decode::<Report>(TOKEN, &format!("{head}[  2.0] oops{tail}")), None);
        assert_eq!(decode::<Report>(TOKEN, head), None);
        assert_eq!(decode::<Report>("other", &line), None);
    }

    #[test]
    fn the_second_copy_is_dropped_and_a_gap_is_told() {
        let mut receiver = Receiver::default();
        assert_eq!(receiver.admit(0), Ok(true));
        assert_eq!(receiver.admit(0), Ok(false));
        assert_eq!(receiver.admit(1), Ok(true));
        assert!(receiver.admit(3).is_err());
    }
}
