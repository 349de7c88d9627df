//! The links between the pages of the repository.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::copy::{REPOSITORY, working_tree};

#[test]
fn every_link_of_a_page_leads_to_a_file_of_the_repository_and_a_heading_in_it() {
    let files = working_tree();
    let is_page = |file: &&PathBuf| file.extension().is_some_and(|end| end == "md") && !file.starts_with("generated");
    let mut broken = Vec::new();
    for page in files.iter().filter(is_page) {
        let relative = targets(&read(page)).into_iter().filter(|target| !target.contains(':'));
        broken.extend(relative.filter(|target| !leads_somewhere(&files, page, target)).map(|target| (page, target)));
    }
    assert!(broken.is_empty(), "these pages have links that lead nowhere: {broken:#?}");
}

fn leads_somewhere(files: &BTreeSet<PathBuf>, page: &Path, target: &str) -> bool {
    let (file, anchor) = followed(page, target);
    match anchor {
        Some(anchor) => files.contains(&file) && anchors(&read(&file)).contains(&anchor),
        None => files.iter().any(|there| there.starts_with(&file)),
    }
}

/// The file that a relative link on a page leads to, by its path from the root, and the anchor in it.
pub fn followed(page: &Path, target: &str) -> (PathBuf, Option<String>) {
    let (path, anchor) =
        target.split_once('#').map_or((target, None), |(path, anchor)| (path, Some(anchor.to_owned())));
    let mut file = if path.is_empty() { page.to_owned() } else { page.parent().unwrap().to_owned() };
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        match part {
            ".." => assert!(file.pop(), "{target} of {} leads out of the repository", page.display()),
            _ => file.push(part),
        }
    }
    (file, anchor)
}

/// The anchors that GitHub gives the headings of a page, in their order. No page here has one heading twice and links to it.
pub fn anchors(text: &str) -> Vec<String> {
    let (mut anchors, mut heading) = (Vec::new(), None);
    for event in Parser::new(text) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => anchors.extend(heading.take().map(|heading| anchor(&heading))),
            Event::Text(words) | Event::Code(words) => heading.iter_mut().for_each(|heading| heading.push_str(&words)),
            _ => (),
        }
    }
    anchors
}

fn anchor(heading: &str) -> String {
    let letters = heading.chars().map(|letter| if letter == ' ' { '-' } else { letter });
    letters.filter(|letter| letter.is_alphanumeric() || "-_".contains(*letter)).flat_map(char::to_lowercase).collect()
}

/// Where the links and images of a page lead to.
fn targets(text: &str) -> Vec<String> {
    let target = |event| match event {
        Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => Some(dest_url.into_string()),
        _ => None,
    };
    Parser::new_ext(text, Options::ENABLE_TABLES).filter_map(target).collect()
}

/// A file of the repository.
pub fn read(file: &Path) -> String {
    let path = Path::new(REPOSITORY).join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
