//! Scalars and attribute values, as exporters write them and as they should.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// `null` counts as absent.
pub(super) fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(from: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(from).map(Option::unwrap_or_default)
}

/// An unsigned number, also as text, also as a fraction; anything else is 0.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Number(pub(super) u64);

impl<'de> Deserialize<'de> for Number {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, as it should")]
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(from)?;
        let text = || value.as_str()?.trim().parse().ok();
        let fraction = || value.as_f64().map(|number| number as u64);
        Ok(Self(value.as_u64().or_else(text).or_else(fraction).unwrap_or(0)))
    }
}

/// An attribute's value as plain JSON. OTLP wraps values by type, `{"stringValue": "a"}`; unwrapped ones are taken too.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct AnyValue(pub(super) Value);

/// Attributes as plain JSON. OTLP writes `[{"key": "a", "value": …}]`; a plain object is taken too.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct KeyValues(pub(super) Map<String, Value>);

#[derive(serde::Deserialize)]
struct KeyValue {
    #[serde(default)]
    key: String,
    #[serde(default, deserialize_with = "or_default")]
    value: AnyValue,
}

/// `{"values": […]}`, or the list itself.
#[derive(Default)]
struct Values<T>(T);

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Values<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(bound(deserialize = "T: Deserialize<'de> + Default"))]
        struct Wrapped<T> {
            #[serde(default, deserialize_with = "or_default")]
            values: T,
        }
        Wrapped::<T>::deserialize(from).map(|wrapped| Self(wrapped.values))
    }
}

impl<'de> Deserialize<'de> for AnyValue {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(AnyVisitor).map(Self)
    }
}

struct AnyVisitor;

impl<'de> Visitor<'de> for AnyVisitor {
    type Value = Value;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("an attribute value such as {\"stringValue\": \"a\"}")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(AnyValue(value)) = list.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut plain = Map::new();
        let mut wrapped = None;
        while let Some(key) = map.next_key::<String>()? {
            let value = match key.as_str() {
                "stringValue" | "string_value" | "boolValue" | "bool_value" => map.next_value()?,
                "bytesValue" | "bytes_value" => text(map.next_value()?),
                "intValue" | "int_value" | "doubleValue" | "double_value" => numeric(map.next_value()?),
                "arrayValue" | "array_value" => list(map.next_value()?),
                "kvlistValue" | "kvlist_value" => object(map.next_value()?),
                _ => {
                    plain.insert(key, map.next_value::<AnyValue>()?.0);
                    continue;
                }
            };
            // Some writers fill in every type and leave all but one null.
            wrapped = wrapped.or(Some(value).filter(|value| !value.is_null()));
        }
        Ok(wrapped.unwrap_or(if plain.is_empty() { Value::Null } else { Value::Object(plain) }))
    }
}

/// Bytes, which JSON holds as base64. Libraries that serialise to bytes record JSON so; anything else stays encoded.
fn text(value: Value) -> Value {
    let bytes = value.as_str().and_then(|encoded| BASE64_STANDARD.decode(encoded).ok());
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).map_or(value, Value::String)
}

/// Protobuf's JSON mapping writes 64-bit integers as text.
fn numeric(value: Value) -> Value {
    let parsed = value.as_str().and_then(|text| serde_json::from_str(text).ok()).filter(Value::is_number);
    parsed.unwrap_or(value)
}

fn list(value: Option<Values<Vec<AnyValue>>>) -> Value {
    value.map_or(Value::Null, |Values(list)| list.into_iter().map(|AnyValue(value)| value).collect())
}

fn object(value: Option<Values<KeyValues>>) -> Value {
    value.map_or(Value::Null, |Values(KeyValues(map))| Value::Object(map))
}

impl<'de> Deserialize<'de> for KeyValues {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(KeyValuesVisitor).map(Self)
    }
}

struct KeyValuesVisitor;

impl<'de> Visitor<'de> for KeyValuesVisitor {
    type Value = Map<String, Value>;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("attributes such as [{\"key\": \"a\", \"value\": {\"stringValue\": \"b\"}}]")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut map = Map::new();
        while let Some(KeyValue { key, value }) = list.next_element()? {
            map.insert(key, value.0);
        }
        Ok(map)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut plain: A) -> Result<Self::Value, A::Error> {
        let mut map = Map::new();
        while let Some((key, AnyValue(value))) = plain.next_entry()? {
            map.insert(key, value);
        }
        Ok(map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_in_every_dress() {
        let cases = [
            (json!({"stringValue": "a"}), json!("a")),
            (json!({"intValue": "64"}), json!(64)),
            (json!({"intValue": 64}), json!(64)),
            (json!({"doubleValue": 0.5}), json!(0.5)),
            (json!({"doubleValue": "NaN"}), json!("NaN")),
            (json!({"boolValue": true}), json!(true)),
            (json!({"arrayValue": {}}), json!([])),
            (json!({"arrayValue": {"values": [{"stringValue": "a"}, {}]}}), json!(["a", null])),
            (json!({"kvlistValue": {"values": [{"key": "a", "value": {"intValue": "1"}}]}}), json!({"a": 1})),
            (json!({"kvlistValue": {}}), json!({})),
            (json!({}), json!(null)),
            (json!({"string_value": null, "int_value": 3}), json!(3)),
            (json!("plain"), json!("plain")),
            (json!({"plain": ["a"]}), json!({"plain": ["a"]})),
        ];
        for (given, want) in cases {
            let AnyValue(read) = serde_json::from_value(given.clone()).expect("readable");
            assert_eq!(read, want, "{given}");
        }
    }

    #[test]
    fn attributes_as_list_and_as_object() {
        let want = json!({"a": 1});
        for given in [json!([{"key": "a", "value": {"intValue": 1}}]), json!({"a": 1})] {
            let KeyValues(read) = serde_json::from_value(given).expect("readable");
            assert_eq!(Value::Object(read), want);
        }
    }

    #[test]
    fn numbers_in_every_dress() {
        for given in [json!("17"), json!(17), json!(17.0), json!(" 17 ")] {
            assert_eq!(serde_json::from_value::<Number>(given).expect("readable"), Number(17));
        }
        assert_eq!(serde_json::from_value::<Number>(json!(-3)).expect("readable"), Number(0));
    }
}
