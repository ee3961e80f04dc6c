//! What a resource of an intent is at the gateway: a tool of an MCP server, or routes of an HTTP API.
//!
//! ```text
//! mcp:  SERVER/TOOL                             orders/refund
//! mcp:  SERVER/*                                orders/*            every tool of the server
//! http: [METHODS] SCHEME://HOST[:PORT]/PATH     GET https://api.example.com/orders/*
//! ```
//!
//! In a path, `*` is any text and `{name}` is one segment. `*.` may stand before a host.

use crate::intent::{Fault, Place};

/// The methods that a gateway decides on.
pub const METHODS: [&str; 7] = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"];

/// One thing that a name stands for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Bound {
    /// A tool of a server.
    Tool {
        /// The server.
        server: String,
        /// The tool.
        tool: String,
    },
    /// Every tool of a server.
    Server(String),
    /// Routes.
    Route(Route),
}

/// Routes of an HTTP API.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Route {
    /// The methods that were said; none when the verb of the intent says them.
    pub methods: Vec<&'static str>,
    /// `https` or `http`.
    pub scheme: &'static str,
    /// The host in lower case, `*.` before it for every host below.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The path.
    pub path: Path,
}

/// Which paths.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Path {
    /// This one.
    Exact(String),
    /// Those that the pattern matches, `*` being any text.
    Pattern(String),
    /// As many segments as here, with any text where there is none.
    Segments(Vec<Option<String>>),
}

impl std::fmt::Display for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        if self.port != default_port(self.scheme) {
            write!(f, ":{}", self.port)?;
        }
        match &self.path {
            Path::Exact(path) | Path::Pattern(path) => f.write_str(path),
            Path::Segments(segments) => {
                segments.iter().try_for_each(|segment| write!(f, "/{}", segment.as_deref().unwrap_or("{…}")))
            }
        }
    }
}

/// Reads what stands behind `mcp:` or `http:`.
pub(super) fn parse(key: &str, text: &str, place: &Place) -> Result<Bound, Fault> {
    if key == "mcp" { tool(text, place) } else { route(text, place).map(Bound::Route) }
}

fn tool(text: &str, place: &Place) -> Result<Bound, Fault> {
    let wrong = |message: String| {
        Err(Fault::new(place, message).help("write SERVER/TOOL, or SERVER/* for every tool of the server"))
    };
    let visible = |name: &str| !name.is_empty() && !name.chars().any(char::is_control);
    let Some((server, tool)) = text.split_once('/').filter(|(server, tool)| visible(server) && visible(tool))
    else {
        return wrong(format!("`{text}` names no tool of a server"));
    };
    match tool {
        "*" if !server.contains('*') => Ok(Bound::Server(server.to_owned())),
        _ if text.contains('*') => wrong(format!("`{text}` has a wildcard within a name")),
        _ => Ok(Bound::Tool { server: server.to_owned(), tool: tool.to_owned() }),
    }
}

fn route(text: &str, place: &Place) -> Result<Route, Fault> {
    let wrong = |message: String| {
        Fault::new(place, message).help("write for example `GET https://api.example.com/orders/*`")
    };
    let (methods, url) = match text.rsplit_once(' ') {
        Some((methods, url)) => (methods_of(methods, place)?, url),
        None => (Vec::new(), text),
    };
    let (scheme, rest) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
        (Some(rest), _) => ("https", rest),
        (_, Some(rest)) => ("http", rest),
        _ => return Err(wrong(format!("`{url}` begins with neither `https://` nor `http://`"))),
    };
    let Some((authority, path)) = rest.split_once('/') else {
        return Err(
            Fault::new(place, format!("`{url}` has no path")).help(format!("write `{url}/*` for all of it"))
        );
    };
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().ok().filter(|port| *port > 0)),
        None => (authority, Some(default_port(scheme))),
    };
    let (Some(port), true) = (port, is_host(host)) else {
        return Err(wrong(format!("`{authority}` is no host")));
    };
    let path = path_of(&format!("/{path}"), place)?;
    Ok(Route { methods, scheme, host: host.to_ascii_lowercase(), port, path })
}

fn default_port(scheme: &str) -> u16 {
    if scheme == "https" { 443 } else { 80 }
}

fn methods_of(text: &str, place: &Place) -> Result<Vec<&'static str>, Fault> {
    let mut methods = Vec::new();
    for name in text.split([',', ' ']).filter(|name| !name.is_empty()) {
        let Some(method) = METHODS.into_iter().find(|known| *known == name) else {
            return Err(Fault::new(place, format!("`{name}` is no method"))
                .help(format!("known: {}", METHODS.join(", "))));
        };
        if !methods.contains(&method) {
            methods.push(method);
        }
    }
    Ok(methods)
}

/// A name of DNS or an IPv4 address; `*.` may stand before a name of two parts or more.
fn is_host(text: &str) -> bool {
    let bare = text.strip_prefix("*.").unwrap_or(text);
    let inside = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    let good = bare.split('.').all(|part| !part.is_empty() && part.bytes().all(inside));
    good && (bare.len() == text.len() || bare.contains('.'))
}

/// A path as it is forwarded. What a server could read as another path is refused.
fn path_of(text: &str, place: &Place) -> Result<Path, Fault> {
    let wrong = |message: &str, help: &str| {
        Err(Fault::new(place, format!("`{text}` {message}")).help(help.to_owned()))
    };
    if text.contains(['?', '#']) {
        return wrong("holds a query or a fragment", "a route is a path: leave out what follows it");
    }
    let inside = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '<' | '>' | '^' | '`' | '|');
    if !text.chars().all(inside) {
        return wrong("is no path", "write it as it is sent, percent-encoded where it must be");
    }
    let segments: Vec<&str> = text[1..].split('/').collect();
    if segments.iter().any(|segment| matches!(*segment, "." | "..")) {
        return wrong("holds `.` or `..`", "write where it leads");
    }
    if !text.contains(['{', '}']) {
        return Ok(match text.contains('*') {
            true => Path::Pattern(text.to_owned()),
            false => Path::Exact(text.to_owned()),
        });
    }
    if text.contains('*') {
        return wrong("holds `{…}` and `*`", "one is a segment and the other any text: use one of them");
    }
    let mut parts = Vec::new();
    for segment in segments {
        let name = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        match name {
            Some(name) if !name.contains(['{', '}']) => parts.push(None),
            None if !segment.contains(['{', '}']) => parts.push(Some(segment.to_owned())),
            _ => return wrong("holds a part of a segment in braces", "`{name}` is a whole segment"),
        }
    }
    Ok(Path::Segments(parts))
}
