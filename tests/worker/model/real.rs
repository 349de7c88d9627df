//! The same steps with the real functions on a real file, and whether the two are the same afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::OnceLock;

use chrono::{NaiveDateTime, TimeDelta};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::result::Error;
use diesel::sql_types::{BigInt, Text, Timestamp};
use keiyaku::api::models::{AttemptOutcome, JobStatus};
use keiyaku::db::{AnyConnection, DatabaseUrl, migrate};
use keiyaku::models::attempts::Attempt;
use keiyaku::models::jobs::claim::{self, Claim, Outlook};
use keiyaku::models::jobs::control::{self, Outcome};
use keiyaku::models::jobs::lease::{self, Report};
use keiyaku::models::jobs::settle;
use keiyaku::models::jobs::{self, Enqueued, Filter, Ground, Job, completions, counts, erase, prune};
use keiyaku::models::leases::{self, Lease};
use keiyaku::models::queues::{self, Settings};
use keiyaku::models::users;
use keiyaku::schema::{job_attempts, job_leases, job_queue};

use super::ideal::Ideal;
use super::parts::{Answer, Became, End, Number, Said, State};
use super::steps::{Ending, KNOWN, LEASE, ORPHAN_GRACE, ROOMS, Rooms, Step, USERS, Wish, Wished};
use crate::database::Database;

/// Keeps the prepared statement, unlike a connection that serves both databases.
macro_rules! on_either {
    ($real:ident, $conn:ident => $query:expr) => {
        match &mut $real.conn {
            AnyConnection::Sqlite($conn) => $query,
            AnyConnection::Postgresql($conn) => $query,
        }
    };
}

/// More than there are.
const ALL: i64 = 500;

pub struct Real {
    conn: AnyConnection,
    /// By number.
    ids: Vec<i64>,
    /// What the claims returned, by number.
    claims: Vec<Job>,
    /// Those of the claims that took something, in their order.
    leases: Vec<i64>,
    /// Rows that the last step returned.
    returned: Vec<Job>,
    /// The versions of the rows after the step before, and the largest that there ever was.
    versions: BTreeMap<Number, i64>,
    newest: i64,
    _database: Database,
    _folder: tempfile::TempDir,
}

impl Real {
    pub fn new() -> Real {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::new(folder.path());
        let mut conn = match &database {
            Database::File(path) => Real::on_file(path),
            Database::Postgres(_) => database.connect(),
        };
        for user in USERS {
            let user = format!(
                "INSERT INTO users (id, email, email_key, age, is_active, created_at, updated_at)
                 VALUES ({user}, '{user}', '{user}', 25, TRUE, '2025-12-31 00:00:00', '2025-12-31 00:00:00')"
            );
            conn.batch_execute(&user).unwrap();
        }
        Real {
            conn,
            _database: database,
            ids: Vec::new(),
            claims: Vec::new(),
            leases: Vec::new(),
            returned: Vec::new(),
            versions: BTreeMap::new(),
            newest: 0,
            _folder: folder,
        }
    }

    fn on_file(path: &Path) -> AnyConnection {
        // Made once, because that takes longer than many steps.
        static EMPTY: OnceLock<Vec<u8>> = OnceLock::new();
        let empty = EMPTY.get_or_init(|| {
            migrate(&DatabaseUrl::Sqlite(path.to_owned())).unwrap();
            std::fs::read(path).unwrap()
        });
        std::fs::write(path, empty).unwrap();
        let mut conn = SqliteConnection::establish(&path.to_string_lossy()).unwrap();
        // As the service has it, but that nothing needs to survive, and nobody else looks.
        let alone = "PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE; PRAGMA foreign_keys = ON";
        conn.batch_execute(alone).unwrap();
        AnyConnection::Sqlite(conn)
    }

    fn numbers(&self, leases: &BTreeSet<Number>) -> Vec<i64> {
        leases.iter().map(|lease| self.leases[*lease]).collect()
    }

