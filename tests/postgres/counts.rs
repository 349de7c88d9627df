//! The counts that triggers keep.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use keiyaku::models::jobs::counts;

use crate::support::{Scene, block_on};

const JOB: &str = "INSERT INTO job_queue (job_type, queue, payload, status, priority, max_retries, retry_count, attempts, \
                   scheduled_at, created_at, version, claimable) \
                   SELECT 'data_analysis', 'default', '{}', 'pending', 0, 3, 0, 0, now(), now(), 1, true";

#[test]
fn counts_follow_every_kind_of_change_and_no_rolled_back_one() {
    let scene = Scene::new();
    let db = scene.db();
    let counted = || {
        scene.assert_counts_are_right();
        let counts = block_on(db.read(counts::by_type_and_status)).unwrap();
        counts.into_iter().map(|(_, status, jobs)| (status, jobs)).collect::<Vec<_>>()
    };
    let pair = |status: &str, jobs| (status.to_owned(), jobs);
    scene.execute(&format!("{JOB} FROM generate_series(1, 10)"));
    assert_eq!(counted(), [pair("pending", 10)]);
    scene.execute("UPDATE job_queue SET status = 'failed' WHERE id <= 4; UPDATE job_queue SET priority = 1");
    assert_eq!(counted(), [pair("failed", 4), pair("pending", 6)]);
    scene.execute("DELETE FROM job_queue WHERE id <= 2");
    assert_eq!(counted(), [pair("failed", 2), pair("pending", 6)]);
    scene.execute(&format!(
        "BEGIN; {JOB}; ROLLBACK; BEGIN; DELETE FROM job_queue WHERE id = 10; SAVEPOINT a; {JOB}; ROLLBACK TO a; COMMIT"
    ));
    assert_eq!(counted(), [pair("failed", 2), pair("pending", 5)]);
    scene.execute("UPDATE job_queue SET status = 'failed'");
    assert_eq!(counted(), [pair("failed", 7)], "no row for none");
}

#[test]
fn transactions_never_wait_for_one_another_to_count() {
    let scene = Scene::new();
    drop(scene.db());
    scene.execute(&format!("{JOB} FROM generate_series(1, 80)"));
    // More than there could be fixed slots for, each in the middle of its own changes, in opposite orders.
    let mut open: Vec<PgConnection> = (0..40).map(|_| scene.connect()).collect();
    for (number, conn) in open.iter_mut().enumerate() {
        let (mine, other) = (2 * number + 1, 2 * number + 2);
        let [first, second] = if number % 2 == 0 { ["processing", "failed"] } else { ["failed", "processing"] };
        let change = format!(
            "SET lock_timeout = '2s'; BEGIN; UPDATE job_queue SET status = '{first}' WHERE id = {mine};
             UPDATE job_queue SET status = '{second}' WHERE id = {other}; {JOB}"
        );
        conn.batch_execute(&change).unwrap();
    }
    open.iter_mut().for_each(|conn| conn.batch_execute("COMMIT").unwrap());
    scene.assert_counts_are_right();
    assert_eq!(scene.count("job_queue WHERE status <> 'pending'"), 80);
}
