//! `packaging/keiyaku.env`: what an administrator reads, and uncomments.

use std::collections::BTreeSet;
use std::fs;

use keiyaku::config::Config;

use crate::support::repository;

/// The names and values of the lines that are commented out, without quotes.
fn variables() -> Vec<(String, String)> {
    let file = fs::read_to_string(repository("packaging/keiyaku.env")).unwrap();
    assert!(file.lines().all(|line| line.is_empty() || line.starts_with('#')), "all of it is commented out");
    let pairs = file.lines().filter_map(|line| line.strip_prefix('#')?.split_once('='));
    let named = pairs.filter(|(name, _)| name.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_'));
    named.map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned())).collect()
}

#[test]
fn it_has_every_variable_of_the_readme_and_no_other() {
    let readme = fs::read_to_string(repository("README.md")).unwrap();
    let (_, configuration) = readme.split_once("\n## Configuration\n").unwrap();
    let (table, _) = configuration.split_once("\n## ").unwrap();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
    let told: BTreeSet<_> =
        rows.flat_map(|names| names.split(", ")).map(|name| name.trim_matches('`').to_owned()).collect();
    assert_eq!(variables().into_iter().map(|(name, _)| name).collect::<BTreeSet<_>>(), told);
}

#[test]
fn every_value_in_it_is_the_default() {
    let uncommented = Config::from_variables(variables()).unwrap();
    let defaults = Config::from_variables([]).unwrap();
    assert_eq!(format!("{uncommented:?}"), format!("{defaults:?}"));
}
