//! The graph for Mermaid: <https://mermaid.js.org/syntax/flowchart.html>

use leastwise_analysis::paths::Certainty;

use super::graph::{Graph, Kind, short};
use crate::output::plain;

pub fn text(graph: &Graph) -> String {
    let mut text = "flowchart LR\n".to_owned();
    for (number, node) in graph.nodes.iter().enumerate() {
        let class = match node.kind {
            Kind::Target => ":::target",
            Kind::Outside => ":::outside",
            Kind::Source | Kind::Through => "",
        };
        text.push_str(&format!("  n{number}[\"{}\"]{class}\n", escaped(&short(&node.name))));
    }
    for edge in &graph.edges {
        let arrow = if edge.certainty == Certainty::Sure { "-->" } else { "-.->" };
        text.push_str(&format!("  n{} {arrow}|\"{}\"| n{}\n", edge.from, escaped(&edge.label), edge.to));
    }
    text.push_str("  classDef target fill:#f4b6b0,stroke:#a33,color:#000\n");
    text.push_str("  classDef outside stroke-dasharray:4\n");
    text
}

/// "It is possible to escape characters using the syntax exemplified here": `#quot;`, or `#35;` by number. Everything
/// that is not plainly harmless is.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in plain(text).chars() {
        match c {
            ' ' | '/' | ':' | '-' | '_' | '.' | ',' | '+' | '=' | '@' | '(' | ')' => out.push(c),
            c if c.is_alphanumeric() => out.push(c),
            c => out.push_str(&format!("#{};", u32::from(c))),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_quotes_nor_be_markup() {
        assert_eq!(escaped("role/a\"]<b>#`"), "role/a#34;#93;#60;b#62;#35;#96;");
    }
}
