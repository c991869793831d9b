//! Shell quoting.

/// `words` as a shell would have to be given them.
pub fn quoted(words: &[String]) -> String {
    words.iter().map(|word| quoted_word(word)).collect::<Vec<_>>().join(" ")
}

/// One word as a shell would have to be given it.
pub fn quoted_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_a_shell() {
        let words = ["tar", "-I", "xz -6 -T1", "it's", ""].map(str::to_owned);
        let line = format!("printf '%s\\n' {}", quoted(&words));
        let said = std::process::Command::new("sh").arg("-c").arg(line).output().unwrap();
        let said = String::from_utf8(said.stdout).unwrap();
        assert_eq!(said.lines().collect::<Vec<_>>(), words);
    }
}
