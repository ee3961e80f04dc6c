//! Text that can be read and is no CloudTrail: told by names that stand in its beginning, with where the calls are.
//! Looked at only when nothing of a file could be read.

/// A kind of text that people have beside CloudTrail's.
#[derive(Debug, PartialEq, Eq)]
pub struct Other {
    /// Of one of these, all stand in the beginning.
    signs: &'static [&'static [&'static str]],
    /// What it is.
    name: &'static str,
    /// Where what is asked for is.
    way_out: &'static str,
}

/// What a record of CloudTrail has, whatever else stands in it.
const CLOUDTRAIL: [&str; 2] = ["\"eventSource\"", "\"eventVersion\""];

const TRAIL: &str = "give the files of a trail: AWSLogs/ACCOUNT/CloudTrail/ in its bucket";
const OTHER_CLOUD: &str = "usage and rightsize read AWS CloudTrail alone";

/// One row for each kind; the first that fits is told.
const KNOWN: [Other; 20] = [
    // https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
    Other {
        signs: &[&["\"digestStartTime\""], &["\"digestS3Bucket\""]],
        name: "a digest file, which has hashes and no events",
        way_out: "give the folder CloudTrail beside CloudTrail-Digest",
    },
    // https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-summary.html
    Other {
        signs: &[
            &["aws.guardduty"],
            &[":guardduty:"],
            &["\"guardduty\""],
            &["\"schemaVersion\"", "\"accountId\"", "\"type\"", "\"resource\""],
        ],
        name: "a list of findings of GuardDuty",
        way_out: TRAIL,
    },
    // https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format.html
    Other {
        signs: &[&["\"ProductArn\""], &["aws.securityhub"]],
        name: "a list of findings of Security Hub",
        way_out: TRAIL,
    },
    // https://docs.aws.amazon.com/config/latest/developerguide/example-s3-snapshot.html
    Other {
        signs: &[
            &["\"configurationItems\""],
            &["\"configurationItem\""],
            &["\"configSnapshotId\""],
            &["aws.config"],
        ],
        name: "AWS Config's record of resources",
        way_out: TRAIL,
    },
    // https://docs.aws.amazon.com/security-lake/latest/userguide/open-cybersecurity-schema-framework.html
    Other {
        signs: &[&["\"class_uid\""], &["\"category_uid\""]],
        name: "OCSF, as Security Lake keeps it",
        way_out: "it lacks parameters of the calls; give the files of the trail that it is made from (AWSLogs/ACCOUNT/CloudTrail/)",
    },
    // https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
    Other {
        signs: &[&["\"UserDetailList\""], &["\"RoleDetailList\""], &["\"GroupDetailList\""]],
        name: "a snapshot of an account, which says what is granted and not what was done",
        way_out: "give it to --granted or --snapshot, and logs of CloudTrail here",
    },
    Other {
        signs: &[&["\"leastwise/"]],
        name: "something that leastwise wrote for programs",
        way_out: "give the logs that it was made from, or what `leastwise usage --save` kept",
    },
    Other {
        signs: &[&["\"Statement\"", "\"Effect\""]],
        name: "a policy document",
        way_out: "give it to --granted, or to `leastwise check`; here go logs of CloudTrail",
    },
    // https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
    Other {
        signs: &[&["\"Events\"", "\"EventId\"", "\"EventName\""]],
        name: "an answer of LookupEvents without `CloudTrailEvent`, which holds the events",
        way_out: "ask for the whole answer: aws cloudtrail lookup-events --output json, without --query",
    },
    // https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html
    Other {
        signs: &[
            &["version account-id interface-id"],
            &[" eni-", " ACCEPT "],
            &[" eni-", " REJECT "],
            &[" eni-", " NODATA"],
        ],
        name: "a VPC flow log, which has connections and no calls",
        way_out: TRAIL,
    },
    // https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html
    Other {
        signs: &[
            &["http 2", "Z app/"],
            &["https 2", "Z app/"],
            &["h2 2", "Z app/"],
            &["grpcs 2", "Z app/"],
            &["ws 2", "Z app/"],
            &["wss 2", "Z app/"],
            &["tls ", " net/"],
        ],
        name: "an access log of a load balancer, which has requests to applications and no calls of AWS",
        way_out: TRAIL,
    },
    // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html
    Other {
        signs: &[&["#Version: 1.0", "#Fields: "]],
        name: "an access log of CloudFront, which has requests of viewers and no calls of AWS",
        way_out: TRAIL,
    },
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
    Other {
        signs: &[
            &[" REST.", " +0000] "],
            &[" WEBSITE.", " +0000] "],
            &[" S3.", " +0000] "],
            &[" BATCH.", " +0000] "],
        ],
        name: "a server access log of S3, which names neither permissions nor what decided on them",
        way_out: "record data events of S3 with a trail, and give its files",
    },
    // https://docs.aws.amazon.com/waf/latest/developerguide/logging-fields.html
    Other {
        signs: &[&["\"webaclId\""]],
        name: "a log of AWS WAF, which has requests and no calls of AWS",
        way_out: TRAIL,
    },
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
    Other {
        signs: &[&["user,arn,user_creation_time"]],
        name: "IAM's credential report, which has passwords' and keys' ages and no calls",
        way_out: TRAIL,
    },
    // https://docs.cloud.google.com/logging/docs/audit
    Other {
        signs: &[&["\"protoPayload\""], &["google.cloud.audit"]],
        name: "an audit log of Google Cloud",
        way_out: OTHER_CLOUD,
    },
    // https://learn.microsoft.com/azure/azure-monitor/platform/activity-log-schema
    Other {
        signs: &[
            &["\"operationName\"", "\"resourceId\""],
            &["\"operationName\"", "\"caller\""],
            &["\"authorization\"", "\"caller\""],
        ],
        name: "an activity log of Azure",
        way_out: OTHER_CLOUD,
    },
    // https://learn.microsoft.com/entra/identity/monitoring-health/concept-sign-ins
    Other {
        signs: &[&["\"userPrincipalName\"", "\"appDisplayName\""]],
        name: "a list of sign-ins of Microsoft Entra",
        way_out: OTHER_CLOUD,
    },
    // https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/
    Other { signs: &[&["audit.k8s.io/"]], name: "an audit log of Kubernetes", way_out: OTHER_CLOUD },
    Other {
        signs: &[&["\"resource_changes\""], &["\"terraform_version\""]],
        name: "a plan or state of Terraform",
        way_out: TRAIL,
    },
];

/// What text that begins so is, if it is known and no CloudTrail.
pub fn recognise(begin: &[u8]) -> Option<&'static Other> {
    let text = String::from_utf8_lossy(begin);
    let holds = |signs: &[&str]| signs.iter().all(|sign| text.contains(sign));
    // What is broken of CloudTrail's own is for its reader to tell.
    if holds(&CLOUDTRAIL) {
        return None;
    }
    KNOWN.iter().find(|row| row.signs.iter().any(|signs| holds(signs)))
}

