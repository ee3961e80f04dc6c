//! The graph for Graphviz: <https://graphviz.org/doc/info/lang.html>

use leastwise_analysis::paths::Certainty;

use super::graph::{Graph, Kind, short};
use crate::output::plain;

pub fn text(graph: &Graph) -> String {
    let mut text = "digraph paths {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\", fontsize=10];\n".to_owned();
    for (number, node) in graph.nodes.iter().enumerate() {
        let look = match node.kind {
            Kind::Target => ", style=filled, fillcolor=\"#f4b6b0\"",
            Kind::Outside => ", style=dashed",
            Kind::Through => ", style=rounded",
            Kind::Source => "",
        };
        let (label, tip) = (quoted(&short(&node.name)), quoted(&node.name));
        text.push_str(&format!("  n{number} [label={label}, tooltip={tip}{look}];\n"));
    }
    for edge in &graph.edges {
        let look = if edge.certainty == Certainty::Sure { "" } else { ", style=dashed" };
        let label = quoted(&edge.label);
        text.push_str(&format!("  n{} -> n{} [label={label}{look}];\n", edge.from, edge.to));
    }
    text.push_str("}\n");
    text
}

/// "In quoted strings in DOT, the only escaped character is double-quote"; what a label makes of a backslash is escaped
/// by another.
fn quoted(text: &str) -> String {
    format!("\"{}\"", plain(text).replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_quotes() {
        assert_eq!(quoted(r#"a"b\n]; x -> y"#), r#""a\"b\\n]; x -> y""#);
        assert_eq!(quoted("a\nb"), r#""a\\nb""#);
    }
}
