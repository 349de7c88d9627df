//! Log lines as JSON: time, level, the event's fields, target, and the innermost span with its fields.
//!
//! The members are those of `tracing_subscriber`'s own JSON with flattened events. That goes through a serializer which
//! looks at every few bytes anew whether they are UTF-8, and costs more than half of a request's middleware; here the text is
//! written once.

use std::fmt::{self, Debug, Write};

use tracing::field::{Field, Visit};
use tracing::span::Record;
use tracing::{Event, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

/// Formats events, and the fields of spans for them.
pub(super) struct Json;

impl<S> FormatEvent<S, Json> for Json
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn format_event(&self, context: &FmtContext<'_, S, Json>, mut out: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let metadata = event.metadata();
        out.write_str("{\"timestamp\":\"")?;
        SystemTime.format_time(&mut out)?;
        write!(out, "\",\"level\":\"{}\"", metadata.level())?;
        let mut members = Members { out: out.by_ref(), result: Ok(()) };
        event.record(&mut members);
        members.result?;
        out.write_str(",\"target\":")?;
        string(&mut out, metadata.target())?;
        if let Some(span) = context.lookup_current() {
            write!(out, ",\"span\":{{\"name\":\"{}\"", span.name())?;
            if let Some(fields) = span.extensions().get::<FormattedFields<Json>>() {
                out.write_str(fields)?;
            }
            out.write_char('}')?;
        }
        out.write_str("}\n")
    }
}

impl<'a> FormatFields<'a> for Json {
    fn format_fields<R: RecordFields>(&self, out: Writer<'a>, fields: R) -> fmt::Result {
        let mut members = Members { out, result: Ok(()) };
        fields.record(&mut members);
        members.result
    }

    fn add_fields(&self, current: &'a mut FormattedFields<Json>, fields: &Record<'_>) -> fmt::Result {
        self.format_fields(current.as_writer(), fields)
    }
}

/// Writes each field as `,"name":value`.
struct Members<'a> {
    out: Writer<'a>,
    result: fmt::Result,
}

impl Members<'_> {
    fn member(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        // What is for the exporter of traces alone.
        if self.result.is_ok() && !field.name().starts_with("otel.") {
            self.result = write!(self.out, ",\"{}\":", field.name()).and_then(|()| value(&mut self.out));
        }
    }
}

impl Visit for Members<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.member(field, |out| if value.is_finite() { write!(out, "{value}") } else { out.write_str("null") });
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.member(field, |out| write!(out, "{value}"));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.member(field, |out| write!(out, "{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.member(field, |out| write!(out, "{value}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.member(field, |out| string(out, value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.member(field, |out| {
            out.write_char('"')?;
            write!(Escaped(out), "{value:?}")?;
            out.write_char('"')
        });
    }
}

fn string(out: &mut Writer<'_>, text: &str) -> fmt::Result {
    out.write_char('"')?;
    Escaped(out).write_str(text)?;
    out.write_char('"')
}

/// Escapes what may not stand in a JSON string as it is (RFC 8259, 7).
struct Escaped<'a, 'b>(&'a mut Writer<'b>);

impl Write for Escaped<'_, '_> {
    fn write_str(&mut self, mut text: &str) -> fmt::Result {
        while let Some(at) = text.bytes().position(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
            let (plain, rest) = text.split_at(at);
            self.0.write_str(plain)?;
            match rest.as_bytes()[0] {
                byte @ (b'"' | b'\\') => write!(self.0, "\\{}", char::from(byte))?,
                b'\n' => self.0.write_str("\\n")?,
                byte => write!(self.0, "\\u{byte:04x}")?,
            }
            text = &rest[1..];
        }
        self.0.write_str(text)
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is logged meanwhile, the time taken out.
    fn logged(work: impl FnOnce()) -> Value {
        let lines = Lines::default();
        let writer = lines.clone();
        let logs = tracing_subscriber::fmt().with_writer(move || writer.clone()).fmt_fields(Json).event_format(Json);
        tracing::subscriber::with_default(logs.finish(), work);
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.matches('\n').count(), 1, "{text:?}");
        let mut line: Value = serde_json::from_str(&text).unwrap();
        let time = line.as_object_mut().unwrap().remove("timestamp").unwrap();
        chrono::DateTime::parse_from_rfc3339(time.as_str().unwrap()).unwrap();
        line
    }

    #[test]
    fn a_line_has_the_fields_in_their_types_and_the_span() {
        let line = logged(|| {
            let span = tracing::info_span!("job", job_id = 7, late = tracing::field::Empty);
            span.record("late", true);
            let _in = span.entered();
            let nothing: Option<u64> = None;
            tracing::warn!(status = 200_u16, ms = 0.5, not = f64::NAN, nothing, error = %"a \"b\"\n", "all {}", "well");
        });
        let expected = json!({
            "level": "WARN", "status": 200, "ms": 0.5, "not": null, "error": "a \"b\"\n", "message": "all well",
            "target": module_path!(), "span": {"name": "job", "job_id": 7, "late": true},
        });
        assert_eq!(line, expected);
    }

    proptest! {
        #[test]
        fn any_text_comes_back_as_it_was(text: String) {
            let line = logged(|| tracing::info!(shown = %text, given = text, "{text}"));
            for member in ["shown", "given", "message"] {
                prop_assert_eq!(line[member].as_str(), Some(&*text));
            }
        }
    }
}
