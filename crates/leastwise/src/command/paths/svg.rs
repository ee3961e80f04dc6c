//! The graph as a picture that stands for itself, light or dark.
//!
//! Each node goes on by one edge at most, to where its best path goes. So the graph is a forest, and a drawing of it has
//! no crossings: the columns are steps to the target, which stands at the right, and whoever gets to a node stands in
//! the rows around it.

use std::fmt::Write;

use leastwise_analysis::paths::Certainty;

use super::graph::{Graph, Kind, short};
use crate::output::plain;

const ROW: usize = 44;
const BOX: usize = 28;
const MARGIN: usize = 16;
/// Wide enough for a character of the font.
const CHARACTER: usize = 7;
/// Characters of a node's text.
const LONGEST: usize = 70;

const STYLE: &str = "\
text{font:12px ui-monospace,monospace;fill:#1b1f24}rect{fill:#f6f8fa;stroke:#57606a}\
.target{fill:#ffd8d3;stroke:#a40e26}.outside{stroke-dasharray:4}.through{rx:12px}\
path{fill:none;stroke:#57606a}path.unsure{stroke-dasharray:5}.label{font-size:10px;fill:#57606a}\
#tip{fill:#57606a;stroke:none}\
@media (prefers-color-scheme:dark){text{fill:#e6edf3}rect{fill:#161b22;stroke:#8b949e}\
.target{fill:#5a1e1b;stroke:#ff7b72}path{stroke:#8b949e}.label{fill:#9da7b3}#tip{fill:#8b949e}}";

/// Where a node is.
#[derive(Clone, Copy, Default)]
struct Place {
    column: usize,
    /// Twice the row, so that the middle of two rows is a whole number.
    row: usize,
    placed: bool,
}

pub fn text(graph: &Graph) -> String {
    let places = places(graph);
    let columns = places.iter().map(|place| place.column + 1).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(|column| width(graph, &places, column)).collect();
    let gap =
        7 * graph.edges.iter().map(|edge| shown(&edge.label, 28).chars().count()).max().unwrap_or(0) + 40;
    // Column 0 is the target's, at the right.
    let left = |column: usize| -> usize {
        MARGIN + widths[column + 1..].iter().map(|width| width + gap).sum::<usize>()
    };
    let top = |place: Place| MARGIN + place.row * ROW / 2;
    let rows = places.iter().map(|place| place.row / 2 + 1).max().unwrap_or(0);
    let wide = if columns == 0 { 2 * MARGIN } else { left(0) + widths[0] + MARGIN };
    let high = 2 * MARGIN + rows * ROW;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{wide}\" height=\"{high}\" viewBox=\"0 0 {wide} {high}\" role=\"img\">\n\
         <title>Paths</title>\n<style>{STYLE}</style>\n\
         <defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\">\
         <path id=\"tip\" d=\"M0 0L8 4L0 8z\"/></marker></defs>\n"
    );
    for edge in &graph.edges {
        let (from, to) = (places[edge.from], places[edge.to]);
        let (x1, y1) = (left(from.column) + widths[from.column], top(from) + BOX / 2);
        let (x2, y2) = (left(to.column), top(to) + BOX / 2);
        let middle = (x1 + x2) / 2;
        let class = if edge.certainty == Certainty::Sure { "" } else { " class=\"unsure\"" };
        let label = escaped(&shown(&edge.label, 28));
        let _ = writeln!(
            text,
            "<path{class} d=\"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}\" marker-end=\"url(#arrow)\"/>\
             <text class=\"label\" x=\"{}\" y=\"{}\">{label}<title>{}</title></text>",
            x1 + 8,
            y1.saturating_sub(4),
            escaped(&edge.label)
        );
    }
    for (node, place) in graph.nodes.iter().zip(&places) {
        let (x, y) = (left(place.column), top(*place));
        let class = match node.kind {
            Kind::Target => " class=\"target\"",
            Kind::Outside => " class=\"outside\"",
            Kind::Through => " class=\"through\"",
            Kind::Source => "",
        };
        let _ = writeln!(
            text,
            "<g><title>{}</title><rect{class} x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{BOX}\" rx=\"4\"/>\
             <text x=\"{}\" y=\"{}\">{}</text></g>",
            escaped(&node.name),
            widths[place.column],
            x + 8,
            y + 18,
            escaped(&shown(&short(&node.name), LONGEST))
        );
    }
    text.push_str("</svg>\n");
    text
}