    fn number(&self, id: i64) -> Number {
        self.ids.binary_search(&id).expect("the id is one that was given")
    }

    /// An id that was given or never will be.
    fn id(&self, number: Number) -> i64 {
        self.ids.get(number).copied().unwrap_or(i64::MAX)
    }

    /// Takes the step that `ideal` has just taken.
    pub fn take(&mut self, step: &Step, ideal: &Ideal) -> Answer {
        let now = ideal.now;
        self.returned.clear();
        match step {
            Step::Enqueue(put) => {
                let put = self.change(|conn, _| jobs::enqueue(conn, &put.at(now), now));
                self.put(vec![put])
            }
            Step::EnqueueAll(puts) => {
                let puts: Vec<_> = puts.iter().map(|put| put.at(now)).collect();
                let put = self.change(|conn, _| jobs::enqueue_all(conn, &puts, now));
                self.put(put)
            }
            Step::Claim { worker, limit, at_once, rooms } => self.claim(*worker, *limit, *at_once, *rooms, now),
            Step::End { claim, ending } => self.end(*claim, ending, now),
            Step::CompleteAll { claims } => self.complete_all(claims, now),
            Step::Unclaim { claims } => self.unclaim(claims),
            Step::Report(said) => self.report(said),
            Step::Heartbeat { worker } => {
                let held = self.numbers(&ideal.extended(*worker));
                Answer::Many(self.change(|conn, _| leases::extend(conn, &held, now + LEASE)))
            }
            Step::LetGo { worker } => {
                let over = self.numbers(&ideal.over(*worker));
                self.set(|conn| leases::give_up(conn, &over))
            }
            Step::Crash { .. } | Step::Tick { .. } => Answer::Nothing,
            Step::Settle { pause } => self.settle(now + TimeDelta::microseconds(*pause), now),
            Step::RejectOrphans => self.reject_orphans(now),
            Step::Control { wish, job } => self.control(*wish, *job, now),
            Step::ControlAll { wish, wished, limit } => self.control_all(*wish, wished, *limit, now),
            Step::Pause { queue, paused } => self.set(|conn| queues::set_paused(conn, queue, *paused)),
            Step::Limit { queue, max_running } => self.set(|conn| queues::set_max_running(conn, queue, *max_running)),
            Step::DeleteUser { user } => self.set(|conn| {
                erase::user(conn, *user)?;
                users::delete(conn, *user)
            }),
            Step::Prune { age, step } => self.set(|conn| {
                let ids = prune::outdated(conn, now - TimeDelta::microseconds(*age), *step as i64)?;
                prune::delete(conn, &ids).map(|deleted| assert_eq!(deleted, ids.len()))
            }),
        }
    }

    /// In a transaction of its own.
    fn change<T>(&mut self, change: impl FnOnce(&mut AnyConnection, &[Job]) -> QueryResult<T>) -> T {
        self.conn.transaction(|conn| change(conn, &self.claims)).unwrap()
    }

    fn set(&mut self, change: impl FnOnce(&mut AnyConnection) -> QueryResult<()>) -> Answer {
        self.change(|conn, _| change(conn));
        Answer::Nothing
    }

    /// Ids only grow.
    fn put(&mut self, put: Vec<Enqueued>) -> Answer {
        let mut answer = Vec::new();
        for put in put {
            if put.is_new {
                assert!(self.ids.last().is_none_or(|last| *last < put.id), "{put:?} after {:?}", self.ids);
                self.ids.push(put.id);
            }
            answer.push((self.number(put.id), put.is_new));
        }
        Answer::Put(answer)
    }

