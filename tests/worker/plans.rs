//! How the database finds the rows of the queue's hot statements: with the SQL that diesel really sends, among many rows
//! that are none of a worker's business.

use std::sync::LazyLock;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use keiyaku::api::models::{AttemptOutcome, JobStatus};
use keiyaku::db::AnyConnection;
use keiyaku::models::jobs::claim;
use keiyaku::models::jobs::control;
use keiyaku::models::jobs::events::{self, EventFilter, Position};
use keiyaku::models::jobs::{self, Enqueued, Filter, Ground, NewJob, ahead, completions, counts, prune};
use keiyaku::models::jobs::{lease, settle};
use keiyaku::models::queues::{self, Room};
use keiyaku::models::{leases, users};

use crate::database::is_postgres;
use crate::database::postgres::Postgres;
use crate::support::Bench;
use crate::support::plans::{
    BY_CLAIM, BY_ID, BY_KIND, BY_QUEUE, BY_WAKE, claim_some, ends_find_their_rows_by_id, fill, fill_users, finds_on,
    plan, reads, statements,
};
use crate::support::scripts::Scripted;

/// Filled once for all tests where a copy is made quickly.
fn bench_with_many_jobs() -> Bench {
    static FILLED: LazyLock<Postgres> = LazyLock::new(|| {
        let database = Postgres::migrated();
        let mut conn = AnyConnection::Postgresql(database.connect());
        fill_all(&mut conn);
        conn.batch_execute("ANALYZE").unwrap();
        database
    });
    if is_postgres() {
        return Bench::on_copy(&FILLED);
    }
    let bench = Bench::standing_still(&[]);
    fill_all(&mut bench.outside());
    bench
}

fn fill_all(conn: &mut AnyConnection) {
    fill(conn, 100_000, "completed", false, "NULL");
    fill(conn, 10_000, "pending", true, "NULL");
    fill(conn, 100_000, "pending", false, "'2027-01-01 00:00:00'");
    fill(conn, 1_000, "pending", false, "'2025-12-31 00:00:00'");
    fill_users(conn);
}

/// [`finds_on`] a database of its own.
fn finds_by(ways: &[&str], work: impl Fn(&Bench, &mut AnyConnection) -> QueryResult<()>) {
    finds_on(&bench_with_many_jobs(), ways, work);
}

#[test]
fn a_claim_reads_the_claimable_rows_in_order_and_no_others() {
    finds_by(&[BY_CLAIM, BY_ID, BY_QUEUE[0], BY_QUEUE[1], BY_QUEUE[2]], |bench, conn| {
        assert_eq!(claim_some(bench, conn)?.len(), 64);
        Ok(())
    });
}

#[test]
fn a_paused_queue_costs_a_claim_one_look_however_much_waits_in_it() {
    let bench = bench_with_many_jobs();
    let mut conn = bench.outside();
    for queue in 0..10 {
        queues::set_paused(&mut conn, &format!("queue {queue}"), true).unwrap();
    }
    assert!(queues::open(&mut conn, &Room::ANY, None).unwrap().queues.is_empty());
    assert_eq!(claim_some(&bench, &mut conn).unwrap().len(), 0);
    let outlook = claim::outlook(&mut conn, &["hasty", "scripted"], &Room::ANY, &mut Ground::default()).unwrap();
    assert!(!outlook.is_claimable);
    queues::set_paused(&mut conn, "queue 3", false).unwrap();
    let claimed = claim_some(&bench, &mut conn).unwrap();
    assert!(claimed.len() == 64 && claimed.iter().all(|job| job.queue == "queue 3"));
}

#[test]
fn a_look_at_the_queue_reads_the_first_entry_of_each_index() {
    finds_by(&[BY_CLAIM, BY_WAKE, BY_QUEUE[0], BY_QUEUE[1], BY_QUEUE[2]], |_, conn| {
        let outlook = claim::outlook(conn, &["hasty", "scripted"], &Room::ANY, &mut Ground::default())?;
        assert!(outlook.is_claimable && outlook.next.is_some());
        Ok(())
    });
}