fn width(graph: &Graph, places: &[Place], column: usize) -> usize {
    let nodes = graph.nodes.iter().zip(places).filter(|(_, place)| place.column == column);
    let longest = nodes.map(|(node, _)| shown(&short(&node.name), LONGEST).chars().count()).max();
    longest.unwrap_or(0) * CHARACTER + longest.unwrap_or(0) / 4 + 18
}

/// Rows and columns: a leaf takes the next row, everybody else the middle of those that get to it.
fn places(graph: &Graph) -> Vec<Place> {
    let mut before: Vec<Vec<usize>> = vec![Vec::new(); graph.nodes.len()];
    let mut goes_on = vec![false; graph.nodes.len()];
    for edge in &graph.edges {
        before[edge.to].push(edge.from);
        goes_on[edge.from] = true;
    }
    let mut places = vec![Place::default(); graph.nodes.len()];
    let mut next = 0;
    let ends = (0..graph.nodes.len()).filter(|node| !goes_on[*node]);
    for end in ends {
        // Each node is met twice: before and after those that get to it.
        let mut stack = vec![(end, 0, false)];
        while let Some((node, column, after)) = stack.pop() {
            if after {
                let rows = before[node].iter().filter(|one| places[**one].placed).map(|one| places[*one].row);
                let (least, most) = (rows.clone().min(), rows.max());
                places[node].row = match (least, most) {
                    (Some(least), Some(most)) => (least + most) / 2,
                    _ => {
                        next += 2;
                        next - 2
                    }
                };
                continue;
            }
            if places[node].placed {
                continue;
            }
            places[node] = Place { column, row: 0, placed: true };
            stack.push((node, column, true));
            stack.extend(before[node].iter().rev().map(|one| (*one, column + 1, false)));
        }
    }
    places
}

/// At most so many characters, the middle left out.
fn shown(text: &str, most: usize) -> String {
    let characters: Vec<char> = text.chars().collect();
    if characters.len() <= most {
        return text.to_owned();
    }
    let half = (most - 1) / 2;
    let (start, end) = (&characters[..half], &characters[characters.len() - half..]);
    start.iter().chain(['…'].iter()).chain(end).collect()
}

fn escaped(text: &str) -> String {
    let text = plain(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::super::graph::{Edge, Node};
    use super::*;

    #[test]
    fn names_are_text_and_never_markup() {
        let node = |name: &str, kind| Node { name: name.to_owned(), kind };
        let graph = Graph {
            nodes: vec![node("<script>alert(1)</script>", Kind::Source), node("a & \"b\"", Kind::Target)],
            edges: vec![Edge { from: 0, to: 1, label: "x</text>".into(), certainty: Certainty::Sure }],
        };
        let text = text(&graph);
        assert!(
            !text.contains("<script") && text.contains("&lt;script&gt;") && text.contains("&quot;b&quot;")
        );
        assert!(!text.contains("x</text></"));
    }

    #[test]
    fn no_two_nodes_of_a_column_stand_on_one_another() {
        let nodes = (0..6).map(|number| Node { name: format!("n{number}"), kind: Kind::Source }).collect();
        let edge = |from, to| Edge { from, to, label: String::new(), certainty: Certainty::Sure };
        let graph = Graph { nodes, edges: vec![edge(1, 0), edge(2, 0), edge(3, 1), edge(4, 1)] };
        let places = places(&graph);
        for (one, place) in places.iter().enumerate() {
            for other in &places[one + 1..] {
                assert!(place.column != other.column || place.row.abs_diff(other.row) >= 2);
            }
        }
        assert_eq!((places[0].column, places[3].column, places[5].column), (0, 2, 0));
    }
}
