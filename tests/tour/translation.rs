//! README.ja.md says what README.md says, as far as a program can tell: what is not words is the same in both.

use std::collections::BTreeSet;

const ENGLISH: &str = include_str!("../../README.md");
const JAPANESE: &str = include_str!("../../README.ja.md");

/// A piece that a translation leaves as it is.
#[derive(Debug, PartialEq)]
enum Piece<'a> {
    /// A heading's number signs.
    Heading(&'a str),
    /// A line of a code block, or one of its fences.
    Code(&'a str),
    /// What a row of a table has in backticks, and where it links to.
    Row(BTreeSet<String>),
    /// The same of all other text up to the next heading, where the order of words is the language's.
    Text(BTreeSet<String>),
}

#[test]
fn the_japanese_readme_has_the_headings_code_tables_and_links_of_the_readme() {
    let (english, japanese) = (pieces(ENGLISH), pieces(JAPANESE));
    for pair in english.iter().zip(&japanese) {
        if let (Piece::Row(english), Piece::Row(japanese)) | (Piece::Text(english), Piece::Text(japanese)) = pair {
            let alone: Vec<_> = english.symmetric_difference(japanese).collect();
            assert!(alone.is_empty(), "only one of README.md and README.ja.md has {alone:?} among {english:?}");
        }
        assert_eq!(pair.0, pair.1, "README.md, left, and README.ja.md, right, differ first in this");
    }
    assert_eq!(english.len(), japanese.len(), "one of the two has more at its end");
}

fn pieces(readme: &str) -> Vec<Piece<'_>> {
    let (mut pieces, mut text, mut fenced) = (Vec::new(), String::new(), false);
    for line in readme.lines() {
        let fence = line.trim_start().starts_with("```");
        // Lists are indented by less than four spaces.
        if fence || fenced || line.starts_with("    ") {
            pieces.push(Piece::Code(line));
        } else if line.starts_with('#') {
            pieces.push(Piece::Text(marked(&text)));
            pieces.push(Piece::Heading(line.split(' ').next().unwrap()));
            text.clear();
        } else if line.starts_with('|') {
            pieces.push(Piece::Row(marked(line)));
        } else {
            text += line;
            text += "\n";
        }
        fenced ^= fence;
    }
    pieces.push(Piece::Text(marked(&text)));
    pieces
}

/// What stands in backticks, however its lines are wrapped, and the targets of links. Each README links to the other.
fn marked(text: &str) -> BTreeSet<String> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ").replace("README.ja.md", "README.md");
    let code = text.split('`').skip(1).step_by(2);
    let links = text.split("](").skip(1).filter_map(|after| after.split_once(')')).map(|(target, _)| target);
    code.chain(links).map(str::to_owned).collect()
}
