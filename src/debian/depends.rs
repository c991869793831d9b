//! The dependencies of packages, as `apt-cache depends --recurse` prints them.

use std::collections::BTreeMap;

/// What each package needs, each need a list of packages any of which will do.
pub(crate) type Depends = BTreeMap<String, Vec<Vec<String>>>;

/// Reads what `apt-cache depends --recurse` prints: a package at the start of a line, its needs
/// indented, `|` before all but the last of a choice, and below a virtual package those that
/// provide it.
pub(crate) fn parse(text: &str) -> Depends {
    let mut all = Depends::new();
    let mut package = String::new();
    let mut choice: Vec<String> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        if !line.starts_with(' ') {
            package = line.trim().to_owned();
            all.entry(package.clone()).or_default();
            open = false;
            continue;
        }
        let Some(needs) = all.get_mut(&package) else { continue };
        let line = line.trim();
        let (more, line) = line.strip_prefix('|').map_or((false, line), |rest| (true, rest));
        let need = ["Depends: ", "PreDepends: "].iter().find_map(|kind| line.strip_prefix(kind));
        match need {
            Some(name) => {
                if !open {
                    choice = Vec::new();
                    needs.push(Vec::new());
                }
                // A virtual package is in brackets; its providers follow.
                if !name.starts_with('<') {
                    choice.push(name.split(':').next().unwrap_or(name).to_owned());
                }
                open = more;
            }
            None if !line.contains(": ") => choice.push(line.to_owned()),
            None => {}
        }
        if let Some(last) = needs.last_mut() {
            last.clone_from(&choice);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needs_are_read_with_their_choices_and_providers() {
        let text = "qemu\n  PreDepends: libc6\n |Depends: a\n  Depends: b\n  Depends: <virtual>\n    \
                    c\n    d\na\n  Depends: libc6\n";
        let depends = parse(text);
        let own = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        assert_eq!(depends["qemu"], [own(&["libc6"]), own(&["a", "b"]), own(&["c", "d"])]);
        assert_eq!(depends["a"], [own(&["libc6"])]);
    }
}
