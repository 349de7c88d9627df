//! What `allOf` and `oneOf` may say so that one struct, or one enum of structs, is right.

use std::collections::HashMap;

use serde_json::Value;

use super::{Gate, escape, strings};
use crate::hints::{self, items, members};
use crate::lower::{all_of, component_name};
use crate::rust_type::{pascal_case, type_name};

/// What a union may say beside its branches. Anything else would have to hold for all of them.
const BESIDE_BRANCHES: [&str; 7] = ["oneOf", "discriminator", "title", "description", "type", "example", "examples"];

impl<'a> Gate<'a> {
    /// `allOf` becomes one struct with the members of all branches.
    pub(super) fn composition(&mut self, name: &str, schema: &'a Value, place: &str) {
        if self.is_composed_of(name, schema) {
            return self.refuse(place, "`allOf` leads back to itself");
        }
        self.unknown_keywords(schema, place, &["allOf", "unevaluatedProperties"]);
        self.refuse_if(
            schema.get("additionalProperties").is_some(),
            place,
            "beside `allOf`, `additionalProperties` knows no member of a branch; use `unevaluatedProperties`",
        );
        self.properties(schema, place);
        for (index, branch) in items(&schema["allOf"]).enumerate() {
            self.part(branch, &format!("{place}/allOf/{index}"));
        }
        let parts = all_of::parts(self.document, schema);
        let open = parts.iter().any(|part| part["additionalProperties"] == true);
        self.refuse_if(
            open && schema["unevaluatedProperties"] == false,
            place,
            "`unevaluatedProperties: false` closes nothing beside a branch with `additionalProperties: true`",
        );
        self.agreement(&parts, place);
        self.fields(&all_of::flattened(self.document, schema), place);
    }

    /// One branch of `allOf`.
    fn part(&mut self, branch: &'a Value, place: &str) {
        let target = self.follow(branch, place);
        let only_requires = target["required"].is_array() && matches!(type_name(target), "" | "object");
        let fits = self.is_object(target) || only_requires;
        self.refuse_if(!fits, place, "a branch of `allOf` is an object with `properties`");
        let closed = target["additionalProperties"] == false || target["unevaluatedProperties"] == false;
        self.refuse_if(
            closed,
            place,
            "`additionalProperties: false` on a branch of `allOf` refuses what the other branches ask for; \
             say `unevaluatedProperties: false` beside `allOf`",
        );
        // A component is checked where it is defined.
        if branch["$ref"].is_null() {
            self.unknown_keywords(branch, place, &["allOf"]);
            self.refuse_if(branch["additionalProperties"].is_object(), place, "a map cannot be a branch of `allOf`");
            self.properties(branch, place);
            for (index, inner) in items(&branch["allOf"]).enumerate() {
                self.part(inner, &format!("{place}/allOf/{index}"));
            }
        }
    }

    /// A member that two branches describe must be the same in both.
    fn agreement(&mut self, parts: &[&'a Value], place: &str) {
        let mut described: HashMap<&str, &Value> = HashMap::new();
        for (name, property) in parts.iter().flat_map(|part| members(&part["properties"])) {
            let other = described.insert(name, property).filter(|other| *other != property);
            self.refuse_if(other.is_some(), place, format!("two branches of `allOf` describe `{name}` differently"));
        }
        for part in parts {
            for name in strings(&part["required"]).filter(|name| part["properties"][name].is_null()) {
                let read_only = described.get(name).is_some_and(|property| property["readOnly"] == true);
                let why = format!("`{name}` is `readOnly`: require it where it is described");
                self.refuse_if(read_only, place, why);
            }
        }
    }

    fn is_composed_of(&self, name: &str, schema: &'a Value) -> bool {
        let mut seen = Vec::new();
        let mut waiting: Vec<&Value> = items(&schema["allOf"]).collect();
        while let Some(branch) = waiting.pop() {
            let target = component_name(branch);
            if target == Some(name) {
                return true;
            }
            if target.is_none_or(|target| !seen.contains(&target)) {
                seen.extend(target);
                waiting.extend(items(&self.resolved(branch)["allOf"]));
            }
        }
        false
    }

    /// `oneOf` becomes an enum, whose variant is told by the discriminator.
    pub(super) fn union(&mut self, schema: &'a Value, place: &str) {
        for (keyword, _) in members(schema) {
            let known = BESIDE_BRANCHES.contains(&keyword) || keyword.starts_with("x-");
            self.refuse_if(
                !known,
                place,
                format!("`{keyword}` beside `oneOf` is not supported: write it into each branch"),
            );
        }
        let Some(property) = schema["discriminator"]["propertyName"].as_str() else {
            return self.refuse(place, "`oneOf` without a `discriminator` with a `propertyName` is not supported");
        };
        self.refuse_if(items(&schema["oneOf"]).next().is_none(), place, "`oneOf` has no branch");
        let mut tags = Vec::new();
        for (index, branch) in items(&schema["oneOf"]).enumerate() {
            let place = format!("{place}/oneOf/{index}");
            tags.extend(self.branch(branch, property, &place));
        }
        self.distinct(tags.iter().map(|(tag, _)| *tag), pascal_case, place);
        self.mapping(&schema["discriminator"]["mapping"], &tags, &format!("{place}/discriminator"));
    }

    /// One branch of a union: its tag and the name of its component.
    fn branch(&mut self, branch: &'a Value, property: &str, place: &str) -> Option<(&'a str, &'a str)> {
        self.schema(branch, place);
        let (Some(name), true) = (component_name(branch), self.is_object(branch)) else {
            self.refuse(place, "a branch of `oneOf` is a `$ref` to a component that is an object with `properties`");
            return None;
        };
        let flat = all_of::flattened(self.document, branch);
        let required = strings(&flat["required"]).any(|name| name == property);
        let one_way = ["readOnly", "writeOnly"].iter().any(|keyword| flat["properties"][property][*keyword] == true);
        self.refuse_if(!required, place, format!("`{property}` tells the branches apart, so `{name}` must require it"));
        self.refuse_if(one_way, place, format!("`{property}` tells the branches apart in both directions"));
        let tag = hints::tag(self.document, branch, property).and_then(Value::as_str);
        self.refuse_if(tag.is_none(), place, format!("`{property}` of `{name}` must be one string: `const`"));
        Some((tag?, name))
    }

    /// The discriminator is for readers and client generators; it must not tell them something else than the branches.
    fn mapping(&mut self, mapping: &'a Value, tags: &[(&str, &str)], place: &str) {
        for (tag, name) in tags {
            let says = mapping[*tag].as_str().map_or(*tag, |target| target.rsplit('/').next().unwrap_or_default());
            self.refuse_if(says != *name, place, format!("`mapping` must lead from `{tag}` to `{name}`"));
        }
        for (tag, _) in members(mapping) {
            let known = tags.iter().any(|(known, _)| *known == tag);
            self.refuse_if(!known, place, format!("`mapping` has `{}`, which no branch is", escape(tag)));
        }
    }
}
