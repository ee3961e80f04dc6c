//! One ARN format, compiled: how its ARNs are made and how they are recognised.

use super::syntax::Source;
use crate::arn_format::resource_part;
use crate::{ArnFormat, Piece};

/// One ARN format: its pieces, and where the variables' values come from.
#[derive(Debug, Clone)]
pub(super) struct FormatPlan {
    pub(super) pieces: Vec<PlannedPiece>,
    pub(super) variables: Vec<Vec<Source>>,
    /// Which parameters say whose the resource is, when it is not the caller's.
    pub(super) account: Vec<Source>,
    /// The service in its ARNs, empty where the format does not say.
    pub(super) service: Box<str>,
    /// The resource part is a variable and nothing else.
    pub(super) whole_name: bool,
    /// Its names stand behind a path, which calls that give a name leave out: `role/${RoleNameWithPath}`.
    pub(super) with_path: bool,
    /// What the resource part begins with, where no variable stands before it but partition, region and account.
    pub(super) begins: Option<Box<str>>,
    /// Whether its own text has a wildcard, as that of a type without names has: `arn:…:dms:…:rep:*`.
    pub(super) wild: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PlannedPiece {
    Literal(Box<str>),
    Partition,
    Region,
    Account,
    Variable(usize),
}

/// Compiles a format; `sources` says where the values of its variables come from.
pub(super) fn format_plan(format: &ArnFormat<'_>, sources: &impl Fn(&str) -> Vec<Source>) -> FormatPlan {
    let whole_name = resource_part(format.as_str()).is_some_and(is_one_variable);
    let service = format.as_str().split(':').nth(2).filter(|field| !field.contains("${"));
    let mut plan = FormatPlan {
        pieces: Vec::new(),
        variables: Vec::new(),
        account: Vec::new(),
        service: service.unwrap_or_default().into(),
        whole_name,
        with_path: format.variables().any(|name| name.ends_with("WithPath")),
        begins: None,
        wild: false,
    };
    let account = account_variable(format.as_str());
    for piece in format.pieces() {
        plan.pieces.push(match piece {
            Piece::Literal(text) => {
                plan.wild |= text.contains('*');
                PlannedPiece::Literal((*text).into())
            }
            Piece::Variable("Partition") => PlannedPiece::Partition,
            Piece::Variable("Region") => PlannedPiece::Region,
            // The account's field comes before whatever has the same name behind it.
            Piece::Variable(name) if *name == account && !plan.pieces.contains(&PlannedPiece::Account) => {
                PlannedPiece::Account
            }
            Piece::Variable(name) => {
                plan.variables.push(sources(name));
                PlannedPiece::Variable(plan.variables.len() - 1)
            }
        });
    }
    plan.begins = resource_part(format.as_str())
        .filter(|_| {
            format.as_str().split(':').take(4).all(is_plain_field) && is_account(format.as_str(), account)
        })
        .map(|resource| resource.split("${").next().unwrap_or_default().into());
    plan
}

/// What a format calls the caller's account: `AccountId` where Amazon Chime and DataSync say so. An ARN without a Region is
/// of something that an organisation shares, as the instance of IAM Identity Center is, and a call does not say whose it is.
fn account_variable(format: &str) -> &'static str {
    let mut fields = format.split(':').skip(3);
    match (fields.next(), fields.next()) {
        (Some("${Region}"), Some("${AccountId}")) => "AccountId",
        _ => "Account",
    }
}

/// Whether one of the first four fields of a format is a text without variables, or partition or region.
fn is_plain_field(field: &str) -> bool {
    matches!(field, "${Partition}" | "${Region}") || !field.contains("${")
}

/// Whether the account's field is a text without variables, or this variable.
fn is_account(format: &str, variable: &str) -> bool {
    let field = format.split(':').nth(4).unwrap_or_default();
    field
        .strip_prefix("${")
        .and_then(|field| field.strip_suffix('}'))
        .map_or(!field.contains("${"), |name| name == variable)
}

impl FormatPlan {
    /// Whether `arn` is of this format. A name that is the whole resource part (`arn:aws:s3:::bucket`) holds
    /// neither `/` nor `:`; any other variable may.
    pub(super) fn fits(&self, arn: &str) -> bool {
        self.fits_with(arn, resource_part(arn).unwrap_or_default())
    }

    /// Whether the resource part of `arn` begins like this format's, whatever comes then.
    pub(super) fn begins_like(&self, arn: &str) -> bool {
        let resource = resource_part(arn).unwrap_or_default();
        self.begins.as_ref().is_some_and(|text| resource.starts_with(&**text))
    }

