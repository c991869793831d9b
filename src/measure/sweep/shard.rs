//! One of several equal parts of a sweep.

use std::str::FromStr;

/// Part `index` of `of`, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    pub index: u64,
    pub of: u64,
}

impl Shard {
    /// All of it.
    pub const WHOLE: Shard = Shard { index: 1, of: 1 };

    /// Whether nothing is left to others.
    pub fn is_whole(self) -> bool {
        self.of == 1
    }

    /// Whether form `form` (its place, and how many there are) of set `set` is its own.
    ///
    /// As long as there are no more shards than sets, a set stays whole, so that its times are of one
    /// machine. With more, forms are dealt out in turn, which spreads the slow ones.
    pub fn takes(self, set: (usize, usize), form: (usize, usize)) -> bool {
        let ((set, sets), (form, forms)) = (set, form);
        let turn = if self.of <= sets as u64 { set } else { set * forms + form };
        turn as u64 % self.of == self.index - 1
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = || "expected I/N, such as 1/4".to_owned();
        let (index, of) = text.split_once('/').ok_or_else(wanted)?;
        let (index, of) = (index.parse().map_err(|_| wanted())?, of.parse().map_err(|_| wanted())?);
        if index == 0 || index > of {
            return Err("I must be 1 to N".to_owned());
        }
        Ok(Self { index, of })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_take_everything_and_nothing_twice() {
        for (sets, forms) in [(1, 1), (1, 7), (3, 5), (4, 1)] {
            for of in 1..=9 {
                for set in 0..sets {
                    let owners = |form| {
                        let takes = |index: &u64| {
                            Shard { index: *index, of }.takes((set, sets), (form, forms))
                        };
                        (1..=of).filter(takes).collect::<Vec<_>>()
                    };
                    let all: Vec<_> = (0..forms).map(owners).collect();
                    assert!(
                        all.iter().all(|owners| owners.len() == 1),
                        "{sets} {forms} {of}: {all:?}"
                    );
                    if of <= sets as u64 {
                        assert!(all.iter().all(|owners| owners == &all[0]), "a set is torn apart");
                    }
                }
            }
        }
    }

    #[test]
    fn a_shard_is_written_as_test_runners_have_it() {
        assert_eq!("2/3".parse(), Ok(Shard { index: 2, of: 3 }));
        for text in ["", "1", "0/2", "3/2", "1/0", "a/2", "1/2/3", "-1/2"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
