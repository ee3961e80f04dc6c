//! JSON: one canonical document per file, and an index that says what belongs where.

use serde_json::json;

use super::{Attach, Deliverable, File, RenderError, name};

/// `<stem>-1.json`, `<stem>-2.json` … and `<stem>-index.json`.
pub(super) fn files(stem: &str, deliverable: &Deliverable) -> Result<Vec<File>, RenderError> {
    let mut files = Vec::new();
    let mut index = Vec::new();
    let mut taken = Default::default();
    for (number, document) in deliverable.documents.iter().enumerate() {
        let file = format!("{stem}-{}.json", number + 1);
        index.push(json!({
            "file": file,
            "policy_name": name::policy_name(&document.name, &mut taken),
            "statements": document.policy.statements.len(),
            "quota_characters": document.policy.quota_len(),
        }));
        files.push(File { name: file, text: escape(&document.policy.to_json()), notes: Vec::new() });
    }
    let target = &deliverable.principal;
    let index = json!({
        "principal": {
            "kind": target.kind.word(), "name": target.name, "path": target.path, "arn": target.arn,
        },
        "attach": match deliverable.attach { Attach::Managed => "managed", Attach::Inline => "inline" },
        "documents": index,
    });
    let text = escape(&format!("{index:#}"));
    files.push(File { name: format!("{stem}-index.json"), text, notes: Vec::new() });
    Ok(files)
}

/// Escapes what AWS does not take raw in a policy document (anything above U+00FF), and ends the text in a line feed.
///
/// Such characters can stand only inside strings, where `\u` means the same.
pub(super) fn escape(json: &str) -> String {
    let mut text = String::with_capacity(json.len() + 1);
    for c in json.trim_end().chars() {
        if c <= '\u{ff}' {
            text.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            text.push_str(&format!("\\u{unit:04x}"));
        }
    }
    text.push('\n');
    text
}
