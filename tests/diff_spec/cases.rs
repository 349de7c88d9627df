//! Pairs of documents and what has to be found: see the YAML files beside this one.

use serde_json::{Value, json};

use super::{Run, compare, merge, plain};

const OPERATION: &str = "/paths/~1things/post";
const BODY: &str = "/paths/~1things/post/requestBody/content/application~1json/schema";
const ANSWER: &str = "/paths/~1things/post/responses/200/content/application~1json/schema";

#[test]
fn what_clients_send_has_to_be_taken_as_before() {
    all(include_str!("requests.yaml"));
}

#[test]
fn what_clients_read_has_to_be_what_they_were_promised() {
    all(include_str!("answers.yaml"));
}

#[test]
fn operations_parameters_statuses_security_and_job_types_are_compared() {
    all(include_str!("operations.yaml"));
}

fn all(cases: &str) {
    let cases: Vec<Value> = serde_saphyr::from_str(cases).unwrap();
    let wrong: Vec<String> = cases.iter().filter_map(|case| wrong(case).err()).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// What is not as the case has it.
fn wrong(case: &Value) -> Result<(), String> {
    let [old, new] = [0, 1].map(|n| document(case, n).to_string());
    let run = compare(&old, &new);
    let breaking = &case["breaks"];
    let expected = (lines(breaking), lines(&case["others"]), Some(i32::from(breaking.is_array())));
    let found = found(&run);
    let same = expected == (found.0.clone(), found.1.clone(), run.code);
    same.then_some(()).ok_or(format!("{}\n  expected {expected:#?}\n  found {found:#?}\n{}", case["name"], run.err))
}

/// The plain document with what the case has before (0) or after (1).
fn document(case: &Value, n: usize) -> Value {
    let mut document = plain();
    document["components"] = json!({"schemas": {}});
    if let Some(components) = case.get("components") {
        document["components"]["schemas"] = components.clone();
    }
    if case["scheme"] == true {
        document["components"]["securitySchemes"] = json!({"bearer": {"type": "http", "scheme": "bearer"}});
    }
    for (kind, value) in case.as_object().unwrap() {
        let mut put = |place: &str, value: &Value| *document.pointer_mut(place).unwrap() = value.clone();
        match kind.as_str() {
            "request" => put(BODY, &value[n]),
            "answer" => put(ANSWER, &value[n]),
            "both" => {
                let thing = json!({"$ref": "#/components/schemas/Thing"});
                put(BODY, &thing);
                put(ANSWER, &thing);
                document["components"]["schemas"]["Thing"] = value[n].clone();
            }
            "operation" => merge(document.pointer_mut(OPERATION).unwrap(), &value[n]),
            "document" => merge(&mut document, &value[n]),
            "name" | "scheme" | "components" | "breaks" | "others" => (),
            other => panic!("{}: what is {other}?", case["name"]),
        }
    }
    document
}

/// What a case expects, in the words of the report and in an order of its own.
fn lines(expected: &Value) -> Vec<String> {
    let text = |finding: &Value| {
        let at = finding["at"].as_str().unwrap();
        let at = at.replace("BODY", BODY).replace("ANSWER", ANSWER).replace("OPERATION", OPERATION);
        let what = finding["what"].as_str().unwrap();
        let who = finding.get("who").map(|who| format!(" breaks {}", who.as_str().unwrap()));
        format!("{at}: {what}{}", who.unwrap_or_default())
    };
    let mut lines: Vec<String> = expected.as_array().into_iter().flatten().map(text).collect();
    lines.sort();
    lines
}

/// What the report has: the changes that break something, three lines each, and the others, one line each.
fn found(run: &Run) -> (Vec<String>, Vec<String>) {
    let (breaking, others) = run.out.split_once("What breaks nobody:\n").unwrap_or((&run.out, ""));
    let breaking = breaking.split("\n\n").filter(|block| block.starts_with("  /"));
    let mut breaking: Vec<String> = breaking
        .map(|block| match block.lines().map(str::trim).collect::<Vec<_>>()[..] {
            [at, what, who] => format!("{at}: {what} {who}"),
            _ => panic!("three lines a change: {block}"),
        })
        .collect();
    let mut others: Vec<String> = others.lines().map(|line| line.trim().to_owned()).collect();
    breaking.sort();
    others.sort();
    (breaking, others)
}
