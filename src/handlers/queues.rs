//! `queues`: pausing and resuming.

use crate::api::apis::queues::Queues;
use crate::app::App;

impl Queues for App {}
