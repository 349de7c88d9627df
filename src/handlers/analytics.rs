//! `analytics`: what the jobs counted.

use std::collections::HashMap;

use chrono::{Datelike, Days, NaiveDate};

use crate::api::apis::analytics::{Analytics, GetSignupsResponse};
use crate::api::models::{GetSignupsQueryParams, SignupDay, SignupStats};
use crate::app::App;
use crate::contract::Caller;
use crate::models::signups;
use crate::problem::Problem;

/// Days listed when the request names no first one.
const DEFAULT_DAYS: u64 = 30;
/// The longest range.
const MOST_DAYS: i64 = 366;

impl Analytics for App {
    async fn get_signups(&self, _caller: Caller, query: GetSignupsQueryParams) -> Result<GetSignupsResponse, Problem> {
        let last = query.until.unwrap_or_else(|| self.clock.utc().date_naive());
        // The contract has no day before the year 0.
        let default = || last.checked_sub_days(Days::new(DEFAULT_DAYS - 1)).filter(|day| day.year() >= 0);
        let first = query.since.or_else(default).unwrap_or(last);
        if first > last {
            return Err(Problem::bad_request("Parameter validation failed for 'since': must not be after 'until'"));
        }
        if (last - first).num_days() >= MOST_DAYS {
            return Err(Problem::bad_request(
                "Parameter validation failed for 'since': the range is longer than 366 days",
            ));
        }
        let counts = self.db.read(move |conn| signups::between(conn, first, last)).await?;
        Ok(GetSignupsResponse::Status200 { body: every_day(first, last, counts) })
    }
}

fn every_day(first: NaiveDate, last: NaiveDate, counts: Vec<(String, i64)>) -> SignupStats {
    let counts: HashMap<String, i64> = counts.into_iter().collect();
    let day = |date: NaiveDate| SignupDay { date, count: counts.get(&date.to_string()).copied().unwrap_or_default() };
    let days: Vec<SignupDay> = first.iter_days().take_while(|date| *date <= last).map(day).collect();
    SignupStats { total: days.iter().map(|day| day.count).sum(), days }
}
