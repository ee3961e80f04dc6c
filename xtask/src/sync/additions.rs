//! Adds resource types that AWS asks for and that its reference does not list for the action: `additions.txt`, by hand.
//!
//! Who gives such an action on `*` instead, because the type is not listed, gives more than the call needs. The rows say
//! where AWS's own pages or refusals show the type.

use anyhow::{Context, Result, ensure};

use super::merge::by_name;
use crate::facts::{ActionResource, ResourceType, Service};

/// Adds what the text says to the services. What AWS lists by now is an error: the row has had its day.
pub(super) fn add(text: &str, services: &mut [Service]) -> Result<()> {
    for (number, line) in text.lines().enumerate() {
        let facts = line.split('#').next().unwrap_or_default().trim();
        if !facts.is_empty() {
            row(facts, services).with_context(|| format!("additions.txt, line {}: `{facts}`", number + 1))?;
        }
    }
    Ok(())
}

fn row(facts: &str, services: &mut [Service]) -> Result<()> {
    let words: Vec<&str> = facts.split_whitespace().collect();
    let [kind @ ("resource" | "on"), prefix, name, rest @ ..] = words.as_slice() else {
        anyhow::bail!("expected `resource PREFIX TYPE FORMAT…` or `on PREFIX TYPE ACTION…`");
    };
    let service = services.iter_mut().find(|service| *service.prefix == **prefix);
    let service = service.with_context(|| format!("there is no service `{prefix}`"))?;
    ensure!(!rest.is_empty(), "nothing behind `{name}`");
    if *kind == "resource" {
        ensure!(service.resource_type(name).is_none(), "`{name}` is listed");
        service.resource_types.push(ResourceType {
            name: (*name).into(),
            arn: rest.iter().map(|format| (*format).into()).collect(),
            keys: Vec::new().into(),
        });
        service.resource_types.sort_by(|a, b| by_name(&a.name, &b.name));
        return Ok(());
    }
    ensure!(service.resource_type(name).is_some(), "there is no type `{name}`");
    for action in rest {
        let known = service.actions.iter_mut().find(|known| *known.name == **action);
        let known = known.with_context(|| format!("there is no action `{action}`"))?;
        ensure!(known.resource(name).is_none(), "`{action}` lists `{name}`");
        known.resources.push(ActionResource {
            resource_type: (*name).into(),
            required: false,
            keys: Vec::new().into(),
        });
        known.resources.sort_by(|a, b| by_name(&a.resource_type, &b.resource_type));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text;

    const X: &str = "service x X\nresource b arn:x:b\naction Get R\n on b*\naction Put W\n";

    fn added(rows: &str) -> Result<String> {
        let mut services = [text::parse(X).unwrap()];
        add(rows, &mut services)?;
        Ok(text::print(&services[0]))
    }

    #[test]
    fn types_are_added_to_the_actions_that_aws_asks_for_on_them() {
        let rows = "# why\nresource x a arn:x:a/${Id} # page\non x a Get Put # page\n";
        assert_eq!(
            added(rows).unwrap(),
            "service x X\nresource a arn:x:a/${Id}\nresource b arn:x:b\naction Get R\n on a\n on b*\naction Put W\n on a\n"
        );
    }

    #[test]
    fn a_row_that_adds_nothing_is_an_error() {
        for row in [
            "on x b Get",
            "resource x b arn:x:b",
            "on x c Put",
            "on x b New",
            "on y b Get",
            "on x b",
            "b Put",
        ] {
            assert!(added(row).is_err(), "{row}");
        }
    }
}
