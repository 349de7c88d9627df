//! What the pages with the tours say, taken from them.

/// A page of the repository.
pub struct Page {
    name: &'static str,
    text: &'static str,
}

/// Has the first operation.
pub const README: Page = Page { name: "README.md", text: include_str!("../../README.md") };
/// Has all tours that come after it.
pub const TOURS: Page = Page { name: "docs/tours.md", text: include_str!("../../docs/tours.md") };

impl Page {
    /// The code block after `<!-- tour:name -->`, without the indentation of the list that it stands in.
    pub fn snippet(&self, name: &str) -> String {
        let marker = format!("<!-- tour:{name} -->");
        let (_, after) = self.text.split_once(&marker).unwrap_or_else(|| panic!("{} has no {marker}", self.name));
        let mut lines = after.lines().skip(1);
        let opening = lines.next().unwrap_or_default();
        let indentation = &opening[..opening.find("```").unwrap_or_else(|| panic!("no code block after {marker}"))];
        let closing = format!("{indentation}```");
        let code = lines.take_while(|line| *line != closing);
        // An empty line is not indented.
        code.map(|line| line.strip_prefix(indentation).unwrap_or(line).to_owned() + "\n").collect()
    }

    /// Asserts that the page says this, however its lines are wrapped.
    pub fn assert_says(&self, text: &str) {
        let words = self.text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(text), "{} no longer says what this test does: {text}", self.name);
    }
}
