//! A Japanese page says what the English one says, as far as a program can tell: what is not words is the same in both.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::copy::{REPOSITORY, working_tree};
use crate::links::{anchors, followed, read};

/// A piece that a translation leaves as it is.
#[derive(Debug, PartialEq)]
enum Piece {
    /// A heading's number signs.
    Heading(String),
    /// A line of a code block, or one of its fences.
    Code(String),
    /// What a row of a table has in backticks, and where it links to.
    Row(BTreeSet<String>),
    /// The same of all other text up to the next heading, where the order of words is the language's.
    Text(BTreeSet<String>),
}

#[test]
fn the_japanese_pages_have_the_headings_code_tables_and_links_of_the_english_ones() {
    let is_translated = |file: &PathBuf| {
        (file == Path::new("README.md") || file.starts_with("docs")) && file.extension().is_some_and(|end| end == "md")
    };
    let pages = working_tree().into_iter().filter(|file| is_translated(file) && !is_japanese(file));
    pages.for_each(|page| compare(&page, &in_japanese(&page)));
}

fn compare(page: &Path, translation: &Path) {
    let (english, japanese) = (pieces(page), pieces(translation));
    let (page, translation) = (page.display(), translation.display());
    for pair in english.iter().zip(&japanese) {
        if let (Piece::Row(english), Piece::Row(japanese)) | (Piece::Text(english), Piece::Text(japanese)) = pair {
            let alone: Vec<_> = english.symmetric_difference(japanese).collect();
            assert!(alone.is_empty(), "only one of {page} and {translation} has {alone:?} among {english:?}");
        }
        assert_eq!(pair.0, pair.1, "{page}, left, and {translation}, right, differ first in this");
    }
    assert_eq!(english.len(), japanese.len(), "one of {page} and {translation} has more at its end");
}

fn pieces(page: &Path) -> Vec<Piece> {
    let (mut pieces, mut text, mut fenced) = (Vec::new(), String::new(), false);
    for line in read(page).lines() {
        let fence = line.trim_start().starts_with("```");
        // Lists are indented by less than four spaces.
        if fence || fenced || line.starts_with("    ") {
            pieces.push(Piece::Code(line.to_owned()));
        } else if line.starts_with('#') {
            pieces.push(Piece::Text(marked(page, &text)));
            pieces.push(Piece::Heading(line.split(' ').next().unwrap().to_owned()));
            text.clear();
        } else if line.starts_with('|') {
            pieces.push(Piece::Row(marked(page, line)));
        } else {
            text += line;
            text += "\n";
        }
        fenced ^= fence;
    }
    pieces.push(Piece::Text(marked(page, &text)));
    pieces
}

/// What stands in backticks, however its lines are wrapped, and where links lead to.
fn marked(page: &Path, text: &str) -> BTreeSet<String> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let code = text.split('`').skip(1).step_by(2).map(str::to_owned);
    let links =
        text.split("](").skip(1).filter_map(|after| after.split_once(')')).map(|(target, _)| goal(page, target));
    code.chain(links).collect()
}

/// Where a link leads to, said alike in both languages: by the number of a heading, and, of a page that is there in both, by
/// whether the link stays in the language. Only the link from a page to its translation does not.
fn goal(page: &Path, target: &str) -> String {
    if target.contains(':') {
        return target.to_owned();
    }
    let (file, anchor) = followed(page, target);
    let heading = anchor.map(|anchor| anchors(&read(&file)).iter().position(|other| *other == anchor));
    let name = file.to_string_lossy().replace(".ja.md", ".md");
    let translated = Path::new(REPOSITORY).join(in_japanese(Path::new(&name))).exists();
    let stays = translated.then(|| is_japanese(&file) == is_japanese(page));
    format!("{name}, heading {heading:?}, same language {stays:?}")
}

fn in_japanese(page: &Path) -> PathBuf {
    page.with_extension("ja.md")
}

fn is_japanese(page: &Path) -> bool {
    page.to_string_lossy().ends_with(".ja.md")
}
