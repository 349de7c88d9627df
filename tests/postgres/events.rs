//! The stream of events, where versions are not committed in their order.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use serde_json::{Value, json};

use crate::support::{LIMIT, Scene};

/// Longer than the pause between two looks at what is settled.
const TWO_LOOKS: Duration = Duration::from_millis(2_200);

#[test]
fn a_change_that_is_committed_after_a_later_one_is_told_all_the_same() {
    let scene = Scene::new();
    let server = scene.start(&[("WORKER_COUNT", "0")]);
    let client = scene.client(&server);
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    let token = scene.token();
    write!(stream, "GET /jobs/events HTTP/1.0\r\nhost: test\r\nauthorization: Bearer {token}\r\n\r\n").unwrap();
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.starts_with("id: ")));

    let mut slow = scene.connect();
    slow.batch_execute(
        "BEGIN; INSERT INTO job_queue (job_type, queue, payload, status, priority, max_retries, retry_count, attempts,
            scheduled_at, created_at, version, claimable)
         SELECT 'slow', 'default', '{}', 'pending', 0, 0, 0, 0, now(), now(), v, false
         FROM (SELECT CASE WHEN pg_current_xact_id() IS NULL THEN 0 ELSE nextval('job_versions') END AS v) AS version;
         UPDATE job_queue SET status = 'completed', completed_at = now(), version = nextval('job_versions')",
    )
    .unwrap();
    // While none that began later has ended, a snapshot does not show that this one runs.
    thread::sleep(TWO_LOOKS);
    assert_eq!(client.post("/jobs", &json!({"job_type": "data_analysis", "payload": {}})).status, 201);
    thread::sleep(TWO_LOOKS);
    slow.batch_execute("COMMIT").unwrap();

    let (mut told, began) = (Vec::new(), Instant::now());
    while told.len() < 2 {
        // Lines that keep the stream alive come on and on.
        assert!(began.elapsed() < LIMIT, "only {told:?} were told");
        let line = lines.next().expect("the stream goes on");
        if let Some(data) = line.strip_prefix("data: ") {
            let job: Value = serde_json::from_str(data).unwrap();
            told.push(job["job_type"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(told, ["slow", "data_analysis"]);
    server.stop().assert_untroubled();
}
