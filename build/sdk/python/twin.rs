//! The client for code without `async`, made of the one for code with it: there is one description of what both do.

use std::fs;
use std::io;
use std::path::Path;

use crate::checksum;

/// The words that differ, each with what it is without `async`, in the order in which they are replaced.
const WORDS: [(&str, &str); 10] = [
    ("async def ", "def "),
    ("async for ", "for "),
    ("async with ", "with "),
    ("await ", ""),
    ("__aenter__", "__enter__"),
    ("__aexit__", "__exit__"),
    ("aiter_bytes", "iter_bytes"),
    ("aread", "read"),
    ("aclose", "close"),
    ("for item in answer.body.items:\n                yield item\n", "yield from answer.body.items\n"),
];

/// Puts a twin of every file in the folder `_async` of `folder` into `_sync` beside it.
pub fn write(folder: &Path) -> io::Result<()> {
    let (source, target) = (folder.join("_async"), folder.join("_sync"));
    fs::create_dir_all(&target)?;
    for file in checksum::files(&source)? {
        let text = fs::read_to_string(&file)?;
        fs::write(target.join(file.file_name().unwrap_or_default()), of(&text))?;
    }
    Ok(())
}

/// The twin of a file.
fn of(text: &str) -> String {
    let text = WORDS.iter().fold(text.to_owned(), |text, (word, other)| text.replace(word, other));
    text.replace("_async", "_sync").replace("Async", "")
}