    fn claim(&mut self, worker: usize, limit: usize, at_once: usize, rooms: Rooms, now: NaiveDateTime) -> Answer {
        let claim = Claim {
            job_types: KNOWN.to_vec(),
            limit: limit as i64,
            at_once: at_once as i64,
            room: rooms.room(),
            ground: Ground::default(),
            worker: worker.to_string(),
            until: now + LEASE,
        };
        let claimed = self.change(|conn, _| claim::claim(conn, &claim, now));
        self.leases.extend(claimed.jobs.first().and_then(|job| job.lease));
        self.returned = claimed.jobs.iter().map(|job| Job::clone(job)).collect();
        self.claims.extend(self.returned.clone());
        let jobs = claimed.jobs.iter().map(|job| self.number(job.id)).collect();
        Answer::Claimed { jobs, is_held_back: claimed.is_held_back }
    }

    fn end(&mut self, claim: Number, ending: &Ending, now: NaiveDateTime) -> Answer {
        let job = &self.claims[claim];
        let ended =
            self.conn.transaction(|conn| match ending.end(job.scheduled_at, job.retry_count < job.max_retries, now) {
                End::Completed => lease::complete(conn, job, &report(&ending.said()), now),
                End::Failed { outcome, error, retry_at } => lease::fail(conn, job, outcome, error, retry_at, now),
                End::PutBack { outcome, due } => lease::put_back(conn, job, outcome, due, now),
            });
        assert!(matches!(ended, Ok(()) | Err(Error::RollbackTransaction)), "{ended:?}");
        Answer::Counts(ended.is_ok())
    }

    fn complete_all(&mut self, claims: &[Number], now: NaiveDateTime) -> Answer {
        let given: Vec<_> =
            claims.iter().map(|claim| (self.claims[*claim].id, self.claims[*claim].lease.unwrap())).collect();
        let lost = self.change(|conn, _| completions::complete_all(conn, &given, now));
        assert!(lost.iter().all(|claim| given.contains(claim)), "{lost:?} of {given:?}");
        let counted = claims.iter().zip(given).filter(|(_, claim)| !lost.contains(claim));
        Answer::Counted(counted.map(|(claim, _)| *claim).collect())
    }

    fn unclaim(&mut self, claims: &[Number]) -> Answer {
        let given: Vec<_> = claims.iter().map(|claim| (self.claims[*claim].id, self.claims[*claim].lease)).collect();
        Answer::Many(self.change(|conn, _| lease::unclaim(conn, given)))
    }

    fn report(&mut self, said: &[(Number, Said)]) -> Answer {
        let reports: Vec<(Number, Report)> = said.iter().map(|(claim, said)| (*claim, report(said))).collect();
        self.change(|conn, claims| {
            let reports: Vec<_> = reports.iter().map(|(claim, report)| (&claims[*claim], report)).collect();
            lease::report(conn, &reports)
        });
        Answer::Nothing
    }

    /// What `src/worker/keep.rs` does, without the chance in its pauses.
    fn settle(&mut self, retry_at: NaiveDateTime, now: NaiveDateTime) -> Answer {
        self.set(|conn| {
            let due = settle::due(conn, &Ground::default(), now, ALL)?;
            settle::release(conn, &due)?;
            leases::delete_ended(conn, now)?;
            let abandoned = settle::abandoned(conn, None, ALL)?;
            for job in settle::unsettled(conn, &abandoned)? {
                settle::count_loss(conn, job.id)?;
                if job.ahead {
                    lease::put_back(conn, &job, AttemptOutcome::Lost, job.scheduled_at, now)?;
                } else {
                    let retry_at = Some(retry_at).filter(|_| job.retry_count < job.max_retries);
                    lease::fail(conn, &job, AttemptOutcome::Lost, "the worker was lost", retry_at, now)?;
                }
            }
            Ok(())
        })
    }

