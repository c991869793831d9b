//! Whether a page is well-formed: tags that close, ids that are unique, links that lead somewhere.

use std::collections::BTreeSet;

use regex::Regex;

/// Elements of HTML that have no end.
const VOID: &[&str] = &["meta", "br"];

/// Checks `html`, an SVG inside as strictly as XML is.
pub(crate) fn check_page(html: &str) -> Result<(), String> {
    // The style holds no markup, but quotes and braces of its own.
    let html = regex("(?s)<style>.*?</style>").replace(html, "");
    let html = without_own_scripts(&html);
    if html.contains("<script") {
        return Err("a script".to_owned());
    }
    tags(&html)?;
    for (at, _) in html.match_indices("<svg") {
        let Some(end) = html[at..].find("</svg>") else {
            return Err("an SVG without an end".to_owned());
        };
        let svg = &html[at..at + end];
        if !svg.contains("<title") || !svg.contains("<desc") || !svg.contains(" role=\"") {
            return Err(format!("an SVG that does not say what it is: {}", &svg[..90]));
        }
        if svg.contains("NaN") || svg.contains("inf") {
            return Err("an SVG with a figure that is none".to_owned());
        }
    }
    let mut ids = BTreeSet::new();
    for id in regex(" id=\"([^\"]*)\"").captures_iter(&html) {
        if !ids.insert(id[1].to_owned()) {
            return Err(format!("the id {} stands twice", &id[1]));
        }
    }
    for link in regex(" href=\"#([^\"]*)\"").captures_iter(&html) {
        if !ids.contains(&link[1]) {
            return Err(format!("a link to {}, which is nowhere", &link[1]));
        }
    }
    if html.contains(|c: char| c.is_control() && c != '\n') {
        return Err("a control character".to_owned());
    }
    Ok(())
}

/// `html` without the page's own script and the data for it, in which nothing can end a script.
pub(crate) fn without_own_scripts(html: &str) -> String {
    let own = format!("<script>\n{}</script>", include_str!("../../src/report/render/page.js"));
    let data = regex("<script type=\"application/json\">[^<]*</script>");
    data.replace_all(&html.replacen(&own, "", 1), "").into_owned()
}

/// `text` as the page escapes it.
pub(crate) fn escaped(text: &str) -> String {
    let pairs = [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;"), ("'", "&#x27;")];
    let text = text.replace(|c: char| c.is_control() && c != '\n', "\u{fffd}");
    pairs.iter().fold(text, |text, (raw, safe)| text.replace(raw, safe))
}

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect(pattern)
}

fn tags(html: &str) -> Result<(), String> {
    let tag = regex(r#"^<(/?)([a-zA-Z0-9]+)((?: [a-zA-Z-]+(?:="[^"<>]*")?)*) ?(/?)>"#);
    let entity = regex(r"^&(?:[a-z]+|#x?[0-9a-f]+);");
    let mut open: Vec<&str> = Vec::new();
    let body = html.trim_start().strip_prefix("<!doctype html>").ok_or("no doctype")?;
    for (at, c) in body.match_indices(['<', '&']) {
        let rest = &body[at..];
        let near = || rest.chars().take(60).collect::<String>();
        if c == "&" {
            if !entity.is_match(rest) {
                return Err(format!("a bare & in {}", near()));
            }
            continue;
        }
        let Some(found) = tag.captures(rest) else {
            return Err(format!("no tag: {}", near()));
        };
        let name = found.get(2).map_or("", |name| name.as_str());
        if &found[1] == "/" {
            let last = open.pop();
            if last != Some(name) {
                return Err(format!("</{name}> ends {last:?}"));
            }
        } else if &found[4] != "/" && !VOID.contains(&name) {
            open.push(name);
        }
    }
    if open.is_empty() { Ok(()) } else { Err(format!("never closed: {open:?}")) }
}