#[test]
fn the_job_that_has_a_unique_key_is_found_by_it() {
    // Beside it SQLite looks whether attempts refer to the row, as it does for each foreign key.
    finds_by(&["INDEX job_queue_unique", "SEARCH job_attempts USING PRIMARY KEY"], |bench, conn| {
        let unique = NewJob { unique_key: Some("one".to_owned()), ..bench.job(&Scripted::succeeding()) };
        let first = jobs::enqueue(conn, &unique, bench.now())?.id;
        assert_eq!(jobs::enqueue(conn, &unique, bench.now())?, Enqueued { id: first, is_new: false });
        Ok(())
    });
}

#[test]
fn a_step_of_a_retry_of_many_reads_its_jobs_and_the_keys_of_these() {
    let bench = bench_with_many_jobs();
    {
        let mut conn = bench.outside();
        fill(&mut conn, 5_000, "failed", false, "NULL");
        let keys = "UPDATE job_queue SET unique_key = 'one', completed_at = scheduled_at WHERE status = 'failed'";
        diesel::sql_query(keys).execute(&mut conn).unwrap();
        let unique = NewJob { unique_key: Some("one".to_owned()), ..bench.job(&Scripted::succeeding()) };
        jobs::enqueue(&mut conn, &unique, bench.now()).unwrap();
    }
    let queue = Some("queue 3".to_owned());
    let filter = Filter { status: Some(JobStatus::Failed), queue, ..Filter::default() };
    finds_on(&bench, &[BY_KIND, "SCAN job_counts", BY_ID, "INDEX job_queue_unique"], |bench, conn| {
        let step = control::retry_all(conn, &filter, 500, bench.now())?;
        assert_eq!((step.changed, step.taken), (0, 500));
        Ok(())
    });
}

#[test]
fn what_time_has_changed_is_found_by_its_time() {
    finds_by(&[BY_WAKE], |bench, conn| {
        assert_eq!(settle::due(conn, &Ground::default(), bench.now(), 500)?.len(), 500);
        Ok(())
    });
}

#[test]
fn jobs_of_lost_workers_are_looked_for_among_those_that_run() {
    let bench = bench_with_many_jobs();
    let claimed = {
        let mut conn = bench.outside();
        let claimed = claim_some(&bench, &mut conn).unwrap();
        let ids: Vec<i64> = claimed.iter().map(|job| job.id).collect();
        ahead::write_out(&mut conn, &ids).unwrap();
        claimed
    };
    finds_on(&bench, &[BY_KIND, "SCAN job_counts", "job_leases"], |_, conn| {
        assert!(settle::abandoned(conn, None, 100)?.is_empty());
        leases::delete(conn, &[claimed[0].lease.unwrap()])?;
        settle::abandoned(conn, None, 100).map(|abandoned| assert_eq!(abandoned.len(), 64))
    });
}

#[test]
fn what_lost_workers_held_is_settled_by_its_ids() {
    let bench = bench_with_many_jobs();
    let held: Vec<(i64, i64)> = {
        let mut conn = bench.outside();
        let claimed = claim_some(&bench, &mut conn).unwrap();
        leases::give_up(&mut conn, &[claimed[0].lease.unwrap()]).unwrap();
        claimed.iter().map(|job| (job.id, job.lease.unwrap())).collect()
    };
    finds_on(&bench, &[BY_ID], |bench, conn| {
        let jobs = settle::unsettled(conn, &held)?;
        assert_eq!(jobs.len(), 64);
        for job in jobs {
            settle::count_loss(conn, job.id)?;
            lease::put_back(conn, &job, AttemptOutcome::Lost, job.scheduled_at, bench.now())?;
        }
        Ok(())
    });
}

#[test]
fn jobs_of_unknown_types_are_looked_for_among_the_claimable_rows_alone() {
    let look = |bench: &Bench, conn: &mut AnyConnection| {
        assert!(settle::orphans(conn, &["hasty", "scripted"], &["paused"], bench.now(), 500)?.is_empty());
        Ok(())
    };
    match is_postgres() {
        true => reads::finds_within(&bench_with_many_jobs(), &[BY_CLAIM], 10_000, look),
        false => finds_by(&[BY_CLAIM], look),
    }
}

#[test]
fn releases_and_ends_find_their_rows_by_id() {
    ends_find_their_rows_by_id(&bench_with_many_jobs());
}

