//! What an operation may say so that its route, arguments and answers are right.

use std::collections::HashMap;

use serde_json::Value;

use super::{Gate, escape, strings};
use crate::hints::{self, is_json, items, members};
use crate::lower::in_place;
use crate::rust_type::{identifier, snake_case, type_name};

const PROBLEM: &str = "application/problem+json";

impl<'a> Gate<'a> {
    pub(super) fn operations(&mut self) {
        let document = self.document;
        for (index, server) in items(&document["servers"]).enumerate() {
            let url = server["url"].as_str().unwrap_or_default();
            let behind_host =
                url.split_once("://").map_or(url, |(_, rest)| rest.split_once('/').map_or("", |(_, path)| path));
            let place = format!("/servers/{index}/url");
            let rooted = matches!(behind_host, "" | "/");
            self.refuse_if(!rooted, &place, "has a path, which the routes would lack; put it into `paths`");
        }
        self.paths();
        let ids = hints::operations(document).filter_map(|(_, _, operation)| operation["operationId"].as_str());
        self.distinct(ids, snake_case, "/paths");
        for (path, method, operation) in hints::operations(document) {
            let place = format!("/paths/{}/{method}", escape(path));
            self.operation(operation, &place);
            self.parameters(&in_place::parameters(document, path, operation), path, &place);
        }
    }

    /// A path must be a route of axum, which otherwise stops the server at its start.
    fn paths(&mut self) {
        let document = self.document;
        let mut routes = HashMap::new();
        for (path, _) in members(&document["paths"]) {
            let place = format!("/paths/{}", escape(path));
            self.refuse_if(!path.starts_with('/'), &place, "a path begins with `/`");
            let mut route = String::new();
            for segment in path.split('/').skip(1) {
                let parameter = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
                let literal = !segment.contains(['{', '}']) && !segment.starts_with([':', '*']);
                let plain = parameter.map_or(literal, |name| !name.contains(['{', '}']));
                self.refuse_if(!plain, &place, format!("`{segment}` is neither a plain text nor one whole parameter"));
                route.push_str(if parameter.is_some() { "/{}" } else { "/" });
                route.push_str(parameter.map_or(segment, |_| ""));
            }
            if let Some(other) = routes.insert(route, path) {
                self.refuse(&place, format!("differs from `{other}` only in the names of its parameters"));
            }
        }
    }

    fn operation(&mut self, operation: &'a Value, place: &str) {
        match operation["operationId"].as_str() {
            None => self.refuse(place, "`operationId` is missing"),
            Some(id) => {
                let camel_case = id.starts_with(|first: char| first.is_ascii_lowercase())
                    && id.chars().all(|character| character.is_ascii_alphanumeric());
                self.refuse_if(!camel_case, place, format!("operationId `{id}` is not in camelCase"));
            }
        }
        let tags: Vec<&str> = strings(&operation["tags"]).collect();
        self.refuse_if(tags.len() != 1, place, "needs exactly one tag: each tag is a trait");
        for tag in tags {
            let declared = items(&self.document["tags"]).any(|declared| declared["name"] == tag);
            self.refuse_if(!declared, place, format!("tag `{tag}` is not declared in `tags`"));
            self.refuse_if(identifier(tag) != tag, place, format!("tag `{tag}` is not a plain snake_case name"));
        }
        for keyword in ["callbacks", "servers"] {
            self.refuse_if(operation.get(keyword).is_some(), place, format!("`{keyword}` is not supported"));
        }
        self.security(operation, place);
        self.body(operation, place);
        self.responses(&operation["responses"], &format!("{place}/responses"));
    }

    /// A caller is an argument or is none; there is no type for one that may be missing.
    fn security(&mut self, operation: &Value, place: &str) {
        let document = self.document;
        let security = operation.get("security").unwrap_or(&document["security"]);
        for alternative in items(security) {
            let anonymous = alternative.as_object().is_none_or(|schemes| schemes.is_empty());
            self.refuse_if(anonymous, place, "`security` with an empty alternative (optional login) is not supported");
            for (scheme, _) in members(alternative) {
                let unknown = document["components"]["securitySchemes"][scheme].is_null();
                self.refuse_if(unknown, place, format!("security scheme `{scheme}` is not in `components`"));
            }
        }
    }

