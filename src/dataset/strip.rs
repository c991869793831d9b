//! Comments stripped as `gen_kheaders.sh` strips them.

use std::borrow::Cow;

use memchr::memmem;

/// `source` without its block comments, save those that hold `SPDX`.
///
/// What `perl -pi -e 'BEGIN {undef $/;}; s/\/\*((?!SPDX).)*?\*\///smg;'` means, in linear time: a
/// comment reaches from `/*` to the nearest `*/` behind it and goes unless `SPDX` begins between
/// the two; where it stays, the search goes on right behind its first byte. Line comments stay.
///
/// Perl's limit on repeated groups (`REG_INFTY`, 65,535) is none here: perl 5.36 compiles the group
/// to `CURLYM[1]{0,INFTY}`, where the bound means no bound, and strips a comment of 20 MB.
pub fn strip(source: &[u8]) -> Cow<'_, [u8]> {
    let mut opens = memmem::find_iter(source, b"/*").peekable();
    if opens.peek().is_none() {
        return Cow::Borrowed(source);
    }
    let (mut close, mut spdx) = (Ahead::new(b"*/"), Ahead::new(b"SPDX"));
    let mut kept = Vec::with_capacity(source.len());
    let mut done = 0;
    for open in opens {
        if open < done {
            continue;
        }
        let Some(end) = close.from(source, open + 2) else {
            break;
        };
        if spdx.from(source, open + 2).is_some_and(|at| at < end) {
            continue;
        }
        kept.extend_from_slice(&source[done..open]);
        done = end + 2;
    }
    kept.extend_from_slice(&source[done..]);
    Cow::Owned(kept)
}

/// The next place of a needle, looked for once only while the place asked from moves forward.
struct Ahead {
    finder: memmem::Finder<'static>,
    found: Option<usize>,
    searched: bool,
}

impl Ahead {
    fn new(needle: &'static [u8]) -> Self {
        Self { finder: memmem::Finder::new(needle), found: None, searched: false }
    }

    fn from(&mut self, source: &[u8], start: usize) -> Option<usize> {
        let stale = match self.found {
            Some(found) => found < start,
            None => !self.searched,
        };
        if stale {
            self.searched = true;
            self.found = self.finder.find(&source[start..]).map(|at| start + at);
        }
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripped(source: &str) -> String {
        String::from_utf8(strip(source.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn block_comments_go_and_line_comments_stay() {
        assert_eq!(stripped("a /* b\n c */ d // e /* f */\n"), "a  d // e \n");
        assert_eq!(stripped("no comment"), "no comment");
        assert_eq!(stripped(""), "");
    }

    #[test]
    fn a_comment_with_spdx_stays_but_not_what_opens_inside_it() {
        let line = "/* SPDX-License-Identifier: GPL-2.0 */\n";
        assert_eq!(stripped(line), line);
        assert_eq!(stripped("/* SPDX /* x */ y */ z"), "/* SPDX  y */ z");
        assert_eq!(stripped("/* a /* SPDX */ b /* c */"), "/* a /* SPDX */ b ");
    }

    #[test]
    fn the_closing_mark_does_not_share_the_star() {
        assert_eq!(stripped("/*/ a */ b"), " b");
        assert_eq!(stripped("/*/"), "/*/");
        assert_eq!(stripped("/**/x/***/y"), "xy");
    }

    #[test]
    fn an_unterminated_comment_stays() {
        assert_eq!(stripped("a /* b"), "a /* b");
        assert_eq!(stripped("/* a */ /* b"), " /* b");
    }

    #[test]
    fn many_unterminated_comments_take_no_longer_than_their_bytes() {
        let source = "/* ".repeat(1 << 20);
        assert_eq!(strip(source.as_bytes()).len(), source.len());
        let source = format!("{}*/", "/* SPDX ".repeat(1 << 20));
        assert_eq!(strip(source.as_bytes()).len(), source.len());
    }
}
