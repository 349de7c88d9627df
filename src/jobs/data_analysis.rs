//! `data_analysis`: a report on users and their properties, kept as the job's output.
//!
//! The report outlives the users it counts, so it names no value that fewer than [`FEWEST`] of them share: it might point
//! to a person.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use super::{Context, Done, Job, JobError};
use crate::api::job_types;
use crate::api::models::DataAnalysisPayload;
use crate::models::column_time;
use crate::models::users::{self, Profiled, Range};

/// Users read at a time, so that no read holds up a checkpoint for long.
const PAGE: i64 = 1_000;
/// Users that have to share a value before the report names it.
const FEWEST: u64 = 3;
/// Values listed of each property.
const TOP: usize = 10;

impl Job for DataAnalysisPayload {
    const JOB_TYPE: &'static str = job_types::DATA_ANALYSIS;
    const TIMEOUT: std::time::Duration = std::time::Duration::from_secs(600);

    async fn run(self, context: Context) -> Result<Done, JobError> {
        let mut range = Range { since: self.since.map(column_time), until: self.until.map(column_time), after: 0 };
        let mut report = Report::default();
        let newest = context.app.db.read(users::last_id).await?;
        loop {
            if context.revoked.is_cancelled() {
                // The place is for the next job, and half a report must not pass for a whole one.
                return Err(JobError::Temporary("stopped before its end".to_owned()));
            }
            let page = context.app.db.read(move |conn| users::with_profiles(conn, range, PAGE)).await?;
            let Some(last) = page.last() else { break };
            range.after = last.id;
            page.iter().for_each(|user| report.add(user));
            // Others may have signed up since; 100 is for the end.
            let percent = range.after.saturating_mul(100) / newest.max(1);
            context.progress(u8::try_from(percent).unwrap_or(99).min(99), format!("{} users", report.users));
        }
        context.progress(100, format!("{} users", report.users));
        Ok(Done::default().output(&report.output()))
    }
}

/// What is counted.
#[derive(Debug, Default)]
struct Report {
    users: u64,
    active: u64,
    /// Sum, least and most of the ages.
    ages: Option<(u64, i32, i32)>,
    /// By the first year of the decade of life.
    decades: BTreeMap<i32, u64>,
    interests: BTreeMap<String, u64>,
    regions: BTreeMap<String, u64>,
    ranks: BTreeMap<String, u64>,
    days: BTreeMap<NaiveDate, u64>,
}

impl Report {
    fn add(&mut self, user: &Profiled) {
        self.users += 1;
        self.active += u64::from(user.is_active);
        let (sum, least, most) = self.ages.unwrap_or((0, user.age, user.age));
        self.ages = Some((sum + u64::from(user.age.unsigned_abs()), least.min(user.age), most.max(user.age)));
        *self.decades.entry(user.age / 10 * 10).or_default() += 1;
        *self.days.entry(user.created_at.date()).or_default() += 1;
        // Each once, however often the user names it.
        let interests: BTreeSet<String> =
            user.interests.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        for interest in interests {
            *self.interests.entry(interest).or_default() += 1;
        }
        for (counts, value) in [(&mut self.regions, &user.region), (&mut self.ranks, &user.rank)] {
            if let Some(value) = value {
                *counts.entry(value.clone()).or_default() += 1;
            }
        }
    }

    fn output(&self) -> Map<String, Value> {
        let decades: Map<String, Value> =
            self.decades.iter().map(|(age, users)| (age.to_string(), json!(users))).collect();
        let days: Map<String, Value> = self.days.iter().map(|(day, users)| (day.to_string(), json!(users))).collect();
        let ages = self.ages.map(|(sum, least, most)| {
            json!({ "mean": sum as f64 / self.users as f64, "least": least, "most": most, "by_decade": decades })
        });
        let report = [
            ("users", json!(self.users)),
            ("active", json!(self.active)),
            ("ages", json!(ages)),
            ("top_interests", top(&self.interests)),
            ("top_regions", top(&self.regions)),
            ("ranks", json!(self.ranks)),
            ("signups_per_day", Value::Object(days)),
        ];
        report.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

/// The values that most users have, the most frequent first.
fn top(counts: &BTreeMap<String, u64>) -> Value {
    let mut shared: Vec<(&String, u64)> = counts.iter().map(|(value, users)| (value, *users)).collect();
    shared.retain(|(_, users)| *users >= FEWEST);
    shared.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    shared.iter().take(TOP).map(|(value, users)| json!({ "value": value, "users": users })).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::NaiveDateTime;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::app::App;
    use crate::clock::Clock;
    use crate::config::Config;
    use crate::contract::{Contract, ValidationMode};
    use crate::db::Db;
    use crate::jobs::Said;
    use crate::models::jobs;

    fn user(id: i64, age: i32, interests: &str) -> Profiled {
        let interests = Some(interests.to_owned());
        Profiled {
            id,
            age,
            is_active: id % 2 == 0,
            created_at: NaiveDateTime::default(),
            interests,
            region: Some("Kyoto".into()),
            rank: None,
        }
    }

    #[test]
    fn the_report_counts_and_names_only_what_several_share() {
        let mut report = Report::default();
        for id in 1..=4 {
            report.add(&user(
                id,
                20 + i32::try_from(id).unwrap() * 5,
                if id == 1 { r#"["tea","my secret"]"# } else { r#"["tea"]"# },
            ));
        }
        let output = Value::Object(report.output());
        assert_eq!(output["users"], 4);
        assert_eq!(output["active"], 2);
        assert_eq!(
            output["ages"],
            json!({ "mean": 32.5, "least": 25, "most": 40, "by_decade": { "20": 1, "30": 2, "40": 1 } })
        );
        assert_eq!(output["top_interests"], json!([{ "value": "tea", "users": 4 }]));
        assert_eq!(output["top_regions"], json!([{ "value": "Kyoto", "users": 4 }]));
        assert_eq!(output["signups_per_day"], json!({ "1970-01-01": 4 }));
    }

    #[tokio::test]
    async fn a_report_that_counts_no_more_has_no_end_that_could_count() {
        let folder = tempfile::tempdir().unwrap();
        let database = ("DATABASE_URL".to_owned(), folder.path().join("users.db").display().to_string());
        let config = Config::from_variables([database]).unwrap();
        let db = Db::open(&config.database_url, config.durability, config.database_connections).unwrap();
        let contract = Contract::load(ValidationMode::Default, None, 1024).unwrap();
        let app = App::new(config, contract, db, Clock::system());
        let (new, now) = (app.job(&DataAnalysisPayload { since: None, until: None }).unwrap(), app.clock.now());
        let put = app.db.write(move |conn| {
            let id = jobs::enqueue(conn, &new, now)?.id;
            jobs::find(conn, id)
        });
        let job = Arc::new(put.await.unwrap().unwrap());
        let context = Context { app, job, revoked: CancellationToken::new(), said: Said::new(&Arc::default()) };
        context.revoked.cancel();
        let end = DataAnalysisPayload { since: None, until: None }.run(context).await;
        assert!(matches!(end, Err(JobError::Temporary(_))));
    }

    #[test]
    fn a_report_on_nobody_has_no_ages() {
        assert_eq!(Value::Object(Report::default().output())["ages"], Value::Null);
    }
}
