//! No text makes the parser panic; what it accepts prints and parses to the same; what it has read can be asked.

#![no_main]

use leastwise_policy::aws::evaluate::{Context, PolicySet, PrincipalRef, Request, ResourceRef, evaluate};
use leastwise_policy::aws::{DocumentKind, Named, Policy};
use libfuzzer_sys::fuzz_target;

const KINDS: [DocumentKind; 4] =
    [DocumentKind::Identity, DocumentKind::Resource, DocumentKind::Trust, DocumentKind::Session];

fuzz_target!(|text: &str| {
    for kind in KINDS {
        match Policy::parse_kind(text, kind) {
            Ok(policy) => check(policy, kind),
            Err(error) => {
                assert!(error.line >= 1 && error.column >= 1 && !error.reason.is_empty());
                assert!(error.pointer.is_empty() || error.pointer.starts_with('/'));
            }
        }
    }
});

fn check(policy: Policy, kind: DocumentKind) {
    for printed in [policy.to_json(), policy.to_compact_json()] {
        let again = Policy::parse_kind(&printed, kind).expect("what was printed parses");
        assert_eq!(again, policy, "{printed}");
    }
    assert_eq!(policy.to_compact_json().chars().count(), policy.quota_len());
    let set = PolicySet::of_identity(vec![Named::new("policy", policy)]);
    let mut context = Context::new();
    context.insert("aws:username", "alice").insert("aws:TagKeys", ["a", "b"]);
    for complete in [false, true] {
        context.complete(complete);
        for resource in
            [ResourceRef::Exact("arn:aws:s3:::bucket/key"), ResourceRef::Pattern("arn:aws:s3:::*/a?*")]
        {
            let principal = PrincipalRef::new("arn:aws:iam::111122223333:role/agent");
            let _ =
                evaluate(&set, &Request { principal, action: "s3:GetObject", resource, context: &context });
        }
    }
}
