//! The database as it lies there, read with plain SQL so that no code of the service stands between.

use std::collections::BTreeSet;
use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use keiyaku::db::AnyConnection;

use crate::database as switch;

pub struct Database(AnyConnection);

/// Does to a file what another program might have done to it.
pub fn change(path: &Path, sql: &str) {
    SqliteConnection::establish(path.to_str().unwrap()).unwrap().batch_execute(sql).unwrap();
}

/// True while a process is inside a write transaction.
pub fn is_being_written(database: &switch::Database) -> bool {
    let mut conn = database.connect();
    match &conn {
        AnyConnection::Sqlite(_) => conn.batch_execute("PRAGMA busy_timeout = 0; BEGIN IMMEDIATE; ROLLBACK").is_err(),
        AnyConnection::Postgresql(_) => {
            let writing = "SELECT count(*) AS value FROM pg_stat_activity
                           WHERE datname = current_database() AND backend_xid IS NOT NULL";
            switch::numbers(&mut conn, writing).unwrap() != [0]
        }
    }
}

/// A connection that keeps jobs from being claimed until it is dropped: with the write lock, or a lock on them.
pub fn lock(database: &switch::Database) -> AnyConnection {
    let mut conn = database.connect();
    let lock = match &conn {
        AnyConnection::Sqlite(_) => "BEGIN IMMEDIATE",
        AnyConnection::Postgresql(_) => "BEGIN; LOCK TABLE job_queue, workers IN EXCLUSIVE MODE",
    };
    conn.batch_execute(lock).unwrap();
    conn
}

impl Database {
    /// A file of SQLite.
    pub fn open(path: &Path) -> Database {
        Database::of(&switch::Database::File(path.to_owned()))
    }

    pub fn of(database: &switch::Database) -> Database {
        let mut conn = database.connect();
        let read_only = match &conn {
            AnyConnection::Sqlite(_) => "PRAGMA query_only = ON",
            AnyConnection::Postgresql(_) => "SET default_transaction_read_only = on",
        };
        conn.batch_execute(read_only).unwrap();
        Database(conn)
    }

    /// The one number that `select` gives as `value`.
    pub fn number(&mut self, select: &str) -> i64 {
        self.numbers(select)[0]
    }

    /// The numbers that `select` gives as `value`.
    pub fn numbers(&mut self, select: &str) -> Vec<i64> {
        switch::numbers(&mut self.0, select).unwrap()
    }

    /// `SELECT count(*) FROM …`.
    pub fn count(&mut self, from: &str) -> i64 {
        self.number(&format!("SELECT count(*) AS value FROM {from}"))
    }

    /// The texts that `select` gives as `value`.
    pub fn texts(&mut self, select: &str) -> Vec<String> {
        switch::texts(&mut self.0, select).unwrap()
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
        assert_eq!(
            self.number("SELECT CAST(coalesce(sum(signups), 0) AS BIGINT) AS value FROM signup_counts"),
            users,
            "signups"
        );
        assert_eq!(self.count("users JOIN user_profiles ON user_id = id"), users, "profiles");
        let completed = "job_queue WHERE status = 'completed' AND attempts > 0 AND worker IS NOT NULL";
        assert_eq!(self.count(completed), 2 * users, "jobs that an attempt has completed");
        self.assert_sound();
    }

    /// PostgreSQL answers for its files itself; what it does not know is whether the counts are right.
    pub fn assert_sound(&mut self) {
        let kept =
            "SELECT job_type, status, queue, sum(jobs) AS jobs FROM job_counts GROUP BY 1, 2, 3 HAVING sum(jobs) <> 0";
        let rows = "SELECT job_type, status, queue, count(*) AS jobs FROM job_queue GROUP BY 1, 2, 3";
        let wrong = format!("(SELECT * FROM ({kept}) AS a EXCEPT SELECT * FROM ({rows}) AS b) AS wrong");
        assert_eq!(self.count(&wrong), 0, "counts that are not the rows'");
        if matches!(self.0, AnyConnection::Postgresql(_)) {
            return;
        }
        assert_eq!(self.texts("SELECT integrity_check AS value FROM pragma_integrity_check"), ["ok"]);
        assert_eq!(self.count("pragma_foreign_key_check"), 0, "foreign keys that point nowhere");
    }
}
