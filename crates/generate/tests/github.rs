//! `github.txt` line by line, and tokens that have on each repository exactly what was meant for it.

use leastwise_generate::intent::Intent;
use leastwise_generate::lower::github::{self, Compiled};
use leastwise_generate::render::{Names, github_value, render_github};
use serde_json::{Value, json};

const SPEC: &str = include_str!("github.txt");

fn compile(role: &str, resources: &str) -> Result<Compiled, String> {
    let text = format!("roles:\n  Agent:\n    {role}\nresources:\n  {resources}\n");
    let intent = Intent::from_yaml("roles.yaml", &text).map_err(|error| error.to_string())?;
    let mut roles = github::compile(&intent, None).map_err(|error| error.to_string())?;
    Ok(roles.remove(0))
}

/// `issues:read acme/shop`, of each token; the app has the same.
fn said(role: &Compiled) -> Vec<String> {
    let mut said = Vec::new();
    for token in &role.tokens {
        for (permission, level) in &token.permissions {
            assert_eq!(role.app.get(permission), Some(level), "the app has what its only token has");
            let names = token.repositories.clone().unwrap_or_default();
            let names = names.iter().map(|name| format!("{}/{name}", token.owner));
            let names: Vec<String> =
                if names.len() == 0 { vec![token.owner.clone()] } else { names.collect() };
            said.extend(names.into_iter().map(|name| format!("{permission}:{level} {name}")));
        }
    }
    said
}

#[test]
fn every_line_comes_out_as_it_says() {
    let (mut lines, mut wrong) = (0, Vec::new());
    for line in SPEC.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let mut words = line.split_whitespace();
        let (verb, resource, sign) = (words.next().unwrap_or(""), words.next().unwrap_or(""), words.next());
        let rest = words.collect::<Vec<_>>().join(" ");
        let role =
            compile(&format!("permissions: [{{{verb}: it}}]"), &format!("it: {{github: '{resource}'}}"));
        lines += 1;
        match (sign, role) {
            (Some("="), Ok(role)) if said(&role) == [rest.as_str()] => {}
            (Some("!"), Err(message)) if message.contains(&rest) && message.starts_with("roles.yaml:") => {}
            (Some("?"), Ok(role)) if role.warnings.iter().any(|it| it.text.contains(&rest)) => {}
            (_, other) => wrong.push(format!("{line}\n  gives {other:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(lines >= 36, "{lines}");
}

#[test]
fn no_token_has_on_a_repository_what_was_meant_for_another() {
    let role = compile(
        "permissions: [{read: code}, {write: issues}, {read: people}]\n    owner: a@example.com",
        "code: {github: [acme/a/contents, acme/b/contents, acme/c/contents]}\n  \
         issues: {github: [acme/c/issues, other/d/issues]}\n  people: {github: acme/members}",
    )
    .expect("it compiles");
    let value = github_value(&role);
    assert_eq!(
        value["app"]["default_permissions"],
        json!({"contents": "read", "issues": "write", "members": "read"})
    );
    assert_eq!(
        value["tokens"],
        json!([
            {"owner": "acme", "permissions": {"members": "read"}},
            {"owner": "acme", "repositories": ["a", "b"], "permissions": {"contents": "read"}},
            {"owner": "acme", "repositories": ["c"], "permissions": {"contents": "read", "issues": "write"}},
            {"owner": "other", "repositories": ["d"], "permissions": {"issues": "write"}},
        ])
    );
    let files = render_github(&mut Names::default(), &role);
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "agent-app.json",
            "agent-token-1-acme.json",
            "agent-token-2-acme.json",
            "agent-token-3-acme.json",
            "agent-token-4-other.json",
        ]
    );
    let body: Value = serde_json::from_str(&files[2].text).expect("json");
    assert_eq!(body, json!({"repositories": ["a", "b"], "permissions": {"contents": "read"}}));
}

#[test]
fn the_higher_level_of_one_permission_counts() {
    let role = compile("permissions: [{write: it}, {read: it}]", "it: {github: acme/a/issues}")
        .expect("it compiles");
    assert_eq!(github_value(&role)["tokens"][0]["permissions"], json!({"issues": "write"}));
}

#[test]
fn what_github_cannot_say_is_refused_each_at_its_place() {
    for (line, what) in [
        ("never: [{write: it}]", "`never`"),
        ("approval: [{write: it}]", "`approval`"),
        ("boundary: true", "`boundary`"),
        ("session: 30m", "`session`"),
        ("expires: 2027-01-01", "`expires`"),
        ("trust: {github: acme/shop, branch: main}", "`trust`"),
        ("conditions: {mfa: true}", "`mfa`"),
        ("conditions: {network: 192.0.2.0/24}", "`network`"),
    ] {
        let message =
            compile(&format!("permissions: [{{read: it}}]\n    {line}"), "it: {github: acme/a/issues}")
                .expect_err(line);
        assert!(message.starts_with("roles.yaml:4:") && message.contains(what), "{message}");
    }
    assert!(compile("permissions: [{read: it}]\n    session: 1h", "it: {github: acme/a/issues}").is_ok());
}
