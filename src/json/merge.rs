//! JSON merge patch (RFC 7396) on objects that keep their text.

use std::collections::{HashMap, HashSet};

use serde_json::value::RawValue;

use super::Object;

impl Object {
    /// This object after `patch`: `null` removes a member, an object is merged into one, anything else replaces.
    ///
    /// # Errors
    /// When a value is not JSON, which a parsed object's is.
    pub fn merged(mut self, patch: &Object) -> Result<Object, serde_json::Error> {
        // Both may have many members, so none is looked for among all.
        let own = self.0.iter().enumerate();
        let mut places: HashMap<String, usize> = own.map(|(place, (name, _))| (name.clone(), place)).collect();
        let mut removed = HashSet::new();
        for (name, value) in patch.iter() {
            let place = places.get(name).copied();
            match (place, merged_value(place.map(|place| &*self.0[place].1), value)?) {
                (Some(place), Some(value)) => self.0[place].1 = value,
                (None, Some(value)) => self.push(name, value),
                (place, None) => {
                    places.remove(name);
                    removed.extend(place);
                }
            }
        }
        let mut places = 0..;
        self.0.retain(|_| places.next().is_none_or(|place| !removed.contains(&place)));
        Ok(self)
    }
}

fn merged_value(own: Option<&RawValue>, patch: &RawValue) -> Result<Option<Box<RawValue>>, serde_json::Error> {
    let text = patch.get();
    if text == "null" {
        return Ok(None);
    }
    if !text.starts_with('{') {
        return Ok(Some(patch.to_owned()));
    }
    let target = own.filter(|own| own.get().starts_with('{')).map(|own| serde_json::from_str(own.get())).transpose()?;
    // Merged into nothing too, since the nulls of a new object mean nothing.
    let merged = target.unwrap_or_else(Object::default).merged(&serde_json::from_str(text)?)?;
    serde_json::value::to_raw_value(&merged).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cases of RFC 7396, appendix A, whose target and patch are objects.
    #[test]
    fn the_examples_of_the_rfc_hold() {
        for (target, patch, result) in [
            (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"a":null}"#, "{}"),
            (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
            (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
            (r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#),
            (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
            (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#),
            ("{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
        ] {
            let target: Object = serde_json::from_str(target).unwrap();
            let merged = target.merged(&serde_json::from_str(patch).unwrap()).unwrap();
            assert_eq!(serde_json::to_string(&merged).unwrap(), result, "{patch}");
        }
    }

    #[test]
    fn very_many_members_are_merged_in_the_time_that_they_take_to_read() {
        let object = |from: u32, value: &str| {
            let members: Vec<String> = (from..from + 100_000).map(|name| format!("\"{name}\":{value}")).collect();
            serde_json::from_str::<Object>(&format!("{{{}}}", members.join(","))).unwrap()
        };
        let begun = std::time::Instant::now();
        let merged = object(0, "1").merged(&object(50_000, "2")).unwrap().merged(&object(0, "null")).unwrap();
        assert_eq!((merged.len(), merged.iter().next().unwrap().0), (50_000, "100000"));
        // Minutes, when each was looked for among all.
        assert!(begun.elapsed() < std::time::Duration::from_secs(10), "{:?}", begun.elapsed());
    }

    #[test]
    fn a_number_keeps_its_text() {
        let target: Object = serde_json::from_str(r#"{"a":{"n":1.50}}"#).unwrap();
        let merged = target.merged(&serde_json::from_str(r#"{"a":{"m":10000000000000000000000.0}}"#).unwrap()).unwrap();
        assert_eq!(serde_json::to_string(&merged).unwrap(), r#"{"a":{"n":1.50,"m":10000000000000000000000.0}}"#);
    }
}
