//! The policies that AWS maintains itself.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Instant;

use leastwise_analysis::check::{Class, Document, Finding};
use leastwise_catalog::Catalog;
use leastwise_policy::aws::DocumentKind;
use leastwise_policy::aws::compare::{Kind, Relation, compare};
use leastwise_policy::glob;
use serde_json::Value;

use crate::support::{document, findings, shared_data, unpacked};

/// Name and text of each managed policy.
fn policies() -> Option<Vec<(String, String)>> {
    let file = shared_data("aws-managed-policies/aws_managed_policies.json.gz")?;
    let all: Value = serde_json::from_slice(&unpacked(&file)).expect("JSON");
    let rows = all.as_object().expect("an object").iter();
    Some(rows.map(|(name, row)| (name.clone(), row["Document"].to_string())).collect())
}

fn documents() -> Option<Vec<Document>> {
    let kind = DocumentKind::Identity;
    Some(policies()?.iter().map(|(name, text)| document(name, kind, text)).collect())
}

/// Errors that stay: the code, a pattern of the message, and why it is one. AWS calls the first kind harmless:
/// "Invalid actions do not affect the permissions granted by the policy."
const REAL: &[(&str, &str, &str)] = &[
    ("INVALID_ACTION", "the service `budgets` has no action: `*Budget*`", UNLISTED),
    ("INVALID_ACTION", "the service `cloud9` has no action: `ValidateEnvironmentName`", UNLISTED),
    ("INVALID_ACTION", "the service `cloudhsm` has no action: *", "of CloudHSM Classic, which is gone"),
    ("INVALID_ACTION", "the service `memorydb` has no action: *", UNLISTED),
    ("INVALID_ACTION", "the service `organizations` has no action: `CreateBuilderIdOwnedAccount`", UNLISTED),
    ("INVALID_ACTION", "the service `payments` has no action: *", UNLISTED),
    ("INVALID_ACTION", "the service `qapps` has no action: `ImportDocumentToQApp*", UNLISTED),
    ("INVALID_ACTION", "the service `route53-recovery-control-config` has no action: *", UNLISTED),
    ("INVALID_ACTION", "the service `securityagent` has no action: *", UNLISTED),
    ("INVALID_SERVICE_IN_ACTION", "there is no service `builderid`", UNLISTED),
    (
        "INVALID_SERVICE_IN_ACTION",
        "there is no service `deep*`",
        "DeepComposer, DeepLens and DeepRacer are gone",
    ),
    ("INVALID_SERVICE_IN_ACTION", "there is no service `elastic-inference`", "the service is gone"),
    ("INVALID_SERVICE_IN_ACTION", "there is no service `iot1click`", "the service is gone"),
    ("INVALID_SERVICE_IN_ACTION", "there is no service `zocalo`", "the service is called workdocs"),
    ("INVALID_SERVICE", "no condition key has the service `deepracer`", "the service is gone"),
    ("INVALID_SERVICE_CONDITION_KEY", "*`lakeformation` has no condition key `GlueARN`", UNLISTED),
    ("INVALID_ARN_RESOURCE", "`appflow` * `connector-profile/*`", "it is connectorprofile/"),
    ("INVALID_ARN_RESOURCE", "`aps` * `/workspaces`", "it is workspace/"),
    ("INVALID_ARN_RESOURCE", "`bedrock-agentcore` * `credential-provider/*`", UNLISTED),
    (
        "INVALID_ARN_RESOURCE",
        "`cloudformation` * `stack/ams-*`",
        "the id of the stack is missing behind its name",
    ),
    ("INVALID_ARN_RESOURCE", "`cloudwatch` * `iotfleethub*`", "alarm: is missing"),
    ("INVALID_ARN_RESOURCE", "`config` * `:config-rule/*`", "a colon too many"),
    ("INVALID_ARN_RESOURCE", "`ec2` * `vpc-endpoint:*`", "it is vpc-endpoint/"),
    (
        "INVALID_ARN_RESOURCE",
        "`elasticloadbalancing` * `listener/*eb-*`",
        "the kind of load balancer is missing",
    ),
    ("INVALID_ARN_RESOURCE", "`kms` * `:*`", "a colon too many"),
    ("INVALID_ARN_RESOURCE", "`logs` * `/aws*`", "log-group: is missing"),
    ("INVALID_ARN_RESOURCE", "`organizations` * ``", "nothing is named"),
    ("INVALID_ARN_RESOURCE", "`pricingplanmanager` * `subscription:*`", UNLISTED),
    ("INVALID_ARN_RESOURCE", "`profile` * `/*`", "a slash too many"),
    ("INVALID_ARN_RESOURCE", "`quicksight` * `vpcconnection/*`", "it is vpcConnection/"),
    ("INVALID_ARN_RESOURCE", "`redshift-serverless` * `snapshotcopyconfiguration/*`", UNLISTED),
    ("INVALID_ARN_RESOURCE", "`robomaker` * `/createSimulationApplication`", UNLISTED),
    ("INVALID_ARN_RESOURCE", "`sagemaker` * `?anvas*`", "the type of the resource is missing"),
    ("INVALID_ARN_RESOURCE", "`sagemaker` * `endpointconfig/*`", "it is endpoint-config/"),
    ("INVALID_ARN_RESOURCE", "`secretsmanager` * `sqlworkbench!*`", "secret: is missing"),
    ("INVALID_ARN_RESOURCE", "`securityagent` * `agent-instance*`", UNLISTED),
    ("INVALID_ARN_RESOURCE", "`states` * `statemachine:*sagemaker*`", "it is stateMachine:"),
    ("MISSING_ARN_ACCOUNT", "ARNs of `kms` for `*` have an account", "so arn:aws:kms:*::* is no key"),
    (
        "MISSING_QUALIFIER",
        "a request can have several values of `events:detail-type`",
        "ArrayOfString in the reference",
    ),
    ("UNSUPPORTED_ACTION_FOR_CONDITION_KEY", "*`application-autoscaling:service-namespace`", NOT_LISTED_WITH),
    ("UNSUPPORTED_ACTION_FOR_CONDITION_KEY", "*`aws-marketplace:AgreementType`", NOT_LISTED_WITH),
    ("UNSUPPORTED_ACTION_FOR_CONDITION_KEY", "*`aws-marketplace:PartyType`", NOT_LISTED_WITH),
    ("UNSUPPORTED_ACTION_FOR_CONDITION_KEY", "*`deadline:*MembershipLevels`", NOT_LISTED_WITH),
    ("UNSUPPORTED_ACTION_FOR_CONDITION_KEY", "*`dms:task-tag/Project`", NOT_LISTED_WITH),
    ("UNSUPPORTED_ACTION_FOR_CONDITION_KEY", "*`ec2:Describe* do not have `ec2:*`", NOT_LISTED_WITH),
    ("UNSUPPORTED_ACTION_FOR_CONDITION_KEY", "*`glue:LakeFormationPermissions`", NOT_LISTED_WITH),
    ("UNSUPPORTED_ACTION_FOR_CONDITION_KEY", "*`nimble:ownedBy`", NOT_LISTED_WITH),
    ("UNSUPPORTED_ACTION_FOR_CONDITION_KEY", "*`ram:ResourceShareName`", NOT_LISTED_WITH),
    ("UNSUPPORTED_ACTION_FOR_CONDITION_KEY", "*`redshift-data:glue-catalog-arn`", NOT_LISTED_WITH),
];

