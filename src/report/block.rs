//! What a report is made of, before any output: topics make blocks, and each renderer knows one syntax.
//!
//! Escapes, wrapping, alignment and widths are the renderers' own.

use super::chart::Chart;

/// A whole report.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub title: String,
    /// What the report answers, in one line.
    pub question: String,
    pub lead: Vec<Block>,
    pub parts: Vec<Part>,
}

/// What a document says of one record, or of several together.
#[derive(Debug, Default)]
pub(super) struct Part {
    /// The prefix of its anchors.
    pub id: String,
    /// Empty where the document has one part.
    pub title: String,
    pub lead: Vec<Block>,
    pub sections: Vec<Section>,
}

/// One topic.
#[derive(Debug, Default)]
pub(super) struct Section {
    /// Its anchor.
    pub id: String,
    pub title: String,
    /// Where it is left out.
    pub depth: Depth,
    pub blocks: Vec<Block>,
}

/// Which outputs have a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Depth {
    /// Every output, the terminal after a run too.
    Brief,
    /// Pages and Markdown.
    #[default]
    Full,
    /// Pages alone: CSV has its figures.
    Page,
}

#[derive(Debug)]
pub(super) enum Block {
    Heading(String),
    Text(Tone, Words),
    List(Vec<Words>),
    /// Terms with what they are; a term that is empty continues the last.
    Terms(Vec<(String, Words)>),
    Code(String),
    Table(Table),
    Chart(Chart),
    Details(Details),
    Notes(Vec<Note>),
    /// The data of the page's chooser.
    Chooser(serde_json::Value),
}

impl Block {
    pub(super) fn text(words: impl Into<Words>) -> Self {
        Block::Text(Tone::Plain, words.into())
    }

    pub(super) fn small(words: impl Into<Words>) -> Self {
        Block::Text(Tone::Small, words.into())
    }

    /// How figures were measured or computed.
    pub(super) fn method(title: &'static str, words: &str) -> Self {
        Block::Text(Tone::Method, Words::default().strong(title).then(" ").then(words))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    Small,
    Notice,
    Method,
}

/// What a page folds and the terminal leaves out.
#[derive(Debug)]
pub(super) struct Details {
    /// Its anchor, where something leads to it.
    pub id: Option<String>,
    pub summary: Words,
    pub blocks: Vec<Block>,
}

/// Why figures are absent or computed.
#[derive(Debug)]
pub(super) struct Note {
    /// What cells refer to.
    pub number: usize,
    pub state: &'static str,
    pub text: String,
    /// Forms and metrics.
    pub places: String,
}

/// Text with its emphasis.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Words(pub Vec<(Style, String)>);

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Style {
    Plain,
    /// The name of a form.
    Name,
    Strong,
    Small,
    Code,
    /// A long digest.
    Hash,
    /// A verdict; the text is the sentence's first.
    Verdict,
}

impl From<&str> for Words {
    fn from(text: &str) -> Self {
        Self::default().then(text)
    }
}

impl From<String> for Words {
    fn from(text: String) -> Self {
        Self::default().then(text)
    }
}

impl Words {
    pub(super) fn styled(mut self, style: Style, text: impl Into<String>) -> Self {
        self.0.push((style, text.into()));
        self
    }

    pub(super) fn then(self, text: impl Into<String>) -> Self {
        self.styled(Style::Plain, text)
    }

    pub(super) fn strong(self, text: impl Into<String>) -> Self {
        self.styled(Style::Strong, text)
    }

    pub(super) fn name(self, form: &str) -> Self {
        self.styled(Style::Name, form)
    }
}

#[derive(Debug, Default)]
pub(super) struct Table {
    /// Empty where the section's title says it.
    pub title: String,
    /// What all its figures have in common.
    pub about: String,
    pub kind: Kind,
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Kind {
    #[default]
    Figures,
    /// Figures that a page sorts.
    Sorted,
    /// Sentences.
    Words,
    /// The rows that the chooser filters; the third column is its verdict.
    Candidates,
    Samples,
}

#[derive(Debug)]
pub(super) struct Column {
    pub title: String,
    pub right: bool,
    /// The last to go when there is no room is 1; 0 stays.
    pub rank: usize,
}

impl Column {
    /// A column of words.
    pub(super) fn left(title: impl Into<String>) -> Self {
        Self { title: title.into(), right: false, rank: 0 }
    }

    /// A column of figures.
    pub(super) fn right(title: impl Into<String>) -> Self {
        Self { title: title.into(), right: true, rank: 0 }
    }
}

#[derive(Debug, Default)]
pub(super) struct Row {
    /// Its anchor.
    pub id: Option<String>,
    /// Whether it is the row that the others are compared with.
    pub reference: bool,
    /// The first is the row's head.
    pub cells: Vec<Cell>,
}

#[derive(Debug, Default)]
pub(super) struct Cell {
    pub text: String,
    /// More on it, for who points at it.
    pub hint: String,
    pub strong: bool,
    /// What became of the figure, as a class of the page.
    pub state: &'static str,
    /// By which a page sorts.
    pub value: Option<f64>,
    /// Where the figure comes from.
    pub links: Vec<String>,
    pub aside: Aside,
    /// The number of the note that says more.
    pub note: Option<usize>,
    /// Whether nothing belongs here.
    pub empty: bool,
}

/// What is beside a figure.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) enum Aside {
    #[default]
    Nothing,
    /// The larger side of the interval in percent.
    Uncertainty(f64),
    /// The ends of the interval.
    Range(String, String),
    /// A few words that several cells share.
    Remark(String),
}

impl Cell {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// A figure in base units, from the observation of an anchor.
    pub(super) fn figure(text: String, value: f64, link: String) -> Self {
        Self { text, value: Some(value), links: vec![link], ..Self::default() }
    }

    /// A place in which nothing belongs.
    pub(super) fn empty() -> Self {
        Self { text: "·".to_owned(), state: "not-asked", empty: true, ..Self::default() }
    }
}

/// `words` as a list in a sentence.
pub(super) fn joined(mut words: Vec<&str>) -> String {
    match words.pop() {
        None => String::new(),
        Some(last) if words.is_empty() => last.to_owned(),
        Some(last) => format!("{} and {last}", words.join(", ")),
    }
}
