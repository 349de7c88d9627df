//! What the contract must say so that the SDK has a name and a type for everything.

use std::collections::HashSet;

use serde_json::Value;

use super::{Gate, escape, strings};
use crate::hints::{self, items, members};
use crate::python;
use crate::rust_type::{pascal_case, type_name};
use crate::sdk::{self, shape};

/// What the SDKs export whatever the contract says, and the types of the languages that their models are made of.
const TYPES: &str = "\
    Answer Any Array AsyncClient AsyncStream AsyncToken Client ClientOptions EventParser False JobPayloads Literal \
    Mapping ProblemError Record RequestOptions Retry Sequence ServerEvent Stream StreamOptions StreamState \
    TextEvent Token True TypeAlias UNSET Unset";

/// What no function of a module can be called: the words of the language, and what the generated files import.
const FUNCTIONS: &str = "\
    arguments await break case catch class const continue createClient debugger deep default delete do else enum \
    eval export extends false finally flag follow for function if import in instanceof items joined json models \
    new nothing null repeated return segment send single super switch text this throw true try typeof var void \
    while with yield";

impl<'a> Gate<'a> {
    /// Names that the SDK makes up must be free.
    pub(super) fn sdk_names(&mut self, lowered: &Value) {
        let mut types: HashSet<String> = TYPES.split_whitespace().map(str::to_owned).collect();
        let mut functions: HashSet<String> = FUNCTIONS.split_whitespace().map(str::to_owned).collect();
        for (path, method, operation) in hints::operations(lowered) {
            let place = format!("/paths/{}/{method}", escape(path));
            let id = operation["operationId"].as_str().unwrap_or_default();
            let pages = sdk::page_item(lowered, operation).map(|_| sdk::pages_name(operation));
            for name in [id.to_owned()].into_iter().chain(pages) {
                let why = format!("`{name}` is another function or a word of the language in the SDK");
                self.refuse_if(!functions.insert(name), &place, why);
            }
            types.extend(["Args", "Answer", "Event"].map(|suffix| pascal_case(id) + suffix));
            self.arguments(operation, &place);
        }
        for (name, schema) in members(&lowered["components"]["schemas"]) {
            let job_types = members(&lowered["x-job-types"]).map(|(job_type, _)| python::job_class(job_type, name));
            let of_one_type = shape::typing(schema).map(|_| job_types.chain([format!("{name}Of")]));
            for name in [name.to_owned()].into_iter().chain(of_one_type.into_iter().flatten()) {
                let why = format!("`{name}` is taken in the SDK");
                self.refuse_if(!types.insert(name), "/components/schemas", why);
            }
        }
    }

    /// The parameters of an operation come from different places, and are one object in the SDK.
    fn arguments(&mut self, operation: &Value, place: &str) {
        let body = operation["requestBody"].is_object().then_some("body".to_owned());
        let parameters = items(&operation["parameters"]).filter_map(|parameter| parameter["name"].as_str());
        let mut seen = HashSet::new();
        for name in parameters.map(sdk::argument_name).chain(body) {
            let why = format!("two arguments would be called `{name}` in the SDK, which has one place for all");
            self.refuse_if(!seen.insert(name), place, why);
        }
    }

    /// `x-events` names what the data of each event of a stream is.
    pub(super) fn events(&mut self) {
        let document = self.document;
        for (path, method, operation) in hints::operations(document) {
            for (code, response) in members(&operation["responses"]) {
                for (media, content) in members(&hints::resolve(document, response)["content"]) {
                    let events = &content["x-events"];
                    let place =
                        format!("/paths/{}/{method}/responses/{code}/content/{}/x-events", escape(path), escape(media));
                    let stray = !events.is_null() && (media != "text/event-stream" || !events.is_object());
                    self.refuse_if(stray, &place, "is a map, and belongs beside the schema of `text/event-stream`");
                    for (event, schema) in members(events) {
                        let model = self.is_model(schema);
                        let place = format!("{place}/{}", escape(event));
                        self.refuse_if(
                            !model,
                            &place,
                            "must be a `$ref` to a component that is an object with `properties`",
                        );
                    }
                }
            }
        }
    }

    /// `x-payload-of` on a member names the member beside it that has the job type.
    pub(super) fn payload_members(&mut self) {
        let document = self.document;
        for (name, schema) in members(&document["components"]["schemas"]) {
            for (member, property) in members(&schema["properties"]) {
                let Some(mark) = property.get("x-payload-of") else { continue };
                let job_type = mark.as_str().unwrap_or_default();
                let both =
                    [member, job_type].iter().all(|name| strings(&schema["required"]).any(|other| other == *name));
                let right = both
                    && type_name(&schema["properties"][job_type]) == "string"
                    && type_name(property) == "object"
                    && document["x-job-types"].is_object();
                let place = format!("/components/schemas/{}/properties/{}", escape(name), escape(member));
                let why =
                    "`x-payload-of` is the name of a string beside it that has one of `x-job-types`; both are required";
                self.refuse_if(!right, &place, why);
            }
        }
    }
}