#[test]
fn many_ends_of_one_claim_read_the_rows_from_their_first_id_to_their_last_and_no_others() {
    let bench = bench_with_many_jobs();
    let mut conn = bench.outside();
    conn.batch_execute("UPDATE job_queue SET priority = 9 WHERE id BETWEEN 105001 AND 105064").unwrap();
    let claimed = claim_some(&bench, &mut conn).unwrap();
    let held: Vec<(i64, i64)> = claimed.iter().map(|job| (job.id, job.lease.unwrap())).collect();
    assert!(held.len() == 64 && held.iter().all(|(id, _)| (105_001..=105_064).contains(id)), "{held:?}");
    finds_on(&bench, &[BY_ID], |bench, conn| {
        assert_eq!(completions::complete_all(conn, &held, bench.now())?, []);
        Ok(())
    });
}

#[test]
fn a_list_is_read_in_the_order_of_the_index_of_its_filter() {
    let bench = bench_with_many_jobs();
    let filter = Filter::default;
    let (named, after) = (|name: &str| Some(name.to_owned()), Some(50_000));
    // The kinds that the filter asks for are read from the counts, and the page is made of the first jobs of each.
    for filter in [
        Filter { status: Some(JobStatus::Completed), ..filter() },
        Filter { status: Some(JobStatus::Completed), after, ..filter() },
        Filter { status: Some(JobStatus::Completed), after, oldest_first: true, ..filter() },
        Filter { job_type: named("type 3"), ..filter() },
        Filter { job_type: named("type 3"), after, ..filter() },
        Filter { queue: named("queue 3"), ..filter() },
        Filter { queue: named("queue 3"), after, ..filter() },
        Filter { status: Some(JobStatus::Completed), job_type: named("type 3"), ..filter() },
    ] {
        finds_on(&bench, &[BY_KIND, "SCAN job_counts", BY_ID], |_, conn| {
            jobs::list(conn, &filter, 20).map(|page| assert_eq!(page.len(), 20))
        });
    }
    for (way, filter) in [
        ("INDEX job_queue_user", Filter { user_id: Some(1), ..filter() }),
        ("INDEX job_queue_user", Filter { user_id: Some(1), after, ..filter() }),
        (BY_ID, Filter { after, ..filter() }),
    ] {
        finds_on(&bench, &[way], |_, conn| jobs::list(conn, &filter, 20).map(|_| ()));
    }
    // Backwards through the table itself, as far as the page reaches.
    finds_on(&bench, &["SCAN job_queue"], |_, conn| {
        jobs::list(conn, &filter(), 20).map(|page| assert_eq!(page.len(), 20))
    });
}

#[test]
fn a_list_of_what_there_is_none_of_reads_no_jobs() {
    let bench = bench_with_many_jobs();
    let named = |name: &str| Some(name.to_owned());
    let filter = |status, job_type, queue| Filter { status: Some(status), job_type, queue, ..Filter::default() };
    for filter in [
        filter(JobStatus::Processing, named("scripted"), None),
        filter(JobStatus::Failed, None, named("queue 3")),
        filter(JobStatus::Completed, named("type 3"), named("queue 4")),
    ] {
        finds_on(&bench, &["SCAN job_counts"], |_, conn| {
            jobs::list(conn, &filter, 20).map(|page| assert!(page.is_empty()))
        });
    }
    let of_user = Filter { user_id: Some(1), ..filter(JobStatus::Completed, named("type 1"), None) };
    finds_on(&bench, &["INDEX job_queue_user"], |_, conn| jobs::list(conn, &of_user, 20).map(|_| ()));
}

