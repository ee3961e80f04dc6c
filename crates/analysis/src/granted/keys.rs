//! JSON whose keys are looked at: of a key that stands twice in an object, two readers can take two different values, and
//! the one that is taken here may not be the one that AWS goes by. AWS writes none.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Reads a text, and says which keys stand twice, as JSON pointers (RFC 6901).
pub(super) fn parse(text: &str) -> Result<(Value, Vec<String>), serde_json::Error> {
    let twice = RefCell::new(Vec::new());
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Reading(&twice).deserialize(&mut reader)?;
    reader.end()?;
    let pointers = twice.into_inner().into_iter().map(|steps| {
        steps.iter().rev().map(|step| format!("/{}", step.replace('~', "~0").replace('/', "~1"))).collect()
    });
    Ok((value, pointers.collect()))
}

/// Notes the steps to each key that stands twice, from the inside out, as objects and arrays end.
struct Reading<'t>(&'t RefCell<Vec<Vec<String>>>);

impl Reading<'_> {
    /// How many keys are known to stand twice.
    fn known(&self) -> usize {
        self.0.borrow().len()
    }

    /// Those that came since are below this step.
    fn are_below(&self, since: usize, step: impl Fn() -> String) {
        for steps in &mut self.0.borrow_mut()[since..] {
            steps.push(step());
        }
    }
}

impl<'de> DeserializeSeed<'de> for Reading<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reading<'_> {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            let since = self.known();
            let value = members.next_value_seed(Reading(self.0))?;
            self.are_below(since, || key.clone());
            if map.contains_key(&key) {
                self.0.borrow_mut().push(vec![key.clone()]);
            }
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        loop {
            let since = self.known();
            let Some(value) = elements.next_element_seed(Reading(self.0))? else {
                return Ok(Value::Array(list));
            };
            self.are_below(since, || list.len().to_string());
            list.push(value);
        }
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_what_serde_reads() {
        for text in [
            r#"{"a": [1, -2, 2.5, 1e300, true, null, "x\n\u00e9"], "b": {"c": {}, "d": []}, "": ""}"#,
            "[]",
            "7",
            "18446744073709551615",
        ] {
            let (value, twice) = parse(text).expect("JSON");
            assert_eq!(value, serde_json::from_str::<Value>(text).expect("JSON"));
            assert_eq!(twice, Vec::<String>::new());
        }
        for text in ["", "{", "{}x", r#"{"a":1,}"#, "01"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_key_that_stands_twice_is_told_with_its_place() {
        let of = |text: &str| parse(text).expect("JSON").1;
        assert_eq!(of(r#"{"a": 1, "b": {"a": 1}, "a": 2}"#), ["/a"]);
        assert_eq!(of(r#"[{}, {"x/y": [0, {"k~": 1, "\u006b~": 1}]}]"#), ["/1/x~1y/1/k~0"]);
        assert_eq!(
            of(r#"{"a": {"b": 1, "b": 1}, "c": [{"d": 1, "d": 1, "d": 1}]}"#),
            ["/a/b", "/c/0/d", "/c/0/d"]
        );
    }
}
