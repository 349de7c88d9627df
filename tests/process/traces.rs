//! Traces, as a collector gets them.

use std::fs;

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use serde_json::Value;

use crate::support::collector::{Collector, Span};
use crate::support::http::{Connection, sign_up_head, user};
use crate::support::process::{Ended, Process};
use crate::support::{Scene, assert_success, drained, eventually};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CLIENT: &str = "00f067aa0ba902b7";

/// Signs up as part of a trace of the client's.
fn sign_up(server: &Process) {
    sign_up_with(server, "");
}

/// The same with more lines of the head.
fn sign_up_with(server: &Process, more: &str) {
    let body = user("taro@example.com");
    let mut connection = Connection::open(server.address()).unwrap();
    connection
        .send(&format!("{}traceparent: 00-{TRACE}-{CLIENT}-01\r\n{more}\r\n{body}", sign_up_head(&body)))
        .unwrap();
    assert_eq!(connection.receive().unwrap().status, 201);
}

/// The only span of this name below this one.
fn child<'a>(trace: &'a [Span], parent: &Span, name: &str) -> &'a Span {
    let mut found = trace.iter().filter(|span| span.parent == parent.id && span.name == name);
    let first = found.next().unwrap_or_else(|| panic!("{name} below {} in {trace:#?}", parent.name));
    assert!(found.next().is_none(), "one {name} in {trace:#?}");
    first
}

/// The lines of a log that have this message.
fn lines(ended: &Ended, message: &str) -> Vec<Value> {
    let lines = ended.log.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["message"] == message).collect()
}

#[test]
fn one_trace_goes_from_the_client_over_request_and_jobs_to_the_mail_across_two_processes() {
    let (scene, collector) = (Scene::new(), Collector::start());
    let server = scene.start_without_workers(&collector.environment());
    let worker = scene.spawn_worker(&[&collector.environment()[..], &[("LOG_LEVEL", "warn".to_owned())]].concat());
    sign_up(&server);
    let trace = collector.trace(TRACE, 8);

    let request = trace.iter().find(|span| span.parent == CLIENT).unwrap();
    assert_eq!((&*request.name, request.kind), ("POST /users", SpanKind::Server));
    assert_eq!(request.attribute("http.response.status_code"), "201");
    let signing_up = child(&trace, request, "commit");
    let waited = child(&trace, signing_up, "wait");
    let job = child(&trace, signing_up, "job user_created");
    let checking_in = child(&trace, job, "commit");
    let mail_waited = child(&trace, checking_in, "wait");
    let mail_job = child(&trace, checking_in, "job send_welcome_email");
    let mail = child(&trace, mail_job, "mail");
    assert_eq!(trace.len(), 8, "{trace:#?}");
    assert_eq!((job.kind, mail.kind), (SpanKind::Consumer, SpanKind::Client));
    assert_eq!((job.attribute("job_type"), job.attribute("attempt")), ("user_created".to_owned(), "1".to_owned()));
    for (outer, inner) in [(request, signing_up), (job, checking_in), (mail_job, mail)] {
        assert!(outer.nanoseconds.start <= inner.nanoseconds.start, "{outer:#?} {inner:#?}");
        assert!(outer.nanoseconds.end >= inner.nanoseconds.end, "{outer:#?} {inner:#?}");
    }
    let senders =
        [(&server, [request, signing_up].to_vec()), (&worker, vec![waited, job, mail_waited, mail_job, mail])];
    for (process, spans) in senders {
        for span in spans {
            assert_eq!(span.sender("process.pid"), process.id().to_string(), "{span:#?}");
            assert_eq!(span.sender("service.name"), "keiyaku");
        }
    }

    assert_eq!(lines(&server.stop(), "request")[0]["trace_id"], TRACE);
    let worker = worker.stop();
    assert_success(worker.status);
    assert_eq!(worker.log, [""; 0], "what is traced need not be logged");
    let alone: Vec<Span> = collector.all().into_iter().filter(|span| span.trace != TRACE).collect();
    assert!(alone.is_empty(), "what a process does for itself: {alone:#?}");
}

#[test]
fn what_others_say_about_the_trace_goes_with_the_spans_of_the_request() {
    let (scene, collector) = (Scene::new(), Collector::start());
    let server = scene.start_without_workers(&collector.environment());
    sign_up_with(&server, "tracestate: congo=t61rcWkgMzE,rojo=1\r\nTraceState: acme@shop=2\r\n");
    let trace = collector.trace(TRACE, 2);
    let states: Vec<_> = trace.iter().map(|span| (&*span.name, &*span.state)).collect();
    let state = "congo=t61rcWkgMzE,rojo=1,acme@shop=2";
    assert!(states.contains(&("POST /users", state)) && states.contains(&("commit", state)), "{states:?}");
}