    fn reject_orphans(&mut self, now: NaiveDateTime) -> Answer {
        self.set(|conn| {
            let paused = queues::settings(conn)?.into_iter().filter(|queue| queue.paused);
            let paused: Vec<String> = paused.map(|queue| queue.name).collect();
            let paused: Vec<&str> = paused.iter().map(String::as_str).collect();
            for job in settle::orphans(conn, &KNOWN, &paused, now - ORPHAN_GRACE, ALL)? {
                settle::reject(conn, &job, &format!("No processor for job type: {}", job.job_type), now)?;
            }
            Ok(())
        })
    }

    fn control(&mut self, wish: Wish, job: Number, now: NaiveDateTime) -> Answer {
        let id = self.id(job);
        let outcome = self.change(|conn, _| match wish {
            Wish::Retry => control::retry(conn, id, now),
            Wish::Cancel => control::cancel(conn, id, now),
        });
        Answer::Became(match outcome {
            Outcome::Changed(job) => {
                self.returned = vec![*job];
                Became::Changed
            }
            Outcome::Missing => Became::Missing,
            Outcome::Refused(status) => {
                Became::Refused(JobStatus::ALL.iter().copied().find(|known| known.as_str() == status).unwrap())
            }
            Outcome::Taken(other) => Became::Taken(self.number(other)),
        })
    }

    fn control_all(&mut self, wish: Wish, wished: &Wished, limit: usize, now: NaiveDateTime) -> Answer {
        let filter = Filter {
            ids: None,
            status: Some(wished.status),
            job_type: wished.job_type.map(str::to_owned),
            queue: wished.queue.map(str::to_owned),
            user_id: wished.user,
            after: wished.before.map(|before| self.id(before)),
            ..Filter::default()
        };
        let step = self.change(|conn, _| match wish {
            Wish::Retry => control::retry_all(conn, &filter, limit as i64, now),
            Wish::Cancel => control::cancel_all(conn, &filter, limit as i64, now),
        });
        let last = step.last.map(|last| self.number(last));
        Answer::Stepped { changed: step.changed, taken: step.taken, last }
    }

    /// Everything that is stored is as it should be.
    pub fn check(&mut self, ideal: &Ideal) {
        let mut rows: Vec<Job> = on_either!(self, conn => job_queue::table.order(job_queue::id).load(conn)).unwrap();
        let versions: Vec<i64> = rows.iter().map(|row| row.version).collect();
        let listed = self.see_lists(&mut rows);
        let numbers: Vec<Number> = rows.iter().map(|row| self.number(row.id)).collect();
        assert_eq!(numbers, ideal.jobs.keys().copied().collect::<Vec<_>>());
        let is_listed = |job: &super::parts::Job| job.is_running() && job.is_listed;
        let expected = ideal.jobs.iter().filter(|(_, job)| is_listed(job));
        assert_eq!(listed, expected.map(|(number, _)| self.ids[*number]).collect::<Vec<_>>());
        for (number, row) in numbers.iter().zip(&rows) {
            assert_eq!(*row, self.expected(ideal, *number, row));
        }
        for returned in &self.returned {
            assert!(rows.contains(returned), "what was returned is what is stored: {returned:?}");
        }
        self.check_versions(ideal, numbers.into_iter().zip(versions).collect());
        self.check_attempts(ideal);
        self.check_leases(ideal);
        self.check_counts(ideal);
        self.check_outlook(ideal);
        self.check_lost(ideal);
    }

