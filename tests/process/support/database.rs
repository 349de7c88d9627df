//! The database file as it lies there, read with plain SQL so that no code of the service stands between.

use std::collections::BTreeSet;
use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

pub struct Database(SqliteConnection);

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    value: i64,
}

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Text)]
    value: String,
}

/// Does to a file what another program might have done to it.
pub fn change(path: &Path, sql: &str) {
    SqliteConnection::establish(path.to_str().unwrap()).unwrap().batch_execute(sql).unwrap();
}

/// True while a process is inside a write transaction.
pub fn is_being_written(path: &Path) -> bool {
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    conn.batch_execute("BEGIN IMMEDIATE; ROLLBACK").is_err()
}

/// A connection that holds the write lock until it is dropped.
pub fn lock(path: &Path) -> SqliteConnection {
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    conn.batch_execute("PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE").unwrap();
    conn
}

impl Database {
    pub fn open(path: &Path) -> Database {
        let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        conn.batch_execute("PRAGMA busy_timeout = 5000; PRAGMA query_only = ON").unwrap();
        Database(conn)
    }

    /// The one number that `select` gives as `value`.
    pub fn number(&mut self, select: &str) -> i64 {
        diesel::sql_query(select).get_result::<Number>(&mut self.0).unwrap().value
    }

    /// The numbers that `select` gives as `value`.
    pub fn numbers(&mut self, select: &str) -> Vec<i64> {
        let numbers: Vec<Number> = diesel::sql_query(select).load(&mut self.0).unwrap();
        numbers.into_iter().map(|number| number.value).collect()
    }

    /// `SELECT count(*) FROM …`.
    pub fn count(&mut self, from: &str) -> i64 {
        self.number(&format!("SELECT count(*) AS value FROM {from}"))
    }

    /// The texts that `select` gives as `value`.
    pub fn texts(&mut self, select: &str) -> Vec<String> {
        let words: Vec<Word> = diesel::sql_query(select).load(&mut self.0).unwrap();
        words.into_iter().map(|word| word.value).collect()
    }

    pub fn emails(&mut self) -> BTreeSet<String> {
        self.texts("SELECT email AS value FROM users").into_iter().collect()
    }

    /// Asserts that the jobs have done for every user, once, what they are for, and that the file is sound.
    pub fn assert_every_user_checked_in_once(&mut self) {
        let users = self.count("users");
        let jobs = |job_type| {
            format!(
                "users WHERE 1 <> (SELECT count(*) FROM job_queue WHERE user_id = users.id AND job_type = '{job_type}')"
            )
        };
        assert_eq!(self.count(&jobs("user_created")), 0, "users without exactly one user_created job");
        assert_eq!(self.count(&jobs("send_welcome_email")), 0, "users without exactly one send_welcome_email job");
        assert_eq!(self.count("job_queue"), 2 * users, "jobs");
        assert_eq!(self.count("job_queue WHERE status <> 'completed'"), 0, "jobs that are not completed");
        assert_eq!(self.number("SELECT coalesce(sum(signups), 0) AS value FROM signup_counts"), users, "signups");
        assert_eq!(self.count("users JOIN user_profiles ON user_id = id"), users, "profiles");
        assert_eq!(self.count("job_attempts WHERE outcome = 'completed'"), 2 * users, "completed attempts");
        self.assert_sound();
    }

    pub fn assert_sound(&mut self) {
        assert_eq!(self.texts("SELECT integrity_check AS value FROM pragma_integrity_check"), ["ok"]);
        assert_eq!(self.count("pragma_foreign_key_check"), 0, "foreign keys that point nowhere");
    }
}
