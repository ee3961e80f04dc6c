//! A record's `requestParameters`, `additionalEventData` and `resources`, looked up without being parsed as a whole.

use super::recipe::Recipe;
use crate::audit_log::{Cursor, Event, Quick, Value, unescape};
use leastwise_catalog::call::{self, Part, Path, Step};
use smallvec::SmallVec;

/// The parameters in which services take tags.
pub(super) const TAGS: [&[u8]; 5] =
    [b"tags", b"tagSet", b"tagList", b"tagSpecificationSet", b"tagSpecifications"];

/// One member of `requestParameters`; `at` stands at the value when that is an object or array.
struct Member<'a> {
    name: &'a [u8],
    value: Value<'a>,
    at: Cursor<'a>,
}

/// What a record says about the request.
pub(super) struct Parameters<'a> {
    members: SmallVec<[Member<'a>; 16]>,
    /// Read only where a plan asks.
    additional: Option<Cursor<'a>>,
    resources: Option<Cursor<'a>>,
}

impl<'a> Parameters<'a> {
    pub(super) fn new(event: &Event<'a>) -> Self {
        let mut members = SmallVec::new();
        if let Some(mut cursor) = event.parameters {
            // The record was walked once already, so its brackets are known to pair.
            members_of(&mut cursor, &mut members);
            if let [Member { name, value: Value::Object, at }] = &members[..]
                && Path::is_wrapper(name)
            {
                let mut wrapped = *at;
                members_of(&mut wrapped, &mut members);
            }
        }
        Parameters { members, additional: event.additional, resources: event.resources }
    }

    /// The name of a parameter that the recipe looks at and that the request has twice, but for capitals.
    ///
    /// CloudTrail writes each once. A caller may have put the other there: S3 logs the query string of a request as
    /// parameters of it, whatever their names.
    pub(super) fn ambiguous(&self, recipe: &Recipe) -> Option<&'a [u8]> {
        let mut seen = SmallVec::<[usize; 16]>::new();
        self.members.iter().find_map(|member| {
            let number = recipe.number(member.name)?;
            if seen.contains(&number) {
                return Some(member.name);
            }
            seen.push(number);
            None
        })
    }

    /// Where the record names resources itself.
    pub(super) fn named(&self) -> Option<Cursor<'a>> {
        self.resources
    }
}

fn members_of<'a>(cursor: &mut Cursor<'a>, members: &mut SmallVec<[Member<'a>; 16]>) {
    members.clear();
    let _ = each_member(cursor, |name, value, at| {
        members.push(Member { name, value, at });
        true
    });
}

/// Calls `found` with the members of the object at the cursor until it says stop.
fn each_member<'a>(
    cursor: &mut Cursor<'a>,
    mut found: impl FnMut(&'a [u8], Value<'a>, Cursor<'a>) -> bool,
) -> Result<(), crate::audit_log::Malformed> {
    cursor.enter()?;
    while let Some((name, value)) = cursor.member()? {
        let at = *cursor;
        if matches!(value, Value::Object | Value::Array) {
            cursor.skip()?;
        }
        if !found(name, value, at) {
            break;
        }
    }
    Ok(())
}

/// Calls `found` with each element of the array at the cursor.
fn each_element<'a>(
    cursor: &mut Cursor<'a>,
    mut found: impl FnMut(Value<'a>, Cursor<'a>),
) -> Result<(), crate::audit_log::Malformed> {
    let mut from = cursor.position() + 1;
    cursor.enter()?;
    while let Some(value) = cursor.element(&mut from)? {
        let at = *cursor;
        if matches!(value, Value::Object | Value::Array) {
            let text = cursor.skip()?;
            from += text.len();
        }
        found(value, at);
    }
    Ok(())
}

