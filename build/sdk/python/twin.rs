//! The client for code without `async`, made of the one for code with it: there is one description of what both do.

use std::fs;
use std::io;
use std::path::Path;

use crate::checksum;

/// The words that differ, each with what it is without `async`, in the order in which they are replaced.
const WORDS: [(&str, &str); 11] = [
    ("async def ", "def "),
    ("async for ", "for "),
    ("async with ", "with "),
    ("await ", ""),
    ("anyio.sleep", "time.sleep"),
    ("import anyio", "import time"),
    ("__aenter__", "__enter__"),
    ("__aexit__", "__exit__"),
    ("aiter_bytes", "iter_bytes"),
    ("aread", "read"),
    ("aclose", "close"),
];

/// Puts a twin of every file of the folder `_async` into the folder `_sync` beside it.
pub fn write(package: &Path) -> io::Result<()> {
    let (source, target) = (package.join("_async"), package.join("_sync"));
    fs::create_dir_all(&target)?;
    for file in checksum::files(&source)? {
        let text = fs::read_to_string(&file)?;
        fs::write(target.join(file.file_name().unwrap_or_default()), of(&text))?;
    }
    Ok(())
}

/// The twin of a file.
pub fn of(text: &str) -> String {
    let text = WORDS.iter().fold(text.to_owned(), |text, (word, other)| text.replace(word, other));
    text.replace("_async", "_sync").replace("Async", "")
}
