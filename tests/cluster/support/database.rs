//! The database as it is there, read with plain SQL so that no code of the service stands between.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::cluster;

pub struct Database(PgConnection);

impl Database {
    pub(super) fn new(conn: PgConnection) -> Database {
        Database(conn)
    }

    /// The one number that `select` gives as `value`.
    pub fn number(&mut self, select: &str) -> i64 {
        cluster::number(&mut self.0, select)
    }

    /// `SELECT count(*) FROM …`.
    pub fn count(&mut self, from: &str) -> i64 {
        self.number(&format!("SELECT count(*) AS value FROM {from}"))
    }

    /// The texts that `select` gives as `value`.
    pub fn texts(&mut self, select: &str) -> Vec<String> {
        cluster::texts(&mut self.0, select)
    }

    /// Jobs that have not come to their end.
    pub fn jobs_left(&mut self) -> i64 {
        self.count("job_queue WHERE status IN ('pending', 'processing', 'retry_pending')")
    }

    /// Asserts that exactly these users are there, and for each of them, once, whatever follows from a sign-up.
    pub fn assert_each_is_there_once(&mut self, emails: &[String], mails: usize) {
        let acknowledged: BTreeSet<_> = emails.iter().cloned().collect();
        let stored: BTreeSet<_> = self.texts("SELECT email AS value FROM users").into_iter().collect();
        let lost: Vec<_> = acknowledged.difference(&stored).take(20).collect();
        assert!(lost.is_empty(), "users who were acknowledged and are not there: {lost:?}");
        assert_eq!(stored, acknowledged, "users whom nobody has been told of");
        self.assert_none_failed();
        let users = i64::try_from(emails.len()).unwrap();
        for job_type in ["user_created", "send_welcome_email"] {
            let jobs =
                format!("SELECT user_id, count(*) AS jobs FROM job_queue WHERE job_type = '{job_type}' GROUP BY 1");
            let wrong = format!("users LEFT JOIN ({jobs}) AS own ON user_id = id WHERE jobs IS DISTINCT FROM 1");
            assert_eq!(self.count(&wrong), 0, "users without exactly one {job_type} job");
        }
        assert_eq!(self.count("users"), users, "users");
        assert_eq!(self.count("job_queue"), 2 * users, "jobs");
        assert_eq!(self.count("job_queue WHERE status <> 'completed'"), 0, "jobs that are not completed");
        assert_eq!(self.number("SELECT sum(signups)::bigint AS value FROM signup_counts"), users, "signups");
        assert_eq!(self.count("user_profiles"), users, "profiles");
        assert_eq!(self.count("users JOIN user_profiles ON user_id = id"), users, "profiles of users");
        let completed = "job_queue WHERE status = 'completed' AND attempts > 0 AND worker IS NOT NULL";
        assert_eq!(self.count(completed), 2 * users, "jobs that an attempt has completed");
        assert_eq!(self.count("idempotency_keys WHERE made <> ''"), users, "answers kept for repetitions");
        assert_eq!(mails, emails.len(), "one welcome mail for each user");
        self.assert_attempts_add_up();
        self.assert_counts_are_right();
    }

    /// Said with what became of their attempts, which is what to look at first.
    fn assert_none_failed(&mut self) {
        let attempts =
            "SELECT job_id, string_agg(outcome, ', ' ORDER BY attempt) AS outcomes FROM job_attempts GROUP BY job_id";
        let failed = self.texts(&format!(
            "SELECT count(*) || ' ' || job_type || ', max_retries ' || max_retries || ': ' || outcomes AS value FROM job_queue \
             JOIN ({attempts}) AS ends ON job_id = id WHERE status = 'failed' GROUP BY job_type, max_retries, outcomes"
        ));
        assert_eq!(failed, [""; 0], "jobs that failed");
    }

    /// Asserts that of every job every claim before the one that completed it is on record, and that none but lost ones were charged for.
    /// Whatever found the database away was put off, and what could not start for as long was given back.
    fn assert_attempts_add_up(&mut self) {
        let strange = "job_attempts WHERE outcome NOT IN ('lost', 'snoozed', 'handed_back')";
        assert_eq!(self.count(strange), 0, "attempts that ended otherwise");
        let number = |outcome: &str| format!("count(*) FILTER (WHERE outcome = '{outcome}') AS {outcome}");
        let numbered = format!(
            "SELECT id AS numbered, count(job_id) AS claims, coalesce(max(attempt), 0) AS last, {}, {}, {} \
             FROM job_queue LEFT JOIN job_attempts ON job_id = id GROUP BY id",
            number("lost"),
            number("snoozed"),
            number("handed_back")
        );
        // A job that was claimed ahead when its worker was lost is not charged for that, and never claimed ahead again.
        let sums = "claims = attempts - 1 AND last = attempts - 1 AND lost + snoozed + handed_back = attempts - 1 \
                    AND lost = losses AND lost - retry_count IN (0, 1)";
        let wrong = format!("job_queue JOIN ({numbered}) AS ended ON numbered = id WHERE ({sums}) IS NOT TRUE");
        assert_eq!(self.count(&wrong), 0, "jobs whose attempts do not add up");
        assert_eq!(self.count("job_queue WHERE retry_count > max_retries"), 0, "jobs that were tried too often");
    }

    /// Asserts that the triggers' counts are those of the rows.
    fn assert_counts_are_right(&mut self) {
        let counts =
            "SELECT job_type, status, sum(jobs)::bigint AS jobs FROM job_counts GROUP BY 1, 2 HAVING sum(jobs) <> 0";
        let rows = "SELECT job_type, status, count(*) AS jobs FROM job_queue GROUP BY 1, 2";
        let wrong = format!("(({counts}) EXCEPT ({rows}) UNION ALL (({rows}) EXCEPT ({counts}))) AS wrong");
        assert_eq!(self.count(&wrong), 0, "counts that are not the rows'");
    }
}
