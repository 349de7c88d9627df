//! [`App`]: what handlers and jobs share.

use std::ops::Deref;
use std::sync::Arc;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::Config;
use crate::contract::{Contract, FollowKey};
use crate::db::Db;
use crate::events::Events;
use crate::mail::Mailer;
use crate::metrics::Metrics;

/// The shared parts of one process; cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What [`App`] dereferences to.
pub struct Parts {
    /// As read at the start.
    pub config: Config,
    /// The contract in the running mode.
    pub contract: Contract,
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// Outgoing mail.
    pub mailer: Mailer,
    /// What `/metrics` shows.
    pub metrics: Metrics,
    /// Told after a commit that put jobs in, so that the workers of this process look at once.
    pub jobs: Notify,
    /// Wakes those who follow the jobs as they change.
    pub events: Events,
    /// Cancelled when the process is told to stop: an answer that would not end by itself ends then.
    pub stopping: CancellationToken,
}

impl App {
    /// Puts the parts together.
    pub fn new(config: Config, contract: Contract, db: Db, clock: Clock) -> App {
        let contract = contract.following(FollowKey::new(db.follow_key()));
        let mailer = Mailer::new(config.mail_from.clone(), config.mail_dir.clone(), config.smtp.clone());
        let metrics = Metrics::new(db.measures());
        App(Arc::new(Parts {
            config,
            contract,
            db,
            clock,
            mailer,
            metrics,
            jobs: Notify::new(),
            events: Events::default(),
            stopping: CancellationToken::new(),
        }))
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
