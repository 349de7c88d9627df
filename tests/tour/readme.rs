//! What the README says, taken from the README.

const README: &str = include_str!("../../README.md");

/// The code block after `<!-- tour:name -->`, without the indentation of the list that it stands in.
pub fn snippet(name: &str) -> String {
    let marker = format!("<!-- tour:{name} -->");
    let (_, after) = README.split_once(&marker).unwrap_or_else(|| panic!("the README has no {marker}"));
    let mut lines = after.lines().skip(1);
    let opening = lines.next().unwrap_or_default();
    let indentation = &opening[..opening.find("```").unwrap_or_else(|| panic!("no code block after {marker}"))];
    let closing = format!("{indentation}```");
    let code = lines.take_while(|line| *line != closing);
    // An empty line is not indented.
    code.map(|line| line.strip_prefix(indentation).unwrap_or(line).to_owned() + "\n").collect()
}

/// Asserts that the README says this, however its lines are wrapped.
pub fn assert_says(text: &str) {
    let words = README.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(text), "the README no longer says what this test does: {text}");
}