const UNLISTED: &str = "not in the service reference: internal, new, or gone";
const NOT_LISTED_WITH: &str = "the service reference does not list the key with the action";

#[test]
fn errors_in_managed_policies_are_real() {
    let Some(documents) = documents() else { return };
    let found = findings(documents);
    let errors: Vec<&Finding> = found.iter().filter(|finding| finding.class == Class::Error).collect();
    let is = |finding: &Finding, row: &(&str, &str, &str)| {
        finding.code == row.0 && glob::matches(row.1, &finding.message)
    };
    let new: Vec<String> = errors
        .iter()
        .filter(|finding| !REAL.iter().any(|row| is(finding, row)))
        .map(|finding| format!("{} {} {} {}", finding.code, finding.file, finding.pointer, finding.message))
        .collect();
    assert!(new.is_empty(), "{}", new.join("\n"));
    let idle: Vec<_> = REAL.iter().filter(|row| !errors.iter().any(|finding| is(finding, row))).collect();
    assert!(idle.is_empty(), "rows that nothing matches: {idle:#?}");
    assert!(REAL.iter().all(|row| !row.2.is_empty()));
}

/// `docs/checks-on-managed-policies.md` has the counts of the checks of this room.
#[test]
fn the_page_has_the_counts() {
    let Some(documents) = documents() else { return };
    let page = include_str!("../../../../docs/checks-on-managed-policies.md");
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let told: BTreeMap<(String, String), usize> = rows
        .map(|row| {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            ((cells[1].trim_matches('`').to_owned(), cells[2].to_owned()), cells[3].parse().expect("a count"))
        })
        .collect();
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for finding in findings(documents).iter().filter(|finding| finding.class <= Class::Suggestion) {
        *counts.entry((finding.code.to_owned(), finding.class.as_str().to_owned())).or_default() += 1;
    }
    assert_eq!(told, counts);
}

