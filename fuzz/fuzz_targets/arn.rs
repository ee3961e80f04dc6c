//! ARNs print as they were read, and the relations between patterns agree with matching. The input is a pattern, a
//! pattern and a text, divided by line breaks.

#![no_main]

use leastwise_policy::arn::{Arn, ArnPattern, ArnTarget};
use leastwise_policy::glob::Glob;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| {
    // Inclusion and overlap take time in the product of the lengths.
    if input.len() > 2_000 {
        return;
    }
    let mut lines = input.splitn(3, '\n');
    let (Some(outer), Some(inner), Some(text)) = (lines.next(), lines.next(), lines.next()) else { return };
    globs(&Glob::new(outer), &Glob::new(inner), text);
    arns(&ArnPattern::new(outer), &ArnPattern::new(inner), text);
    if let Some(arn) = Arn::parse(text) {
        let parts = [arn.partition(), arn.service(), arn.region(), arn.account(), arn.resource()];
        assert_eq!(format!("arn:{}", parts.join(":")), text);
        assert_eq!(arn.to_string(), text);
    }
});

fn globs(outer: &Glob, inner: &Glob, text: &str) {
    assert!(outer.subsumes(outer) && outer.overlaps(outer));
    let (by_outer, by_inner) = (outer.matches(text), inner.matches(text));
    assert!(!outer.subsumes(inner) || !by_inner || by_outer);
    assert!(!(by_outer && by_inner) || outer.overlaps(inner));
    assert_eq!(outer.overlaps(inner), inner.overlaps(outer));
    assert_eq!(outer.matches(text), outer.subsumes(&Glob::literal(text)));
    assert!(!by_outer || outer.matches_ignoring_case(text));
    // Every pattern matches something, so what contains another also overlaps it.
    assert!(!outer.subsumes(inner) || outer.overlaps(inner));
}

fn arns(outer: &ArnPattern, inner: &ArnPattern, text: &str) {
    let target = ArnTarget::exact(text);
    assert!(outer.subsumes(outer) && outer.overlaps(outer));
    assert_eq!(outer.overlaps(inner), inner.overlaps(outer));
    assert!(!outer.covers(&target) || outer.touches(&target));
    assert!(!outer.subsumes(inner) || !inner.covers(&target) || outer.covers(&target));
    assert!(!(outer.covers(&target) && inner.covers(&target)) || outer.overlaps(inner));
}
