//! What stands beside the policies: grants of keys, the public access block of buckets, access control lists and access
//! points, callers without credentials.

use crate::support::{Done, Folder, run, run_with_input};

const ROLE: &str = "arn:aws:iam::111122223333:role/agent";
const PARTNER: &str = "arn:aws:iam::444455556666:role/partner";
const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1";
const OBJECT: &str = "arn:aws:s3:::website/index.html";
const PUBLIC: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Partner","Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"s3:*","Resource":"*"},{"Sid":"All","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*"}]}"#;
const RESTRICTED: &str = r#"{"PublicAccessBlockConfiguration":{"BlockPublicAcls":true,"BlockPublicPolicy":true,"RestrictPublicBuckets":true}}"#;

fn grants(more: &str) -> String {
    format!(
        r#"{{"Grants":[{{"KeyId":"{KEY}","GrantId":"g1","IssuingAccount":"arn:aws:iam::111122223333:root","GranteePrincipal":"{ROLE}","Operations":["Decrypt"]{more}}}]}}"#
    )
}

/// A role that may do nothing, and one of another account that may do all.
fn folder(name: &str) -> Folder {
    let folder = Folder::new(name);
    let role = |arn: &str, action: &str| {
        let name = arn.rsplit('/').next().expect("a name");
        format!(
            r#"{{"Path":"/","RoleName":"{name}","Arn":"{arn}","RolePolicyList":[{{"PolicyName":"p","PolicyDocument":{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"{action}","Resource":"*"}}]}}}}]}}"#
        )
    };
    let roles = [role(ROLE, "ec2:*"), role(PARTNER, "*")].join(",");
    folder.write("snapshot.json", format!(r#"{{"RoleDetailList":[{roles}]}}"#));
    folder.write("grants.json", grants(""));
    folder.write("public.json", PUBLIC);
    folder.write("block.json", RESTRICTED);
    folder.write("no-block.json", RESTRICTED.replace("true", "false"));
    folder
}

fn ask(folder: &Folder, principal: &str, what: (&str, &str), more: &[&str]) -> Done {
    let args = ["simulate", "--snapshot", "snapshot.json", "--principal", principal];
    run(folder, &[&args[..], &["--action", what.0, "--resource", what.1], more].concat())
}

#[test]
fn a_grant_allows_beside_the_key_policy() {
    let folder = folder("grant");
    let decrypt = ("kms:Decrypt", KEY);
    assert_eq!(ask(&folder, ROLE, decrypt, &[]).code, Some(1));
    let granted = ask(&folder, ROLE, decrypt, &["--grants", "grants.json"]);
    assert_eq!(granted.code, Some(0), "{}{}", granted.out, granted.err);
    let told = "KMS grants issued by 111122223333: allowed\n  Allow: grants.json /Grants/0\n";
    assert!(granted.out.contains(told), "{}", granted.out);
    assert!(granted.out.contains("nothing is allowed but by its grants"), "{}", granted.out);
    let json = ask(&folder, ROLE, decrypt, &["--grants", "grants.json", "--output", "json"]);
    assert!(json.out.contains(r#""pointer": "/Grants/0""#), "{}", json.out);
    assert_eq!(ask(&folder, PARTNER, decrypt, &["--grants", "grants.json"]).code, Some(1));
    let other =
        ask(&folder, ROLE, ("kms:Decrypt", &KEY.replace("key/1", "key/2")), &["--grants", "grants.json"]);
    assert!(other.code == Some(1) && other.out.contains("no grant here is on"), "{}", other.out);
}

#[test]
fn a_grant_asks_for_its_encryption_context() {
    let folder = folder("context");
    folder.write("it.json", grants(r#","Constraints":{"EncryptionContextEquals":{"Department":"IT"}}"#));
    let with =
        |more: &[&str]| ask(&folder, ROLE, ("kms:Decrypt", KEY), &[&["--grants", "it.json"], more].concat());
    let open = with(&[]);
    assert!(open.out.starts_with("depends: on kms:EncryptionContext:Department"), "{}", open.out);
    let pair = ["--context", "kms:EncryptionContext:Department=IT", "--complete-context"];
    let known = with(&pair);
    assert_eq!(known.code, Some(0), "{}", known.out);
    assert!(known.out.contains("kms:EncryptionContextKeys = Department  (from the encryption context)"));
    let more = with(&[&pair[..], &["--context", "kms:EncryptionContext:Purpose=Test"]].concat());
    assert_eq!(more.code, Some(1), "{}", more.out);
}

#[test]
fn grants_count_in_a_batch_and_for_who_can() {
    let folder = folder("batch");
    let line = format!(r#"{{"principal":"{ROLE}","action":"kms:Decrypt","resource":"{KEY}"}}"#);
    let args = ["simulate", "--snapshot", "snapshot.json", "--grants", "grants.json", "--batch", "-"];
    let done = run_with_input(&folder, &args, line.as_bytes());
    assert!(done.out.contains(r#""decision":"allowed""#), "{}{}", done.out, done.err);
    let who = ["who-can", "kms:Decrypt", KEY, "--snapshot", "snapshot.json", "--grants", "grants.json"];
    let done = run(&folder, &who);
    assert!(done.out.starts_with("1 principal can") && done.out.contains(ROLE), "{}{}", done.out, done.err);
    folder.write("stranger.json", grants("").replace("role/agent", "role/stranger"));
    let who = ["who-can", "kms:Decrypt", KEY, "--snapshot", "snapshot.json", "--grants", "stranger.json"];
    assert!(run(&folder, &who).out.contains("`arn:aws:iam::111122223333:role/stranger`"));
    let what = run(&folder, &["what-can", ROLE, "--snapshot", "snapshot.json", "--grants", "grants.json"]);
    assert_eq!(what.code, Some(2), "{}", what.err);
}

#[test]
fn grants_that_cannot_be_understood_decide_nothing() {
    let folder = folder("bad-grants");
    for (text, place) in [
        ("{".to_owned(), "line 1, column 2"),
        (grants(r#","Constraints":{"SourceVpc":"vpc-1"}"#), "/Grants/0/Constraints/SourceVpc"),
        (grants("").replace("Decrypt", "ScheduleKeyDeletion"), "/Grants/0/Operations/0"),
        (grants("").replace(ROLE, "*"), "/Grants/0/GranteePrincipal"),
        (grants("").replace("]}]}", "]}],\"Truncated\":true}"), "/Truncated"),
    ] {
        folder.write("bad.json", &text);
        let done = ask(&folder, ROLE, ("kms:Decrypt", KEY), &["--grants", "bad.json"]);
        assert_eq!((done.code, done.out.as_str()), (Some(3), ""), "{text}: {}", done.err);
        assert!(done.err.contains("bad.json") && done.err.contains(place), "{place}: {}", done.err);
    }
    assert_eq!(ask(&folder, ROLE, ("kms:Decrypt", KEY), &["--grants", "absent.json"]).code, Some(3));
}

const BUCKET: [&str; 4] = ["--resource-policy", "public.json", "--resource-account", "111122223333"];

#[test]
fn a_public_bucket_is_for_its_account_when_public_access_is_blocked() {
    let folder = folder("public");
    let with = |principal: &str, more: &[&str]| {
        ask(&folder, principal, ("s3:GetObject", OBJECT), &[&BUCKET[..], more].concat())
    };
    for principal in [PARTNER, "anonymous"] {
        assert_eq!(with(principal, &[]).code, Some(0), "{principal}");
        assert_eq!(with(principal, &["--public-access-block", "no-block.json"]).code, Some(0), "{principal}");
        let blocked = with(principal, &["--public-access-block", "no-block.json", "block.json"]);
        let said = "denied: implicit deny, nothing allows it in S3 block public access";
        assert!(blocked.out.starts_with(said), "{principal}: {}", blocked.out);
        assert!(blocked.out.contains("public: public.json /Statement/1"), "{}", blocked.out);
    }
    assert_eq!(with(ROLE, &["--public-access-block", "block.json"]).code, Some(0));
    folder.write("bad.json", r#"{"RestrictPublicBuckets":"yes"}"#);
    let bad = with(ROLE, &["--public-access-block", "bad.json"]);
    assert_eq!((bad.code, bad.out.as_str()), (Some(3), ""), "{}", bad.err);
    assert!(bad.err.contains("bad.json") && bad.err.contains("/RestrictPublicBuckets"), "{}", bad.err);
}

#[test]
fn a_line_of_a_batch_brings_the_public_access_block_of_its_bucket() {
    let folder = folder("public-batch");
    let line = |block: &str| {
        format!(
            r#"{{"principal":"anonymous","action":"s3:GetObject","resource":"{OBJECT}","resource_account":"111122223333","resource_policy":{PUBLIC}{block}}}"#
        )
    };
    let block = format!(r#","public_access_block":{RESTRICTED}"#);
    let bad = line(r#","public_access_block":[]"#);
    let text = [line(""), line(&block), bad].join("\n");
    let done = run_with_input(&folder, &["simulate", "--batch", "-"], text.as_bytes());
    let lines: Vec<&str> = done.out.lines().collect();
    assert!(lines[0].contains(r#""decision":"allowed""#), "{}", done.out);
    assert!(lines[1].contains(r#""silent":"S3 block public access""#), "{}", done.out);
    assert!(lines[2].contains("error") && !lines[2].contains("decision"), "{}", done.out);
    assert_eq!(done.code, Some(3));
    let flag = ["simulate", "--batch", "-", "--public-access-block", "block.json"];
    assert_eq!(run(&folder, &flag).code, Some(2));
}

#[test]
fn who_has_no_credentials_needs_no_snapshot_and_has_no_session() {
    let folder = folder("anonymous");
    let args = ["simulate", "--principal", "anonymous", "--action", "s3:GetObject", "--resource", OBJECT];
    let done = run(&folder, &[&args[..], &BUCKET].concat());
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    assert_eq!(run(&folder, &args).code, Some(1));
    assert_eq!(run(&folder, &[&args[..], &["--session-name", "s"]].concat()).code, Some(3));
    folder.write("key.json", PUBLIC.replace("s3:GetObject", "kms:*"));
    let key = ask(&folder, "anonymous", ("kms:Decrypt", KEY), &["--resource-policy", "key.json"]);
    assert!(key.code == Some(1) && key.out.contains("needs credentials"), "{}", key.out);
}

#[test]
fn an_access_point_is_refused_where_two_policies_would_decide() {
    let folder = folder("access-point");
    let point = "arn:aws:s3:eu-west-1:111122223333:accesspoint/shop";
    for (action, resource) in
        [("s3:GetObject", format!("{point}/object/a")), ("s3:ListBucket", point.to_owned())]
    {
        let done = ask(&folder, PARTNER, (action, &resource), &[]);
        assert_eq!((done.code, done.out.as_str()), (Some(3), ""), "{action}: {}", done.err);
        assert!(done.err.contains("is an access point") && done.err.contains("bucket"), "{}", done.err);
    }
    assert!(matches!(ask(&folder, PARTNER, ("s3:GetAccessPointPolicy", point), &[]).code, Some(0 | 1)));
}

#[test]
fn access_control_lists_and_canonical_users_leave_an_answer_open() {
    let folder = folder("lists");
    let get = ("s3:GetObject", OBJECT);
    let owned = ["--resource-account", "111122223333"];
    let written = ["--object-ownership", "ObjectWriter"];
    assert_eq!(ask(&folder, PARTNER, get, &owned).code, Some(1));
    let lists = ask(&folder, PARTNER, get, &[owned, written].concat());
    assert!(lists.out.starts_with("depends: on leastwise:AllowedByAcl"), "{}", lists.out);
    let none = ["--context", "leastwise:AllowedByAcl=false"];
    assert!(ask(&folder, PARTNER, get, &[owned, written, none].concat()).out.starts_with("denied"));
    let delete =
        ask(&folder, PARTNER, ("s3:DeleteBucket", "arn:aws:s3:::website"), &[owned, written].concat());
    assert!(delete.out.starts_with("denied"), "{}", delete.out);
    folder.write(
        "canonical.json",
        PUBLIC.replace(r#"{"AWS":"444455556666"}"#, r#"{"CanonicalUser":"79a59df9EXAMPLE"}"#),
    );
    let put = |more: &[&str]| {
        let bucket = ["--resource-policy", "canonical.json"];
        ask(&folder, PARTNER, ("s3:PutObject", OBJECT), &[&owned[..], &bucket, more].concat())
    };
    let open = put(&["--complete-context"]);
    assert!(open.out.starts_with("depends: on leastwise:CanonicalUser"), "{}", open.out);
    assert!(open.out.contains("with --context leastwise:CanonicalUser=79a59df9EXAMPLE"), "{}", open.out);
    let known = put(&["--context", "leastwise:CanonicalUser=79a59df9EXAMPLE"]);
    assert!(known.code == Some(0) && !known.out.contains("no policy here asks"), "{}", known.out);
    assert!(put(&["--context", "leastwise:CanonicalUser=65a011a2EXAMPLE"]).out.starts_with("denied"));
}

#[test]
fn the_caller_s_own_identity_and_session_tokens_need_no_permission() {
    let folder = folder("no-permission");
    folder.write(
        "deny.json",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#,
    );
    let own = ask(&folder, ROLE, ("sts:GetCallerIdentity", "*"), &["--session-policy", "deny.json"]);
    assert!(own.code == Some(0) && own.out.contains("no permission is needed"), "{}{}", own.out, own.err);
    // A session token is for users.
    assert_eq!(ask(&folder, ROLE, ("sts:GetSessionToken", "*"), &[]).code, Some(1));
    let root = ask(&folder, "arn:aws:iam::111122223333:root", ("sts:GetSessionToken", "*"), &[]);
    assert_eq!(root.code, Some(0), "{}", root.out);
}

#[test]
fn whether_the_root_user_of_a_member_is_lent_depends_on_the_organisation() {
    let folder = folder("assume-root");
    let member = ("sts:AssumeRoot", "arn:aws:iam::111122223333:root");
    let open = ask(&folder, PARTNER, member, &[]);
    assert!(open.out.starts_with("depends: on leastwise:CentralRootAccess"), "{}{}", open.out, open.err);
    let on = ask(&folder, PARTNER, member, &["--context", "leastwise:CentralRootAccess=true"]);
    assert_eq!(on.code, Some(0), "{}", on.out);
    let root = ask(&folder, "arn:aws:iam::444455556666:root", member, &[]);
    assert!(root.code == Some(3) && root.err.contains("root user cannot"), "{}{}", root.out, root.err);
}

#[test]
fn another_partition_is_another_world() {
    let folder = folder("partition");
    let abroad = ask(
        &folder,
        PARTNER,
        ("s3:GetObject", "arn:aws-cn:s3:::website/a"),
        &["--resource-account", "444455556666"],
    );
    assert!(abroad.out.starts_with("denied"), "{}{}", abroad.out, abroad.err);
    assert!(abroad.out.contains("is in another partition than the principal"), "{}", abroad.out);
}

#[test]
fn a_lattice_service_needs_both_policies_and_an_open_file_system_is_told() {
    let folder = folder("lattice");
    let service = "arn:aws:vpc-lattice:eu-west-1:444455556666:service/svc-1/path";
    let invoke = ("vpc-lattice-svcs:Invoke", service);
    let without = ask(&folder, PARTNER, invoke, &[]);
    assert!(
        without.code == Some(1) && without.out.contains("has no policy here"),
        "{}{}",
        without.out,
        without.err
    );
    folder.write("auth.json", r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#);
    assert_eq!(ask(&folder, PARTNER, invoke, &["--resource-policy", "auth.json"]).code, Some(0));
    let files = "arn:aws:elasticfilesystem:eu-west-1:444455556666:file-system/fs-1";
    let mount = ask(&folder, "anonymous", ("elasticfilesystem:ClientMount", files), &[]);
    assert!(
        mount.out.contains("a file system without a policy lets in everybody"),
        "{}{}",
        mount.out,
        mount.err
    );
}

#[test]
fn what_no_policy_of_the_resource_grants_is_told() {
    let folder = folder("reach");
    folder.write(
        "open.json",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"*","Resource":"*"}]}"#,
    );
    let asked = |action: &str, resource: &str| {
        ask(&folder, PARTNER, (action, resource), &["--resource-policy", "open.json"])
    };
    let queue = "arn:aws:sqs:eu-west-1:111122223333:orders";
    let delete = asked("sqs:DeleteQueue", queue);
    let told = "note: no policy of the resource grants `sqs:DeleteQueue` to another account\n";
    assert!(delete.code == Some(1) && delete.out.contains(told), "{}{}", delete.out, delete.err);
    let send = asked("sqs:SendMessage", queue);
    assert!(send.code == Some(0) && !send.out.contains("no policy of the resource"), "{}", send.out);
    let domain = asked("es:DeleteDomain", "arn:aws:es:eu-west-1:111122223333:domain/d");
    let told = "note: identity policies alone grant `es:DeleteDomain`, not the policy of the resource\n";
    assert!(domain.code == Some(1) && domain.out.contains(told), "{}", domain.out);
}