#[test]
fn a_tracestate_that_is_none_does_not_keep_a_request_from_its_trace() {
    let (scene, collector) = (Scene::new(), Collector::start());
    let server = scene.start_without_workers(&collector.environment());
    sign_up_with(&server, "tracestate: no list of members\r\n");
    let trace = collector.trace(TRACE, 2);
    assert!(trace.iter().all(|span| span.state.is_empty()), "{trace:#?}");
}

#[test]
fn each_attempt_goes_on_with_the_trace_and_a_stop_sends_what_is_left() {
    let (scene, collector) = (Scene::new(), Collector::start());
    fs::write(scene.path("no-folder"), "").unwrap();
    fs::create_dir(scene.path("outbox")).unwrap();
    let [endpoint, _] = collector.environment();
    // Of themselves they would send in a minute.
    let environment = [
        endpoint,
        ("OTEL_BSP_SCHEDULE_DELAY", "60000".to_owned()),
        ("OTEL_SERVICE_NAME", "sign-up".to_owned()),
        ("OTEL_RESOURCE_ATTRIBUTES", "service.name=not-this,team=a".to_owned()),
    ];
    let server = scene.start(&environment);
    fs::remove_dir(scene.path("outbox")).unwrap();
    fs::rename(scene.path("no-folder"), scene.path("outbox")).unwrap();
    sign_up(&server);
    let mut database = scene.open();
    eventually("an attempt fails", || (database.count("job_attempts WHERE outcome = 'failed'") == 1).then_some(()));
    fs::remove_file(scene.path("outbox")).unwrap();
    drained(&server);
    assert_eq!(collector.all().len(), 0);
    let ended = server.stop();
    assert_success(ended.status);

    let trace = collector.trace(TRACE, 1);
    let mut attempts: Vec<&Span> = trace.iter().filter(|span| span.name == "job send_welcome_email").collect();
    attempts.sort_by_key(|span| span.attribute("attempt"));
    let shown: Vec<_> = attempts.iter().map(|span| (span.attribute("attempt"), span.is_error)).collect();
    assert_eq!(shown, [("1".to_owned(), true), ("2".to_owned(), false)], "{trace:#?}");
    assert_eq!(attempts[0].parent, attempts[1].parent);
    assert!(trace.iter().all(|span| span.sender("service.name") == "sign-up" && span.sender("team") == "a"));
    let mails: Vec<_> = trace.iter().filter(|span| span.name == "mail").map(|span| span.is_error).collect();
    assert!(mails.contains(&true) && mails.contains(&false), "{mails:?}");
    let jobs = lines(&ended, "job");
    assert!(jobs.len() == 3 && jobs.iter().all(|line| line["trace_id"] == TRACE), "{jobs:#?}");
}

#[test]
fn a_collector_that_is_away_keeps_nobody_waiting() {
    let scene = Scene::new();
    let away = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{away}"));
    let server = scene.start(&[endpoint, ("OTEL_BSP_SCHEDULE_DELAY", "50".to_owned())]);
    sign_up(&server);
    drained(&server);
    server.logged("the collector of traces cannot be reached");
    let ended = server.stop();
    assert_success(ended.status);
    assert!(ended.took.as_secs() < 6, "{:?}", ended.took);
}

#[test]
fn without_a_collector_nothing_is_kept_of_a_trace() {
    let scene = Scene::new();
    let server = scene.start::<&str>(&[]);
    sign_up(&server);
    drained(&server);
    assert_eq!(scene.open().count("job_queue WHERE traceparent IS NOT NULL"), 0);
    assert_eq!(lines(&server.stop(), "request")[0].get("trace_id"), None);
}

#[test]
fn variables_that_no_exporter_can_follow_stop_the_start() {
    let refused = |environment: &[(&str, &str)]| {
        let ended = Scene::new().spawn(environment).ended();
        assert_eq!(ended.status.code(), Some(2));
        ended.errors.join("\n")
    };
    assert_eq!(
        refused(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4317")]),
        "keiyaku: OTEL_EXPORTER_OTLP_ENDPOINT=[not shown]: must be the URL of a collector that takes OTLP over HTTP, such as \
         http://localhost:4318"
    );
    let with = |name, value| refused(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4317"), (name, value)]);
    assert_eq!(
        with("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        "keiyaku: OTEL_EXPORTER_OTLP_PROTOCOL=\"grpc\": must be one of http/protobuf"
    );
    assert_eq!(
        with("OTEL_EXPORTER_OTLP_CERTIFICATE", "/dev/null"),
        "keiyaku: traces cannot be sent: OTEL_EXPORTER_OTLP_CERTIFICATE=\"/dev/null\": must be a file with at least one \
         certificate in PEM"
    );
    let line = with("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "no url");
    assert!(line.starts_with("keiyaku: traces cannot be sent: "), "{line}");
}
