//! The JSON schema of roles YAML, for editors. `docs/roles.schema.json` is its text, which a test compares.

use serde_json::{Value, json};

use super::limits;
use super::roles::{ELSEWHERE, FILE_KEYS, PLATFORM_KEYS, ROLE_KEYS};
use super::trust;

/// The schema as text.
pub fn text() -> String {
    format!("{:#}\n", schema())
}

/// The schema: JSON Schema, draft 2020-12.
pub fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "leastwise roles",
        "description": "What roles are meant to do, on which resources; `leastwise generate` makes policies of it.",
        "type": "object",
        "additionalProperties": false,
        "properties": properties(FILE_KEYS, file_property),
        "$defs": {
            "permissions": permissions(),
            "strings": strings("One text or several."),
            "trust": trust_schema(),
            "resource": resource(),
        },
    })
}

fn properties(keys: &[&str], of: impl Fn(&str) -> Value) -> Value {
    keys.iter().map(|key| ((*key).to_owned(), of(key))).collect()
}

fn object(description: &str, properties: Value) -> Value {
    json!({"description": description, "type": "object", "additionalProperties": false, "properties": properties})
}

fn strings(description: &str) -> Value {
    json!({
        "description": description,
        "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
    })
}

fn file_property(key: &str) -> Value {
    match key {
        "roles" => json!({
            "description": "The roles by name.",
            "type": "object",
            "additionalProperties": object("A role.", properties(ROLE_KEYS, role_property)),
        }),
        _ => json!({
            "description": "What the names of resources stand for.",
            "type": "object",
            "additionalProperties": {"$ref": "#/$defs/resource"},
        }),
    }
}

fn role_property(key: &str) -> Value {
    let list = |description: &str| json!({"description": description, "$ref": "#/$defs/permissions"});
    match key {
        "permissions" => list("What the role may do."),
        "never" => list("What it must never do, whatever else allows it."),
        "approval" => list("What it may do only in a session that a human approved."),
        "trust" => json!({
            "description": "Who may hold the role.",
            "oneOf": [
                {"$ref": "#/$defs/trust"},
                {"type": "array", "items": {"$ref": "#/$defs/trust"}},
            ],
        }),
        "conditions" => {
            object("What must hold for every permission.", properties(limits::KEYS, limit_property))
        }
        "boundary" => json!({
            "description": "A permissions boundary: `true` for one of what the role may do, or the ARN of a policy.",
            "type": ["boolean", "string"],
        }),
        "session" => json!({
            "description": "How long a session lasts at most, from 15m to 12h.",
            "type": ["string", "integer"],
            "examples": ["1h", "90m", 3600],
        }),
        "expires" => json!({
            "description": "When the role ends: a date or a moment.",
            "type": "string",
            "examples": ["2026-12-31", "2026-12-31T18:00:00Z"],
        }),
        _ => json!({"description": "Who answers for the role.", "type": "string"}),
    }
}

fn limit_property(key: &str) -> Value {
    match key {
        "mfa" => json!({"description": "Only with multi-factor authentication.", "type": "boolean"}),
        "time" => {
            let time = |_: &str| json!({"type": "string"});
            object("Only from then and until then.", properties(limits::TIME_KEYS, time))
        }
        "tags" => json!({
            "description": "Only on resources with these tags.",
            "type": "object",
            "additionalProperties": {"$ref": "#/$defs/strings"},
        }),
        "region" => strings("Only in these regions."),
        "network" => strings("Only from these networks, in CIDR notation."),
        "vpc" => strings("Only from these VPCs."),
        _ => strings("Only through these VPC endpoints."),
    }
}

fn permissions() -> Value {
    json!({
        "description": "`level: resource`, `verb: resource`, `operation: resource` or `service:Action: resource`.",
        "type": "array",
        "items": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {"$ref": "#/$defs/strings"},
            "properties": properties(&leastwise_catalog::levels::LEVELS, |level| {
                json!({"description": format!("The level `{level}`."), "$ref": "#/$defs/strings"})
            }),
        },
    })
}

fn trust_schema() -> Value {
    let forms = trust::FORMS.iter().map(|form| {
        let mut schema = object(
            &format!("By {}.", form[0].replace('_', " ")),
            properties(form, |_| json!({"type": "string"})),
        );
        schema["required"] = json!([form[0]]);
        schema
    });
    let plain = json!({
        "description": "A service (`lambda`), an account id, the ARN of a role or user, or a SPIFFE id.",
        "type": "string",
    });
    json!({"oneOf": std::iter::once(plain).chain(forms).collect::<Vec<_>>()})
}

fn resource() -> Value {
    let mut elsewhere = properties(ELSEWHERE, |key| strings(&format!("What it stands for with {key}.")));
    elsewhere["aws"] = strings("ARNs, `service:rest`, services, or names of other resources.");
    elsewhere["encrypted"] = json!({
        "description": "The ARN of the KMS key with which it is encrypted on AWS.",
        "type": "string",
    });
    let platform = properties(PLATFORM_KEYS, |_| json!({"$ref": "#/$defs/strings"}));
    elsewhere["environments"] = json!({
        "description": "What it stands for in each environment: on AWS, or by platform.",
        "type": "object",
        "additionalProperties": {
            "oneOf": [
                {"type": "string"},
                {"type": "array", "items": {"type": "string"}},
                object("By platform.", platform),
            ],
        },
    });
    json!({
        "description": "An ARN or several, `service:rest`, a service, the name of another resource, or a mapping.",
        "oneOf": [
            {"type": "string"},
            {"type": "array", "items": {"type": "string"}},
            object("By platform and environment.", elsewhere),
        ],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_schema_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/roles.schema.json");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, text()).expect("the schema is ours");
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(committed, text(), "UPDATE_DOCS=1 writes it anew");
    }
}
