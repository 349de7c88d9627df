//! The welcome mail in the outbox.

use std::collections::HashMap;
use std::fs;

use crate::support::{Service, TARO};

/// A message as RFC 5322 wants it, or a panic.
struct Message {
    /// By lower-case name, unfolded.
    headers: HashMap<String, String>,
    body: String,
}

impl Message {
    fn parse(bytes: &[u8]) -> Message {
        assert!(bytes.is_ascii(), "headers and body are encoded");
        let text = std::str::from_utf8(bytes).unwrap();
        assert_eq!(text.matches('\n').count(), text.matches("\r\n").count(), "every line ends with CR LF: {text:?}");
        assert!(text.lines().all(|line| line.len() <= 998 && !line.contains('\0')), "{text:?}");
        let (head, body) = text.split_once("\r\n\r\n").expect("an empty line after the headers");
        let mut headers = HashMap::new();
        for line in head.replace("\r\n ", " ").replace("\r\n\t", " ").split("\r\n") {
            let (name, value) = line.split_once(": ").expect("a name and a value");
            assert!(name.bytes().all(|byte| byte.is_ascii_graphic()), "{name:?}");
            let before = headers.insert(name.to_lowercase(), value.to_owned());
            assert!(before.is_none(), "{name} occurs twice");
        }
        Message { headers, body: body.to_owned() }
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", self.headers))
    }
}

/// The outbox as names and contents, in the order of the names.
fn outbox(service: &Service) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(service.outbox()).unwrap().map(|entry| entry.unwrap());
    let file = |entry: fs::DirEntry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap());
    let mut files: Vec<_> = entries.map(file).collect();
    files.sort();
    files
}

#[tokio::test]
async fn the_welcome_mail_is_a_well_formed_message() {
    let service = Service::with(&[("MAIL_FROM", "Keiyaku <hello@keiyaku.example>")]).await;
    service.sign_up(TARO).await;
    service.finish_jobs().await;
    let [(name, bytes)] = &outbox(&service)[..] else { panic!("one mail for one user") };
    let message = Message::parse(bytes);
    for (name, expected) in [
        ("from", "Keiyaku <hello@keiyaku.example>"),
        ("to", "Taro <taro@example.com>"),
        ("subject", "Welcome"),
        ("date", "Thu, 15 Jan 2026 09:30:00 +0000"),
        // The second job, and the time at which it was put in.
        ("message-id", "<send_welcome_email-2-1768469400123456@keiyaku.example>"),
    ] {
        assert_eq!(message.header(name), expected);
    }
    assert_eq!(name, "user-1-1768469400123456.send_welcome_email-2-1768469400123456.eml");
    assert_eq!(message.body, "Welcome, Taro!\r\n\r\nYour account is ready.\r\n");
}

/// Whatever the contract takes for a name, the mail goes to its address and has no header more.
#[tokio::test]
async fn no_name_can_break_a_header_or_the_job() {
    let service = Service::start().await;
    let names = [
        "Tarō\r\nBcc: everybody@example.com\r\n\r\n<script>",
        "line\nbreak",
        "bell\u{7}",
        "\u{1}\u{7f}\u{85}",
        "\"quoted\" \\ <angle@example.com>, and more",
        " ",
        "家族👨‍👩‍👧‍👦 \u{202e}right to left",
        &"long ".repeat(20),
        &"長".repeat(100),
    ];
    for (n, name) in names.iter().enumerate() {
        let body = serde_json::json!({"email": format!("{n}@example.com"), "age": 25, "name": name});
        assert_eq!(service.sign_up(body.to_string()).await.status, 201, "{name:?}");
    }
    service.finish_jobs().await;
    assert_eq!(service.get("/jobs/stats").await.json()["by_status"]["completed"], 2 * names.len());
    let mut addressed = Vec::new();
    for (_, bytes) in outbox(&service) {
        let message = Message::parse(&bytes);
        let mut headers: Vec<&str> = message.headers.keys().map(String::as_str).collect();
        headers.sort_unstable();
        let known = [
            "content-transfer-encoding",
            "content-type",
            "date",
            "from",
            "message-id",
            "mime-version",
            "subject",
            "to",
        ];
        assert!(headers.iter().all(|name| known.contains(name)), "{headers:?}");
        let to = message.header("to");
        let address = to.rsplit(['<', ' ']).next().unwrap().trim_end_matches('>');
        addressed.push(address.to_owned());
    }
    addressed.sort();
    assert_eq!(addressed, (0..names.len()).map(|n| format!("{n}@example.com")).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_user_without_a_name_is_welcomed_too() {
    let service = Service::start().await;
    service.sign_up(r#"{"email":"taro@example.com","age":25}"#).await;
    service.finish_jobs().await;
    let message = Message::parse(&outbox(&service)[0].1);
    assert_eq!(message.header("to"), "taro@example.com");
    assert!(message.body.starts_with("Welcome!\r\n"), "{:?}", message.body);
}

#[tokio::test]
async fn sending_again_replaces_the_file() {
    let service = Service::start().await;
    service.sign_up(TARO).await;
    service.finish_jobs().await;
    let first = outbox(&service);
    fs::write(service.outbox().join(&first[0].0), "half of a mail").unwrap();
    // As if the worker had died between sending and its commit.
    service
        .sql(
            "INSERT INTO job_attempts (job_id, attempt, outcome, started_at, finished_at)
             SELECT id, attempts, 'lost', started_at, completed_at FROM job_queue WHERE job_type = 'send_welcome_email';
             UPDATE job_queue SET status = 'pending', claimable = true, completed_at = NULL, worker = NULL
             WHERE job_type = 'send_welcome_email'",
        )
        .await;
    service.app.jobs.notify_one();
    service.jobs_done().await;
    let attempts = service.get("/jobs/2").await.json()["attempts"].as_array().unwrap().len();
    assert_eq!((attempts, outbox(&service)), (2, first));
}