    /// The same for an ARN whose resource part is known, empty for none.
    #[inline]
    pub(super) fn fits_with(&self, arn: &str, resource: &str) -> bool {
        if self.begins.as_ref().is_some_and(|text| !resource.starts_with(&**text)) {
            return false;
        }
        if self.whole_name && memchr::memchr2(b'/', b':', resource.as_bytes()).is_some() {
            return false;
        }
        fits(&self.pieces, arn)
    }

    /// The value of a variable in an ARN of something that such a resource is within: the bucket's in a bucket's ARN, for
    /// an object. The ARN ends with a variable of the format, this one or one behind it.
    pub(super) fn value_within<'a>(&self, arn: &'a str, variable: usize) -> Option<&'a str> {
        let (mut rest, mut value) = (arn, None);
        for (piece, next) in self.pieces.iter().zip(self.pieces.iter().skip(1)) {
            match (piece, next) {
                (PlannedPiece::Literal(text), _) => rest = rest.strip_prefix(&**text)?,
                (PlannedPiece::Variable(number), PlannedPiece::Literal(next)) => {
                    let end = rest.find(next.chars().next()?);
                    let own = &rest[..end.unwrap_or(rest.len())];
                    if *number == variable {
                        value = Some(own).filter(|own| !own.is_empty());
                    }
                    rest = &rest[own.len()..];
                    if end.is_none() {
                        return value;
                    }
                }
                (PlannedPiece::Variable(_), _) => return None,
                _ => rest = &rest[rest.find(':')?..],
            }
        }
        None
    }

    /// How much of the format is literal: of two formats that an ARN fits, the better has more.
    pub(super) fn literal_len(&self) -> usize {
        self.pieces
            .iter()
            .map(|piece| if let PlannedPiece::Literal(text) = piece { text.len() } else { 0 })
            .sum()
    }
}

fn is_one_variable(text: &str) -> bool {
    text.starts_with("${") && text.find('}') == Some(text.len() - 1)
}

/// Where `text` stands in `arn` from byte `from` up to `limit`. ARNs are short: a search that prepares itself
/// costs more than it saves.
fn occurrences<'a>(
    arn: &'a str,
    text: &'a str,
    from: usize,
    limit: usize,
) -> impl Iterator<Item = usize> + 'a {
    let (arn, text) = (arn.as_bytes(), text.as_bytes());
    (from..=limit.min(arn.len())).filter(move |&at| arn[at..].starts_with(text))
}

fn fits(pieces: &[PlannedPiece], arn: &str) -> bool {
    let Some((first, rest)) = pieces.split_first() else { return arn.is_empty() };
    if let PlannedPiece::Literal(text) = first {
        return arn.strip_prefix(&**text).is_some_and(|arn| fits(rest, arn));
    }
    let header = !matches!(first, PlannedPiece::Variable(_));
    let limit = if header { arn.find(':').unwrap_or(arn.len()) } else { arn.len() };
    let empty_allowed = matches!(first, PlannedPiece::Region | PlannedPiece::Account);
    match rest.first() {
        None => !arn.is_empty(),
        Some(PlannedPiece::Literal(text)) => {
            let from = usize::from(!empty_allowed);
            occurrences(arn, text, from, limit).any(|at| fits(rest, &arn[at..]))
        }
        Some(_) => arn.char_indices().any(|(at, _)| at > 0 && at <= limit && fits(rest, &arn[at..])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Catalog;

    /// What the beginning of the resource part rules out, the whole format rules out too.
    #[test]
    fn a_format_fits_its_own_arns_and_the_quick_look_changes_nothing() {
        let mut plans = Vec::new();
        for service in Catalog::embedded().services() {
            let service = Catalog::embedded().service(service).unwrap();
            for kind in &service.resource_types {
                for format in kind.formats() {
                    let arn = format
                        .fill(|variable| Some(if variable == "Partition" { "aws" } else { "a1" }.to_owned()));
                    plans.push((format_plan(&format, &|_| Vec::new()), arn));
                }
            }
        }
        for (i, (plan, _)) in plans.iter().enumerate().step_by(7) {
            for (j, (_, arn)) in plans.iter().enumerate() {
                let slow = FormatPlan { begins: None, ..plan.clone() };
                assert_eq!(plan.fits(arn), slow.fits(arn), "{arn}");
                assert!(i != j || plan.fits(arn) || plan.whole_name, "{arn}");
            }
        }
    }
}