#[test]
fn changes_are_read_in_the_order_of_their_index_whatever_they_are_filtered_by() {
    let bench = bench_with_many_jobs();
    bench.sql("UPDATE job_queue SET version = id");
    bench.sql(match is_postgres() {
        true => "SELECT setval('job_versions', (SELECT max(version) FROM job_queue)); ANALYZE",
        false => "UPDATE job_versions SET last = (SELECT max(version) FROM job_queue)",
    });
    let filter = EventFilter::default;
    for filter in [
        filter(),
        EventFilter { job_type: Some("type 3".to_owned()), ..filter() },
        EventFilter { queue: Some("queue 3".to_owned()), ..filter() },
        EventFilter { user_id: Some(1), ..filter() },
    ] {
        // On PostgreSQL what has completed is found by the lists of ends.
        let by_id = is_postgres().then_some(BY_ID);
        let ways: Vec<&str> = by_id.into_iter().chain(["INDEX job_queue_version (version>? AND version<?)"]).collect();
        finds_on(&bench, &ways, |_, conn| {
            let last = events::last_version(conn)?;
            assert!(last > 200_000);
            events::look(conn, Position::after(50_000), Some(51_000), &filter, 100).map(|look| {
                assert_eq!(look.reached.version < 51_000, look.more);
                assert!(!look.jobs.is_empty());
            })
        });
    }
    let one = EventFilter { job_id: Some(50_500), ..filter() };
    finds_on(&bench, &[BY_ID], |_, conn| {
        let look = events::look(conn, Position::after(50_000), None, &one, 100);
        // So far behind that nothing is looked for.
        assert!(look?.missed.is_some());
        events::since(conn, Position::after(50_000), 51_000, &one, 100).map(|jobs| assert_eq!(jobs.len(), 1))
    });
}

#[test]
fn a_user_is_found_by_address_and_a_page_of_users_by_the_last_one_before() {
    let bench = bench_with_many_jobs();
    let filter = users::Filter::default;
    let key = || Some("7@example.com".to_owned());
    let by_key = "INDEX sqlite_autoindex_users_1 (email_key=?";
    for filter in [
        users::Filter { email_key: key(), ..filter() },
        users::Filter { email_key: key(), is_active: Some(true), after: Some(3), ..filter() },
    ] {
        finds_on(&bench, &[by_key], |_, conn| users::list(conn, &filter, 20).map(|page| assert_eq!(page.len(), 1)));
    }
    // The other filters walk through the users by id until the page is full: what nobody fits walks through all of them.
    for filter in [
        users::Filter { after: Some(5_000), ..filter() },
        users::Filter { after: Some(5_000), is_active: Some(true), ..filter() },
    ] {
        finds_on(&bench, &[BY_ID], |_, conn| users::list(conn, &filter, 20).map(|page| assert_eq!(page.len(), 20)));
    }
    let since = chrono::NaiveDateTime::default();
    for filter in [
        filter(),
        users::Filter { is_active: Some(true), ..filter() },
        users::Filter { created_after: Some(since), ..filter() },
    ] {
        finds_on(&bench, &["SCAN users"], |_, conn| {
            users::list(conn, &filter, 20).map(|page| assert_eq!(page.len(), 20))
        });
    }
}

#[test]
fn counting_reads_the_counts_and_no_job() {
    finds_by(&["SCAN job_counts"], |_, conn| {
        counts::by_type_and_status(conn).map(|counts| {
            let jobs: i64 = counts.iter().map(|(.., jobs)| jobs).sum();
            assert_eq!(jobs, 211_000);
        })
    });
}

#[test]
fn what_is_waiting_longest_is_found_by_one_look_for_each_priority() {
    // And a scan of the queues and priorities that this finds, which are no tables.
    finds_by(&[BY_CLAIM, BY_QUEUE[0], "SCAN p", "SEARCH p"], |_, conn| {
        counts::oldest_waiting(conn).map(|oldest| assert!(oldest.is_some()))
    });
}

#[test]
fn old_jobs_are_looked_for_among_the_oldest_of_each_end() {
    finds_by(&[BY_KIND, "SCAN job_counts", BY_ID], |bench, conn| {
        prune::outdated(conn, bench.now(), 100).map(|ids| assert_eq!(ids.len(), 100))
    });
}

#[test]
fn old_jobs_are_deleted_one_by_one_with_their_attempts() {
    let bench = bench_with_many_jobs();
    let delete = |conn: &mut AnyConnection| prune::delete(conn, &[1, 2, 3]).map(|deleted| assert_eq!(deleted, 3));
    if is_postgres() {
        return finds_on(&bench, &[BY_ID], |_, conn| delete(conn));
    }
    let statements = statements(&bench, delete);
    let plans: Vec<String> = statements.iter().flat_map(|sql| plan(&bench, sql)).collect();
    let one_by_one = |step: &String| step.contains("rowid=?") || step.contains("job_attempts USING PRIMARY KEY");
    assert!(!plans.is_empty() && plans.iter().all(one_by_one), "{plans:?} of {statements:?}");
}