    /// Puts into the rows what their claims have left to the lists of PostgreSQL; returns the ids.
    fn see_lists(&mut self, rows: &mut [Job]) -> Vec<i64> {
        #[derive(QueryableByName)]
        struct Listed {
            #[diesel(sql_type = BigInt)]
            id: i64,
            #[diesel(sql_type = BigInt)]
            lease: i64,
            #[diesel(sql_type = Text)]
            worker: String,
            #[diesel(sql_type = Timestamp)]
            claimed_at: NaiveDateTime,
        }
        let AnyConnection::Postgresql(conn) = &mut self.conn else { return Vec::new() };
        let lists = "SELECT unnest(jobs) AS id, lease, worker, claimed_at FROM jobs_ahead ORDER BY 1";
        let mut listed: Vec<Listed> = diesel::sql_query(lists).load(conn).unwrap();
        listed.retain(|listed| rows.iter().any(|row| row.id == listed.id && row.claimable));
        for Listed { id, lease, worker, claimed_at } in &listed {
            let row = rows.iter_mut().find(|row| row.id == *id).unwrap();
            row.status = "processing".to_owned();
            row.attempts += 1;
            (row.output, row.progress, row.progress_note) = (None, None, None);
            (row.started_at, row.lease, row.worker) = (Some(*claimed_at), Some(*lease), Some(worker.clone()));
            (row.version, row.claimable, row.ahead) = (row.version.max(*lease), false, true);
        }
        listed.into_iter().map(|listed| listed.id).collect()
    }

    fn expected(&self, ideal: &Ideal, number: Number, row: &Job) -> Job {
        let job = &ideal.jobs[&number];
        let holder = if let State::Running { claim } = job.state { Some(claim) } else { None };
        Job {
            id: self.ids[number],
            job_type: job.put.job_type.clone(),
            queue: job.put.queue.clone(),
            payload: job.put.payload.clone(),
            user_id: job.put.user_id,
            status: if holder.is_some() { "processing" } else { job.status().as_str() }.to_owned(),
            priority: job.put.priority,
            max_retries: job.put.max_retries,
            retry_count: job.retries,
            attempts: i32::try_from(job.attempts.len()).unwrap() + i32::from(holder.is_some()),
            error_message: job.error.clone(),
            output: job.output.clone(),
            scheduled_at: job.due,
            started_at: job.started,
            completed_at: if let State::Ended { at, .. } = job.state { Some(at) } else { None },
            created_at: job.created,
            version: row.version,
            claimable: job.is_claimable(),
            wake_at: job.wakes(),
            lease: holder.map(|claim| self.claims[claim].lease.unwrap()),
            worker: holder.map(|claim| ideal.claims[claim].worker.to_string()).or_else(|| job.completed_by()),
            unique_key: job.put.unique_key.clone(),
            timeout_seconds: job.put.timeout_seconds,
            progress: job.progress,
            progress_note: job.note.clone(),
            // It says something while the job runs.
            ahead: if holder.is_some() { job.ahead } else { row.ahead },
            losses: job.losses,
            // There is no exporter.
            traceparent: None,
        }
    }

    /// What a step changed has a version that is larger than every one before, and nothing else has.
    fn check_versions(&mut self, ideal: &Ideal, versions: BTreeMap<Number, i64>) {
        for (number, version) in &versions {
            let (before, has_changed) = (self.versions.get(number), ideal.jobs[number].changed_in == ideal.steps);
            let is_right = if has_changed { *version > self.newest } else { before == Some(version) };
            assert!(
                is_right,
                "job {number}, changed: {has_changed}, {before:?} became {version} after {}",
                self.newest
            );
        }
        self.newest = versions.values().copied().fold(self.newest, i64::max);
        self.versions = versions;
    }

    fn check_attempts(&mut self, ideal: &Ideal) {
        let order = (job_attempts::job_id, job_attempts::attempt);
        let rows: Vec<Attempt> = on_either!(self, conn => job_attempts::table.order(order).load(conn)).unwrap();
        // Compared piece by piece, since there is no comparing two of them.
        let pieces = |row: Attempt| {
            (row.job_id, row.attempt, row.outcome, row.worker, row.error, row.started_at, row.finished_at)
        };
        let expected = ideal.jobs.iter().flat_map(|(number, job)| (1..).zip(&job.attempts).map(|at| (*number, at)));
        // The job's row says itself which attempt completed it.
        let expected = expected.filter(|(_, (_, attempt))| attempt.outcome != AttemptOutcome::Completed);
        let expected = expected.map(|(number, (place, attempt))| Attempt {
            job_id: self.ids[number],
            attempt: place,
            outcome: attempt.outcome.as_str().to_owned(),
            worker: Some(attempt.worker.clone()),
            error: attempt.error.clone(),
            started_at: attempt.started,
            finished_at: attempt.ended,
        });
        let (rows, expected): (Vec<_>, Vec<_>) =
            (rows.into_iter().map(pieces).collect(), expected.map(pieces).collect());
        assert_eq!(rows, expected);
    }

