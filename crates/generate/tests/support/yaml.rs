//! YAML for tests: a tree that is asked by name.

use granit_parser::{Event, Parser};

pub(crate) enum Node {
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

static NOTHING: Node = Node::List(Vec::new());

impl std::ops::Index<&str> for Node {
    type Output = Node;

    fn index(&self, name: &str) -> &Node {
        let Node::Map(entries) = self else { return &NOTHING };
        entries.iter().find(|(key, _)| key == name).map_or(&NOTHING, |(_, node)| node)
    }
}

impl Node {
    pub(crate) fn list(&self) -> &[Node] {
        if let Node::List(items) = self { items } else { &[] }
    }

    pub(crate) fn text(&self) -> Option<String> {
        if let Node::Text(text) = self { Some(text.clone()) } else { None }
    }

    pub(crate) fn texts(&self) -> Vec<String> {
        self.list().iter().filter_map(Node::text).collect()
    }

    /// Reads one document without anchors.
    pub(crate) fn parse(text: &str) -> Node {
        let mut open: Vec<(Node, Option<String>)> = vec![(Node::List(Vec::new()), None)];
        for event in Parser::new_from_str(text) {
            let done = match event.expect("yaml").0 {
                Event::Scalar(text, ..) => Node::Text(text.into_owned()),
                Event::SequenceStart(..) => {
                    open.push((Node::List(Vec::new()), None));
                    continue;
                }
                Event::MappingStart(..) => {
                    open.push((Node::Map(Vec::new()), None));
                    continue;
                }
                Event::SequenceEnd | Event::MappingEnd => open.pop().expect("open").0,
                _ => continue,
            };
            match open.last_mut().expect("the document") {
                (Node::List(items), _) => items.push(done),
                (Node::Map(entries), key) => match (key.take(), done) {
                    (Some(key), value) => entries.push((key, value)),
                    (None, Node::Text(name)) => *key = Some(name),
                    (None, _) => panic!("a key is a text"),
                },
                (Node::Text(_), _) => unreachable!("a text is never open"),
            }
        }
        let Some((Node::List(mut documents), _)) = open.pop() else { panic!("the document") };
        documents.remove(0)
    }
}