    fn parameters(&mut self, parameters: &[&'a Value], path: &str, place: &str) {
        let mut names: Vec<(&str, &str)> = Vec::new();
        for (index, parameter) in parameters.iter().enumerate() {
            let place = format!("{place}/parameters/{index}");
            let parameter = self.follow(parameter, &place);
            if let (Some(kind), Some(name)) = (parameter["in"].as_str(), parameter["name"].as_str()) {
                let place = format!("{place} ({kind} parameter `{name}`)");
                self.parameter(parameter, kind, name, &place);
                names.push((kind, name));
            } else {
                self.refuse(&place, "a parameter needs `in` and `name`");
            }
        }
        for kind in ["path", "query", "header"] {
            let of_kind = names.iter().filter(|(other, _)| *other == kind).map(|(_, name)| *name);
            self.distinct(of_kind, identifier, &format!("{place}/parameters"));
        }
        let mut in_path: Vec<&str> = path.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
        let mut declared: Vec<&str> = names.iter().filter(|(kind, _)| *kind == "path").map(|(_, name)| *name).collect();
        in_path.sort_unstable();
        declared.sort_unstable();
        self.refuse_if(in_path != declared, place, "the path's parameters and those in `parameters` differ");
    }

    fn parameter(&mut self, parameter: &'a Value, kind: &str, name: &str, place: &str) {
        let usual = match kind {
            "path" | "header" => "simple",
            "query" => "form",
            _ => return self.refuse(place, format!("parameters in `{kind}` are not supported")),
        };
        self.refuse_if(kind == "path" && parameter["required"] != true, place, "a path parameter is `required: true`");
        let ignored = ["accept", "content-type", "authorization"].contains(&name.to_lowercase().as_str());
        self.refuse_if(kind == "header" && ignored, place, "OpenAPI ignores a header parameter of this name");
        self.refuse_if(parameter.get("content").is_some(), place, "`content` is not supported; use `schema`");
        for keyword in ["allowReserved", "allowEmptyValue"] {
            self.refuse_if(parameter[keyword] == true, place, format!("`{keyword}` is not supported"));
        }
        let schema = &parameter["schema"];
        self.one_way(schema, place, false);
        self.schema(schema, place);
        let nullable = in_place::allows_null(schema) || in_place::allows_null(self.resolved(schema));
        self.refuse_if(nullable, place, "a parameter cannot be null");
        match parameter["style"].as_str() {
            Some("deepObject") if kind == "query" => self.deep_object(parameter, place),
            Some(style) if style != usual => {
                self.refuse(place, format!("`style: {style}` is not supported here, only `style: {usual}`"));
            }
            _ => {
                let schema = self.resolved(schema);
                let list = kind != "path" && type_name(schema) == "array" && self.is_single(&schema["items"]);
                let single = self.is_single(schema) || list;
                let why = "only a single value, or outside the path a list of them, is supported; \
                           for an object in a query there is `style: deepObject`";
                self.refuse_if(!single, place, why);
            }
        }
    }

    /// `filter[name]=value`: members of an object, each with a single value.
    fn deep_object(&mut self, parameter: &'a Value, place: &str) {
        self.refuse_if(parameter["explode"] == false, place, "`deepObject` is `explode: true`");
        let object = hints::resolve(self.document, &parameter["schema"]);
        let named = parameter["schema"]["$ref"].is_string() && object["properties"].is_object();
        self.refuse_if(!named, place, "a `deepObject` is a `$ref` to a component that is an object with `properties`");
        for (name, property) in members(&object["properties"]) {
            let single = self.is_single(property);
            self.refuse_if(!single, place, format!("`{name}` of a `deepObject` must be a single value, and not null"));
            let plain = !name.contains(['[', ']']);
            self.refuse_if(!plain, place, format!("`{name}` of a `deepObject` must have no brackets"));
        }
    }

    /// Whether a schema is a value that one text can be.
    fn is_single(&self, schema: &Value) -> bool {
        let target = self.resolved(schema);
        let nullable = in_place::allows_null(schema) || in_place::allows_null(target);
        !nullable && matches!(type_name(target), "string" | "integer" | "number" | "boolean")
    }

    fn body(&mut self, operation: &'a Value, place: &str) {
        let Some(body) = operation.get("requestBody") else {
            return;
        };
        let place = format!("{place}/requestBody");
        let body = self.follow(body, &place);
        self.refuse_if(
            body["required"] != true,
            &place,
            "must be `required: true`: a body that may be missing has no type",
        );
        self.refuse_if(members(&body["content"]).next().is_none(), &place, "`content` is missing");
        let mut schemas = members(&body["content"]).map(|(_, media)| &media["schema"]["$ref"]);
        let first = schemas.next();
        let same = schemas.all(|schema| Some(schema) == first);
        self.refuse_if(!same, &place, "all media types must have the same schema, by `$ref`");
        for (media, content) in members(&body["content"]) {
            let place = format!("{place}/content/{}", escape(media));
            self.refuse_if(!is_json(media), &place, "only JSON bodies are supported");
            let model = self.is_model(&content["schema"]);
            self.refuse_if(
                !model,
                &place,
                "`schema` must be a `$ref` to a component that is an object with `properties`, or a union of those",
            );
        }
    }

    fn responses(&mut self, responses: &'a Value, place: &str) {
        let mut answers = 0;
        for (code, response) in members(responses) {
            let place = format!("{place}/{code}");
            if matches!(code, "default" | "4XX" | "5XX") {
                self.only_problems(response, &place);
                continue;
            }
            let number = code.parse::<u16>().ok().filter(|number| (200..600).contains(number));
            self.refuse_if(number.is_none(), &place, "this range is not supported; name each status");
            let response = self.follow(response, &place);
            let object = response.is_object() && response.get("content").is_none_or(Value::is_object);
            self.refuse_if(!object, &place, "a response is an object, and so is its `content`");
            self.headers(response, &place);
            let contents: Vec<(&str, &Value)> = members(&response["content"]).collect();
            match contents.as_slice() {
                [] => answers += 1,
                [(media, content)] if *media == PROBLEM => {
                    let problem = content["schema"]["$ref"] == "#/components/schemas/Problem";
                    self.refuse_if(!problem, &place, format!("the schema of {PROBLEM} is `Problem`"));
                }
                [(media, content)] => {
                    answers += 1;
                    self.content(media, &content["schema"], &place);
                }
                _ => self.refuse(&place, "a response has one media type"),
            }
        }
        self.refuse_if(answers == 0, place, "needs a response that is not a problem");
    }

    /// Which problem it is and with which status is for the code to decide, so these are no variants.
    fn only_problems(&mut self, response: &'a Value, place: &str) {
        let response = self.follow(response, place);
        let mut contents = members(&response["content"]);
        let problem = matches!((contents.next(), contents.next()), (Some((media, content)), None)
            if media == PROBLEM && content["schema"]["$ref"] == "#/components/schemas/Problem");
        self.refuse_if(!problem, place, format!("can only be {PROBLEM} with `Problem`; name each other status"));
    }

    fn content(&mut self, media: &str, schema: &'a Value, place: &str) {
        let place = format!("{place}/content/{}", escape(media));
        if is_json(media) {
            let element = if type_name(schema) == "array" { &schema["items"] } else { schema };
            let free_form = type_name(schema) == "object" && schema.get("properties").is_none();
            let typed = self.is_model(element) || free_form;
            if free_form {
                self.schema(schema, &place);
                let unnamed = in_place::has_unnamed(schema);
                self.refuse_if(
                    unnamed,
                    &place,
                    "has an enum or a choice in place, which has no name here; make it a component",
                );
            }
            self.refuse_if(!typed, &place, "a JSON answer is a `$ref` to an object, a list of those, or a free object");
        } else {
            let text = media.starts_with("text/") || media == "application/yaml";
            self.refuse_if(!text, &place, "only JSON, text/… and application/yaml are supported");
            self.refuse_if(type_name(schema) != "string", &place, "is text, so its schema is `type: string`");
        }
    }

    fn headers(&mut self, response: &'a Value, place: &str) {
        let headers = &response["headers"];
        let body = response["content"].is_object().then_some("body");
        self.distinct(members(headers).map(|(name, _)| name).chain(body), identifier, &format!("{place}/headers"));
        for (name, header) in members(headers) {
            let place = format!("{place}/headers/{}", escape(name));
            let header = self.follow(header, &place);
            let token = name.chars().all(|character| character.is_ascii_alphanumeric() || character == '-');
            self.refuse_if(!token, &place, "is not the name of a header");
            self.refuse_if(name.eq_ignore_ascii_case("content-type"), &place, "the content type is that of `content`");
            self.schema(&header["schema"], &place);
            let unnamed = in_place::has_unnamed(&header["schema"]);
            self.refuse_if(unnamed, &place, "an enum in place has no name here; make it a component");
            let single = self.is_single(&header["schema"]);
            self.refuse_if(!single, &place, "a header is a single value");
        }
    }
}