    fn check_leases(&mut self, ideal: &Ideal) {
        let rows: Vec<Lease> = on_either!(self, conn => job_leases::table.order(job_leases::lease).load(conn)).unwrap();
        let expected =
            ideal.leases.iter().map(|(lease, ends_at)| Lease { lease: self.leases[*lease], ends_at: *ends_at });
        assert_eq!(rows, expected.collect::<Vec<_>>());
    }

    fn check_counts(&mut self, ideal: &Ideal) {
        let (mut by_type, mut by_queue) = (BTreeMap::new(), BTreeMap::new());
        for job in ideal.jobs.values() {
            let status = job.status().as_str().to_owned();
            *by_type.entry((job.put.job_type.clone(), status.clone())).or_insert(0_i64) += 1;
            *by_queue.entry((job.put.queue.clone(), status)).or_insert(0_i64) += 1;
        }
        let flat = |counts: BTreeMap<(String, String), i64>| -> Vec<(String, String, i64)> {
            counts.into_iter().map(|((name, status), jobs)| (name, status, jobs)).collect()
        };
        assert_eq!(counts::by_type_and_status(&mut self.conn).unwrap(), flat(by_type));
        assert_eq!(counts::by_queue_and_status(&mut self.conn).unwrap(), flat(by_queue));
        let oldest = ideal.jobs.values().filter(|job| job.is_row_claimable()).map(|job| job.due).min();
        assert_eq!(counts::oldest_waiting(&mut self.conn).unwrap(), oldest);
    }

    /// What the workers are told of the claims that they think they hold.
    fn check_lost(&mut self, ideal: &Ideal) {
        let claim = |claim: &Number| (self.claims[*claim].id, self.claims[*claim].lease.unwrap());
        let held = ideal.held.concat();
        let lost: Vec<_> = held.iter().filter(|claim| !ideal.holds(**claim)).map(claim).collect();
        let held: Vec<_> = held.iter().map(claim).collect();
        assert_eq!(lease::lost(&mut self.conn, &held).unwrap(), lost);
    }

    fn check_outlook(&mut self, ideal: &Ideal) {
        // One after the other, because each look takes its time.
        let rooms = ROOMS[ideal.steps % ROOMS.len()];
        let room = ideal.room(rooms);
        let is_open = |queue: &String| room.get(queue).is_some_and(|room| *room > 0);
        let expected = Outlook {
            is_claimable: ideal
                .jobs
                .values()
                .any(|job| job.is_claimable() && job.is_known() && is_open(&job.put.queue)),
            is_held_back: room.values().any(|room| *room <= 0),
            next: ideal.jobs.values().filter_map(|job| job.wakes()).chain(ideal.leases.values().copied()).min(),
        };
        assert_eq!(claim::outlook(&mut self.conn, &KNOWN, &rooms.room(), &mut Ground::default()).unwrap(), expected);
        let settings = ideal.queues.iter().map(|(name, settings)| Settings {
            name: (*name).to_owned(),
            paused: settings.is_paused,
            max_running: settings.max_running,
        });
        assert_eq!(queues::settings(&mut self.conn).unwrap(), settings.collect::<Vec<_>>());
    }
}

fn report(said: &Said) -> Report {
    Report {
        progress: said.progress.map(|(progress, note)| (progress, note.to_owned())),
        output: said.output.map(str::to_owned),
    }
}
