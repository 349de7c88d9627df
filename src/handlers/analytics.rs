//! `analytics`: what the jobs counted.

use crate::api::apis::analytics::Analytics;
use crate::app::App;

impl Analytics for App {}