impl Other {
    /// What it is, and the way out.
    pub fn words(&self) -> String {
        format!("this is {}, and no log of CloudTrail; {}", self.name, self.way_out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_cloudtrail_is_named() {
        for (begin, name) in [
            (r#"{"awsAccountId":"1","digestStartTime":"2026-01-01T00:00:00Z"}"#, "a digest file"),
            (
                r#"{"schemaVersion":"2.0","accountId":"1","type":"Recon:EC2/X","resource":{}}"#,
                "a list of findings of GuardDuty",
            ),
            (
                r#"{"detail-type":"GuardDuty Finding","source":"aws.guardduty"}"#,
                "a list of findings of GuardDuty",
            ),
            (
                r#"{"Findings":[{"SchemaVersion":"2018-10-08","ProductArn":"x"}]}"#,
                "a list of findings of Security Hub",
            ),
            (r#"{"fileVersion":"1.0","configurationItems":[]}"#, "AWS Config"),
            (r#"{"metadata":{},"class_uid":3005,"api":{}}"#, "OCSF"),
            (r#"{"UserDetailList":[]}"#, "a snapshot"),
            (r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow"}]}"#, "a policy document"),
            (r#"{"Events":[{"EventId":"x","EventName":"y"}]}"#, "an answer of LookupEvents"),
            (
                "2 123456789010 eni-1235b8ca 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK",
                "a VPC flow log",
            ),
            (
                "https 2018-07-02T22:23:00.186641Z app/my-lb/50dc6c495c0c9188 192.168.131.39:2817",
                "an access log of a load balancer",
            ),
            (
                "79a59df mybucket [06/Feb/2019:00:00:38 +0000] 192.0.2.3 79a5 3E57 REST.GET.VERSIONING",
                "a server access log",
            ),
            (r#"{"protoPayload":{"@type":"x"}}"#, "an audit log of Google Cloud"),
            (
                r#"{"records":[{"resourceId":"/SUBSCRIPTIONS/X","operationName":"W"}]}"#,
                "an activity log of Azure",
            ),
            (r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1"}"#, "an audit log of Kubernetes"),
        ] {
            let found = recognise(begin.as_bytes()).map_or("", |row| row.name);
            assert!(found.starts_with(name), "{begin}: {found}");
        }
        for begin in [
            "",
            r#"{"Records":[{"eventVersion":"1.11","eventSource":"guardduty.amazonaws.com","requestParameters":{"Statement":1,"Effect":2}}]}"#,
            r#"{"hello":"world"}"#,
        ] {
            assert_eq!(recognise(begin.as_bytes()), None, "{begin}");
        }
    }
}