/// Calls `found` with what `path` leads to from a value; an array stands for each of its elements, `{tag, content}`
/// for its content.
fn walk<'a>(value: Value<'a>, at: Cursor<'a>, path: &[Step], found: &mut dyn FnMut(Value<'a>, Cursor<'a>)) {
    let mut cursor = at;
    match value {
        Value::Array => {
            let _ = each_element(&mut cursor, |element, at| walk(element, at, path, found));
        }
        Value::Object => {
            let mut content = None;
            let (mut members, mut tagged) = (0, false);
            let is_any = path.first().is_some_and(Step::is_any);
            let _ = each_member(&mut cursor, |member, value, at| {
                members += 1;
                match member {
                    b"tag" => tagged = true,
                    b"content" => content = Some((value, at)),
                    _ => {}
                }
                // Behind any number of members, the next may be met here and further down.
                let steps = if is_any { &path[1..] } else { path };
                if let Some((step, rest)) = steps.split_first()
                    && member.eq_ignore_ascii_case(step.name.as_bytes())
                {
                    behind(step, value, at, rest, found);
                }
                if is_any {
                    walk(value, at, path, found);
                }
                true
            });
            match content {
                Some((value, at)) if tagged && members == 2 && !is_any => walk(value, at, path, found),
                _ if path.is_empty() => found(value, at),
                _ => {}
            }
        }
        _ if path.is_empty() => found(value, at),
        _ => {}
    }
}

/// Goes on behind a step: with every element, or with those that its filter lets pass.
fn behind<'a>(
    step: &Step,
    value: Value<'a>,
    at: Cursor<'a>,
    rest: &[Step],
    found: &mut dyn FnMut(Value<'a>, Cursor<'a>),
) {
    let Some((member, wanted)) = &step.filter else { return walk(value, at, rest, found) };
    let mut element = |element: Value<'a>, at: Cursor<'a>| {
        // A filter without a value is for the elements that do not have the member, `*` for those that have it.
        let mut fits = element == Value::Object && wanted.is_empty();
        if element == Value::Object {
            let _ = each_member(&mut at.clone(), |name, value, _| {
                if name.eq_ignore_ascii_case(member.as_bytes()) {
                    fits = match value {
                        Value::String(b"") | Value::Scalar(b"null") => wanted.is_empty(),
                        _ if &**wanted == "*" => true,
                        Value::String(raw) => raw.eq_ignore_ascii_case(wanted.as_bytes()),
                        _ => false,
                    };
                }
                true
            });
        }
        if fits {
            walk(element, at, rest, found);
        }
    };
    match value {
        Value::Array => {
            let _ = each_element(&mut at.clone(), element);
        }
        _ => element(value, at),
    }
}

impl Parameters<'_> {
    /// The tags in the request, sorted by key, each key once; of a value that the log does not show, nothing.
    ///
    /// Services write them as a list of `key` and `value`, as a map, or nested in `items` and `tags`. Where a key is not
    /// shown (IAM Roles Anywhere), there is no saying which keys the request had, so there are none.
    pub(super) fn tags(&self) -> Vec<(String, Option<String>)> {
        let mut tags = Vec::new();
        for member in &self.members {
            if TAGS.iter().any(|name| member.name.eq_ignore_ascii_case(name)) {
                tags_of(member.value, member.at, &mut tags, 0);
            }
        }
        if tags.iter().any(|(key, _)| !call::is_shown(key)) {
            return Vec::new();
        }
        tags.sort();
        tags.dedup_by(|a, b| a.0 == b.0);
        let shown = |value: String| Some(value).filter(|value| call::is_shown(value));
        tags.into_iter().map(|(key, value)| (key, shown(value))).collect()
    }

    fn walk(&self, path: &Path, found: &mut dyn FnMut(Value<'_>, Cursor<'_>)) {
        let Some((step, rest)) = path.steps().split_first() else { return };
        let named = |name: &[u8]| name.eq_ignore_ascii_case(step.name.as_bytes());
        match (path.part(), self.additional) {
            (Part::Request, _) => {
                for member in self.members.iter().filter(|member| named(member.name)) {
                    behind(step, member.value, member.at, rest, found);
                }
            }
            (Part::Additional, Some(mut additional)) => {
                let _ = each_member(&mut additional, |name, value, at| {
                    if named(name) {
                        behind(step, value, at, rest, found);
                    }
                    true
                });
            }
            (Part::Additional, None) => {}
        }
    }
}

