//! [`WorkerQueues`]: which queues the workers of a process serve, and how many jobs of each at a time.

use std::collections::BTreeMap;
use std::fmt;

/// The value of `WORKER_QUEUES`: names, each with a limit where it has one, and `*` for all others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerQueues {
    /// Those that are named, and the most of their jobs that this process holds at a time.
    pub named: BTreeMap<String, Option<u32>>,
    /// Whether the others are served, too.
    pub others: bool,
}

impl WorkerQueues {
    /// Every queue, without limits.
    pub fn all() -> WorkerQueues {
        WorkerQueues { named: BTreeMap::new(), others: true }
    }

    /// Whether the workers take jobs of this queue.
    pub(crate) fn serves(&self, queue: &str) -> bool {
        self.others || self.named.contains_key(queue)
    }

    /// Whether a queue may be called so: the contract's pattern.
    pub(crate) fn is_name(text: &str) -> bool {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        !text.is_empty() && text.len() <= 64 && text.bytes().all(fits)
    }

    /// `mail=2,reports=1,*`; `None` for anything else.
    pub(super) fn parse(text: &str) -> Option<WorkerQueues> {
        let mut queues = WorkerQueues { named: BTreeMap::new(), others: false };
        for part in text.split(',').map(str::trim) {
            if part == "*" {
                if std::mem::replace(&mut queues.others, true) {
                    return None;
                }
                continue;
            }
            let (name, most) = match part.split_once('=') {
                Some((name, most)) => (name, Some(most.parse().ok().filter(|most| *most > 0)?)),
                None => (part, None),
            };
            if !WorkerQueues::is_name(name) || queues.named.insert(name.to_owned(), most).is_some() {
                return None;
            }
        }
        Some(queues)
    }
}

impl fmt::Display for WorkerQueues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = self.named.iter().map(|(name, most)| match most {
            Some(most) => format!("{name}={most}"),
            None => name.clone(),
        });
        let parts: Vec<String> = named.chain(self.others.then(|| "*".to_owned())).collect();
        f.write_str(&parts.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queues_are_named_with_or_without_a_limit() {
        assert_eq!(WorkerQueues::parse("*"), Some(WorkerQueues::all()));
        let named = BTreeMap::from([("mail".to_owned(), Some(2)), ("default".to_owned(), None)]);
        assert_eq!(WorkerQueues::parse("mail=2, default"), Some(WorkerQueues { named: named.clone(), others: false }));
        let all = WorkerQueues { named, others: true };
        assert_eq!(all.to_string(), "default,mail=2,*");
        assert_eq!(WorkerQueues::parse("mail=2,default,*"), Some(all));
    }

    #[test]
    fn what_names_no_queue_or_no_limit_is_refused() {
        for text in ["", ",", "mail=0", "mail=-1", "mail=x", "mail,mail", "a queue", "mail=2=3", "*,*"] {
            assert_eq!(WorkerQueues::parse(text), None, "{text}");
        }
    }
}