/// What AWS itself says of its own policies on the page of the checks.
#[test]
fn findings_that_aws_names_itself_are_found() {
    let Some(documents) = documents() else { return };
    let found = findings(documents);
    let has = |policy: &str, code: &str| {
        found.iter().any(|finding| *finding.file == *policy && finding.code == code)
    };
    for (policy, code) in [
        ("AdministratorAccess", "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE"),
        ("IAMFullAccess", "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE"),
        ("AdministratorAccess-Amplify", "PASS_ROLE_WITH_STAR_IN_RESOURCE"),
        ("AdministratorAccess", "CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE"),
        ("IAMFullAccess", "CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE"),
        ("PowerUserAccess", "CREATE_SLR_WITH_STAR_IN_RESOURCE"),
        ("AWSOrganizationsServiceTrustPolicy", "CREATE_SLR_WITH_STAR_IN_RESOURCE"),
        ("ReadOnlyAccess", "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA"),
        ("AWSSupportServiceRolePolicy", "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA"),
        ("AmazonSecurityLakeAdministrator", "STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS"),
        ("AWSCodePipeline_FullAccess", "STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS"),
        ("S3UnlockBucketPolicy", "STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS"),
    ] {
        assert!(has(policy, code), "{code} in {policy}");
    }
}

/// A statement that is called redundant or undone can be left out, and the comparison finds no difference.
#[test]
fn a_comparison_confirms_what_is_called_redundant() {
    let Some(documents) = documents() else { return };
    let by_name: HashMap<String, Document> =
        documents.iter().map(|document| (document.name.clone(), document.clone())).collect();
    let terms = Catalog::embedded().terms();
    let mut confirmed = 0;
    let mut seen = HashSet::new();
    for finding in findings(documents) {
        let judged = matches!(finding.code, "REDUNDANT_STATEMENT" | "SHADOWED_STATEMENT");
        // One of a policy is enough, and large ones take long.
        if !judged || !seen.insert(finding.subject.clone()) {
            continue;
        }
        let policy = &by_name[&finding.subject].policy;
        if policy.quota_len() > 8_000 {
            continue;
        }
        let index: usize = finding.pointer["/Statement/".len()..].parse().expect("a number");
        let mut without = policy.clone();
        without.statements.remove(index);
        let relation = compare(&terms, Kind::Identity, &[policy], &[&without]).relation();
        assert_eq!(relation, Relation::Equal, "{} {}", finding.file, finding.pointer);
        confirmed += 1;
    }
    assert!(confirmed > 10, "{confirmed}");
}

#[test]
#[ignore = "prints what is found, for the review"]
fn show() {
    let Some(documents) = documents() else { return };
    let found = findings(documents);
    let wanted = std::env::var("CODE").unwrap_or_default();
    let mut counts: BTreeMap<(Class, &str), usize> = BTreeMap::new();
    for finding in &found {
        *counts.entry((finding.class, finding.code)).or_default() += 1;
        if finding.code == wanted {
            println!("{} {} {}", finding.file, finding.pointer, finding.message);
        }
    }
    for ((class, code), count) in counts {
        println!("{count:6} {} {code}", class.as_str());
    }
}

#[test]
#[ignore = "measures"]
fn speed() {
    let Some(policies) = policies() else { return };
    let rounds = 5;
    let mut best = f64::MAX;
    for _ in 0..rounds {
        let start = Instant::now();
        let kind = DocumentKind::Identity;
        let documents = policies.iter().map(|(name, text)| document(name, kind, text)).collect();
        let found = findings(documents);
        best = best.min(start.elapsed().as_secs_f64());
        assert!(!found.is_empty());
    }
    println!("{} policies, {:.0} policies/s", policies.len(), policies.len() as f64 / best);
}