/// Collects tags from a value that holds some, at most four levels down.
fn tags_of<'a>(value: Value<'a>, at: Cursor<'a>, tags: &mut Vec<(String, String)>, depth: u8) {
    let mut cursor = at;
    match value {
        Value::Array => {
            let _ = each_element(&mut cursor, |element, at| tags_of(element, at, tags, depth + 1));
        }
        Value::Object if depth < 5 => {
            let (mut key, mut text, mut map, mut nested) = (None, None, Vec::new(), false);
            let _ = each_member(&mut cursor, |name, value, at| {
                match value {
                    Value::String(raw)
                        if name.eq_ignore_ascii_case(b"key") || name.eq_ignore_ascii_case(b"tagKey") =>
                    {
                        key = unescape(raw);
                    }
                    Value::String(raw)
                        if name.eq_ignore_ascii_case(b"value") || name.eq_ignore_ascii_case(b"tagValue") =>
                    {
                        text = unescape(raw);
                    }
                    Value::String(raw) => map.extend(unescape(name).zip(unescape(raw))),
                    Value::Object | Value::Array => {
                        nested = true;
                        tags_of(value, at, tags, depth + 1);
                    }
                    Value::Scalar(_) => {}
                }
                true
            });
            match key {
                Some(key) => tags.push((key.into_owned(), text.unwrap_or_default().into_owned())),
                None if !nested && depth == 0 => {
                    tags.extend(map.into_iter().map(|(key, value)| (key.into_owned(), value.into_owned())));
                }
                None => {}
            }
        }
        _ => {}
    }
}

impl call::Parameters for Parameters<'_> {
    fn each(&self, path: &Path, found: &mut dyn FnMut(&str)) {
        self.walk(path, &mut |value, _| match value {
            Value::String(raw) => match unescape(raw) {
                Some(text) if path.is_text() => found(&text),
                Some(text) => found(&call::decoded(&text)),
                None => {}
            },
            Value::Scalar(b"null") | Value::Object | Value::Array => {}
            Value::Scalar(text) => {
                if let Ok(text) = std::str::from_utf8(text) {
                    found(text);
                }
            }
        });
    }

    fn has(&self, path: &Path) -> bool {
        let mut any = false;
        self.walk(path, &mut |value, mut at| {
            any |= match value {
                Value::Scalar(b"null") => false,
                Value::Object => at.skip().is_ok_and(|text| text.contains(&b':')),
                _ => true,
            };
        });
        any
    }

    fn resources(&self, found: &mut dyn FnMut(&str)) {
        if let Some(cursor) = self.resources {
            let _ = each_arn(cursor, found);
        }
    }
}

/// Calls `found` with the ARNs that a record's `resources`, at which the cursor stands, name.
fn each_arn(cursor: Cursor<'_>, found: &mut dyn FnMut(&str)) -> Result<(), crate::audit_log::Malformed> {
    each_raw_arn(cursor, |raw| {
        if let Some(text) = unescape(raw) {
            found(&text);
        }
    })
}

/// The same with the escapes still in them.
#[inline]
pub(super) fn each_raw_arn(
    mut cursor: Cursor<'_>,
    mut found: impl FnMut(&[u8]),
) -> Result<(), crate::audit_log::Malformed> {
    let mut from = cursor.position() + 1;
    cursor.enter()?;
    while let Some(value) = cursor.element(&mut from)? {
        match value {
            Value::Object => {
                cursor.enter()?;
                loop {
                    let (name, raw) = match cursor.quick() {
                        Quick::Text(name, raw) => (name, raw),
                        Quick::Word(..) => continue,
                        Quick::End => break,
                        Quick::Object(_) | Quick::Array(_) => {
                            cursor.skip()?;
                            continue;
                        }
                        Quick::Other => match cursor.member()? {
                            Some((name, Value::String(raw))) => (name, raw),
                            Some((_, Value::Object | Value::Array)) => {
                                cursor.skip()?;
                                continue;
                            }
                            Some((_, Value::Scalar(_))) => continue,
                            None => break,
                        },
                    };
                    if name.eq_ignore_ascii_case(b"arn") {
                        found(raw);
                    }
                }
                from = cursor.behind().map_or(from, |end| end + 1);
            }
            Value::Array => from += cursor.skip()?.len(),
            _ => {}
        }
    }
    Ok(())
}
