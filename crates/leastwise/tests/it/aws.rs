//! What stands between us and AWS, and what is said of it: no credentials, the wrong ones, an endpoint that is not there.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use crate::support::{Done, Folder, command, event, log};

/// What AWS asks for in these tests: IAM for a snapshot, S3 for logs.
const ASKS: [(&[&str], &str); 2] = [
    (&["snapshot"], "cannot fetch the snapshot: "),
    (&["usage", "s3://my-trail/AWSLogs/"], "cannot list s3://my-trail/AWSLogs/: "),
];

fn ask(folder: &Folder, args: &[&str], environment: &[(&str, &str)]) -> Done {
    let mut command = command(folder, args);
    command.envs(environment.iter().copied());
    command.output().expect("it starts").into()
}

const KEYS: [(&str, &str); 2] =
    [("AWS_ACCESS_KEY_ID", "AKIAENVIRONMENTEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "secret")];

/// Answers every request with the same, and keeps their heads.
fn serve(status: u16, header: &'static str, body: String) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let heads: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = heads.clone();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let lines = BufReader::new(&stream).lines().map_while(Result::ok);
            let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
            seen.lock().expect("nobody panicked").push(head.join("\n"));
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status} X\r\n{header}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (address, heads)
}

/// An error as both services write it: IAM within an `ErrorResponse`.
fn refusal(args: &[&str], code: &str, message: &str) -> String {
    let error = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
    if args[0] == "snapshot" { format!("<ErrorResponse>{error}</ErrorResponse>") } else { error }
}

#[test]
fn without_credentials_it_is_told_where_they_were_looked_for() {
    let folder = Folder::new("no-credentials");
    for (args, cannot) in ASKS {
        let done = ask(&folder, args, &[]);
        assert_eq!((done.code, done.out.as_str()), (Some(3), ""), "{}", done.err);
        for says in [
            &format!("error: {cannot}no AWS credentials could be loaded\n"),
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set",
            "profile `default` (not in ",
            "/.aws/credentials)",
            "AWS_WEB_IDENTITY_TOKEN_FILE is not set",
            "AWS_EC2_METADATA_DISABLED is set",
            "help: log in (`aws sso login`)",
            "--profile",
        ] {
            assert!(done.err.contains(says), "{says}: {}", done.err);
        }
        assert!(!done.err.contains("dispatch failure"), "{}", done.err);
        let half = ask(&folder, args, &KEYS[..1]);
        assert!(half.err.contains("the environment (AWS_SECRET_ACCESS_KEY is not set)"), "{}", half.err);
    }
}

#[test]
fn a_profile_that_no_file_names_is_refused_with_those_that_are_there() {
    let folder = Folder::new("profiles");
    let none = ask(&folder, &["snapshot", "--profile", "audit"], &KEYS);
    assert_eq!(none.code, Some(2), "{}", none.err);
    assert!(none.err.contains("there is none at all"), "{}", none.err);
    folder.write(".aws/config", "[default]\nregion = eu-west-1\n[profile audit]\n");
    let wrong = ask(&folder, &["snapshot", "--profile", "adit"], &KEYS);
    assert_eq!(wrong.code, Some(2), "{}", wrong.err);
    assert!(wrong.err.contains("--profile `adit` is not in "), "{}", wrong.err);
    assert!(wrong.err.contains("the nearest that are there: audit"), "{}", wrong.err);
    let empty = ask(&folder, &["snapshot", "--profile", "audit"], &KEYS);
    assert_eq!(empty.code, Some(3), "{}", empty.err);
    assert!(empty.err.contains("looked at profile `audit` (without usable credentials), "), "{}", empty.err);
}

#[test]
fn profiles_are_those_that_the_sdk_reads() {
    let folder = Folder::new("profiles-of-the-sdk");
    let config = "[profile  audit ] # mine\n[ profile deploy ]\n[default]\n[sso-session corp]\nregion = [x]\n\
                  [profiles]\n[profile \"two words\"]\n";
    folder.write(".aws/config", config);
    folder.write(".aws/credentials", "[ops]\n[profile nobody]\n");
    let of = |profile: &str| ask(&folder, &["snapshot", "--profile", profile], &KEYS).err;
    assert!(of("zzzzzzzz").contains("help: there are audit, default, deploy, ops\n"), "{}", of("zzzzzzzz"));
    assert!(of("ops").contains("looked at profile `ops` (without usable credentials)"), "{}", of("ops"));
    folder.write(".aws/config", "[profile audit]\nregion = eu-west-1\nno property\n");
    for asked in [&["snapshot", "--profile", "audit"][..], &["snapshot"]] {
        let broken = ask(&folder, asked, &[]);
        assert!(broken.err.contains("/.aws/config") && !broken.err.contains("not in "), "{}", broken.err);
    }
    assert!(of("audit").contains("on line 3"), "{}", of("audit"));
}

#[test]
fn a_profile_that_was_named_goes_before_keys_in_the_environment() {
    let folder = Folder::new("profile-first");
    folder.write(
        ".aws/credentials",
        "[audit]\naws_access_key_id = AKIAPROFILEEXAMPLE\naws_secret_access_key = x\n",
    );
    for (args, _) in ASKS {
        let (address, heads) = serve(403, "", refusal(args, "AccessDenied", "no"));
        let asked = |more: &[&str], environment: &[(&str, &str)]| {
            heads.lock().expect("nobody panicked").clear();
            ask(&folder, &[args, &["--endpoint-url", &address], more].concat(), environment);
            heads.lock().expect("nobody panicked").join("\n")
        };
        assert!(asked(&["--profile", "audit"], &KEYS).contains("AKIAPROFILEEXAMPLE"), "{args:?}");
        assert!(asked(&[], &KEYS).contains("AKIAENVIRONMENTEXAMPLE"), "{args:?}");
        assert!(asked(&[], &[("AWS_PROFILE", "audit")]).contains("AKIAPROFILEEXAMPLE"), "{args:?}");
    }
}

#[test]
fn what_aws_refuses_is_told_with_the_way_out() {
    let folder = Folder::new("refusals");
    for (code, message, says, help) in [
        (
            "ExpiredToken",
            "The security token included in the request is expired",
            "the credentials have expired",
            "`aws sso login`",
        ),
        (
            "InvalidClientTokenId",
            "The security token is invalid",
            "AWS does not know these credentials",
            "AWS_SESSION_TOKEN",
        ),
        (
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match",
            "the secret key is not that of the access key",
            "AWS_SECRET_ACCESS_KEY",
        ),
        (
            "SignatureDoesNotMatch",
            "Signature expired: 20261122T000000Z is now earlier than",
            "this machine's clock is wrong",
            "set the clock",
        ),
        (
            "AccessDenied",
            "User: x is not authorized to perform: y",
            "these credentials may not do that",
            "it takes ",
        ),
        (
            "NoSuchBucket",
            "The specified bucket does not exist",
            "there is no such bucket",
            "s3://bucket/prefix",
        ),
    ] {
        for (args, cannot) in ASKS {
            let (address, _) = serve(403, "", refusal(args, code, message));
            let done = ask(&folder, &[args, &["--endpoint-url", &address]].concat(), &KEYS);
            assert_eq!((done.code, done.out.as_str()), (Some(3), ""), "{}", done.err);
            let expected = format!("error: {cannot}{says}\n  because: {code}: {message}\n  help: ");
            assert!(done.err.starts_with(&expected) && done.err.contains(help), "{expected}: {}", done.err);
        }
    }
    for ((args, _), needs) in ASKS.into_iter().zip(["iam:GetAccountAuthorizationDetails", "s3:ListBucket"]) {
        let (address, _) = serve(403, "", refusal(args, "AccessDenied", "no"));
        let done = ask(&folder, &[args, &["--endpoint-url", &address]].concat(), &KEYS);
        assert!(done.err.contains(&format!("it takes {needs}")), "{}", done.err);
    }
}

#[test]
fn a_bucket_of_another_region_is_told_with_the_region() {
    let folder = Folder::new("redirect");
    let args = ASKS[1].0;
    let body = refusal(args, "PermanentRedirect", "must be addressed using the specified endpoint");
    let (address, _) = serve(301, "x-amz-bucket-region: eu-central-1\r\n", body);
    let done = ask(&folder, &[args, &["--endpoint-url", &address]].concat(), &KEYS);
    assert!(done.err.contains("the bucket is in another region"), "{}", done.err);
    assert!(done.err.contains("help: say --region eu-central-1"), "{}", done.err);
}

#[test]
fn an_endpoint_that_is_not_there_or_not_aws_is_named() {
    let folder = Folder::new("endpoint");
    let (address, _) = serve(404, "", "<html>welcome</html>".to_owned());
    for (args, cannot) in ASKS {
        let with = |url: &str| ask(&folder, &[args, &["--endpoint-url", url]].concat(), &KEYS);
        let nobody = with("http://127.0.0.1:9");
        assert_eq!(nobody.code, Some(3), "{}", nobody.err);
        let says = format!("error: {cannot}`http://127.0.0.1:9` cannot be reached\n");
        assert!(nobody.err.starts_with(&says), "{}", nobody.err);
        assert!(
            nobody.err.contains("Connection refused") && nobody.err.contains("--endpoint-url"),
            "{}",
            nobody.err
        );
        let other = with(&address);
        assert!(
            other.err.contains("what answers is not ") && other.err.contains("(HTTP 404)"),
            "{}",
            other.err
        );
        let wrong = with("127.0.0.1:9");
        assert_eq!(wrong.code, Some(2), "{}", wrong.err);
        assert!(wrong.err.contains("--endpoint-url `127.0.0.1:9` is not an address"), "{}", wrong.err);
        let region = ask(&folder, &[args, &["--region", "eu wst-1"]].concat(), &KEYS);
        assert_eq!(region.code, Some(2), "{}", region.err);
        assert!(region.err.contains("--region `eu wst-1` is not the name of a region"), "{}", region.err);
        assert!(region.err.contains("eu-west-1"), "{}", region.err);
    }
}

/// What lists a bucket with one key, and says more of it.
fn listing(more: &str) -> String {
    format!(
        "<ListBucketResult><Name>my-trail</Name><Prefix>AWSLogs/</Prefix><MaxKeys>1000</MaxKeys>{more}\
         <Contents><Key>AWSLogs/README.txt</Key><Size>1</Size></Contents></ListBucketResult>"
    )
}

#[test]
fn a_list_that_is_cut_short_is_not_taken_for_whole() {
    let folder = Folder::new("cut-short");
    let whole = "<KeyCount>1</KeyCount><IsTruncated>false</IsTruncated>";
    let cuts = [
        "<KeyCount>1</KeyCount><IsTruncated>true</IsTruncated>",
        "<KeyCount>2</KeyCount><IsTruncated>false</IsTruncated>",
        // The same token again and again leads nowhere.
        "<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>",
    ];
    for (more, says) in [(whole, "there are no logs in")]
        .into_iter()
        .chain(cuts.map(|more| (more, "cannot list s3://my-trail/AWSLogs/: the list is cut short")))
    {
        let (address, _) = serve(200, "", listing(more));
        let done = ask(&folder, &["usage", "s3://my-trail/AWSLogs/", "--endpoint-url", &address], &KEYS);
        assert_eq!(done.code, Some(3), "{more}: {}", done.err);
        assert!(done.err.contains(says), "{more}: {}", done.err);
    }
}

#[test]
fn a_snapshot_that_is_cut_short_is_not_taken_for_whole() {
    let folder = Folder::new("snapshot-cut-short");
    for (more, code) in [("false", 0), ("true", 3)] {
        let answer = format!(
            "<GetAccountAuthorizationDetailsResponse><GetAccountAuthorizationDetailsResult><IsTruncated>{more}</IsTruncated>\
             </GetAccountAuthorizationDetailsResult></GetAccountAuthorizationDetailsResponse>"
        );
        let (address, _) = serve(200, "", answer);
        let done = ask(&folder, &["snapshot", "--endpoint-url", &address, "--out", "s.json"], &KEYS);
        assert_eq!(done.code, Some(code), "{}", done.err);
        assert_eq!(folder.0.join("s.json").exists(), code == 0);
        assert_eq!(done.err.contains("the answer is cut short"), code != 0, "{}", done.err);
        let _ = std::fs::remove_file(folder.0.join("s.json"));
    }
}

#[test]
fn a_role_is_assumed_in_the_usual_region_where_none_is_said() {
    let folder = Folder::new("role-without-region");
    let base = "[base]\naws_access_key_id = AKIAPROFILEEXAMPLE\naws_secret_access_key = x\n";
    folder.write(".aws/credentials", base);
    let role = "role_arn = arn:aws:iam::111122223333:role/audit\nsource_profile = base\n";
    folder
        .write(".aws/config", format!("[profile audit]\n{role}[profile there]\nregion = eu-west-1\n{role}"));
    let refusal =
        "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you</Message></Error></ErrorResponse>";
    let cases = [
        (&["--profile", "audit"][..], None, "us-east-1"),
        (&[], Some("audit"), "us-east-1"),
        (&["--profile", "there"], None, "eu-west-1"),
        (&["--profile", "there", "--region", "eu-north-1"], None, "eu-north-1"),
    ];
    for (flags, variable, region) in cases {
        let (address, heads) = serve(403, "", refusal.to_owned());
        let mut environment = vec![("AWS_ENDPOINT_URL", address.as_str())];
        environment.extend(variable.map(|profile| ("AWS_PROFILE", profile)));
        let done = ask(&folder, &[&["snapshot"], flags].concat(), &environment);
        assert_eq!(done.code, Some(3), "{}", done.err);
        assert!(done.err.contains("not you"), "{}", done.err);
        let heads = heads.lock().expect("nobody panicked").join("\n");
        assert!(heads.contains(&format!("/{region}/sts/aws4_request")), "{region}: {heads}");
    }
}

#[test]
#[cfg(unix)]
fn credentials_may_take_a_while() {
    let folder = Folder::new("slow-credentials");
    // The SDK by itself waits for five seconds.
    let keys = r#"{"Version":1,"AccessKeyId":"AKIASLOWEXAMPLE","SecretAccessKey":"x"}"#;
    folder.write("give", format!("sleep 6\necho '{keys}'\n"));
    let give = folder.0.join("give");
    folder.write(".aws/config", format!("[profile slow]\ncredential_process = /bin/sh {}\n", give.display()));
    let (address, heads) = serve(403, "", refusal(&["snapshot"], "AccessDenied", "no"));
    let done = ask(
        &folder,
        &["snapshot", "--profile", "slow", "--endpoint-url", &address],
        &[("PATH", "/bin:/usr/bin")],
    );
    assert!(done.err.contains("these credentials may not do that"), "{}", done.err);
    assert!(heads.lock().expect("nobody panicked").join("\n").contains("AKIASLOWEXAMPLE"), "{}", done.err);
}

/// A bucket with one object, of which each answer but for the last of so many breaks off half-way.
fn breaks_off(object: Vec<u8>, whole_at: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let key = format!("<Contents><Key>AWSLogs/l.json</Key><Size>{}</Size></Contents>", object.len());
    let listing = format!("<ListBucketResult><IsTruncated>false</IsTruncated>{key}</ListBucketResult>");
    thread::spawn(move || {
        let mut asked = 0;
        for mut stream in listener.incoming().flatten() {
            let lines = BufReader::new(&stream).lines().map_while(Result::ok);
            let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
            if head[0].contains("list-type") {
                let length = listing.len();
                let _ = write!(
                    stream,
                    "HTTP/1.1 200 X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{listing}"
                );
                continue;
            }
            asked += 1;
            let value = |name: &str| head.iter().find_map(|line| line.strip_prefix(name)).map(str::trim);
            let from = value("range: bytes=")
                .map_or(0, |range| range.trim_end_matches('-').parse().expect("a number"));
            assert!(
                from == 0 || value("if-match:") == Some("\"one\""),
                "another object may lie there by now: {head:?}"
            );
            let (end, rest) = (object.len() - 1, &object[from..]);
            let given = if asked == whole_at { rest } else { &rest[..rest.len() / 2] };
            let _ = write!(
                stream,
                "HTTP/1.1 {} X\r\ncontent-length: {}\r\ncontent-range: bytes {from}-{end}/{}\r\netag: \"one\"\r\n\
                 connection: close\r\n\r\n",
                if from == 0 { 200 } else { 206 },
                rest.len(),
                object.len(),
            );
            let _ = stream.write_all(given);
        }
    });
    address
}

#[test]
fn of_a_large_object_that_breaks_off_the_rest_is_fetched() {
    let folder = Folder::new("breaks-off");
    let events: Vec<String> = (0..20_000)
        .map(|number| event(&number.to_string(), "agent", "one", "2026-10-01T10:00:00Z"))
        .collect();
    let object = log(&events).into_bytes();
    assert!(object.len() > 8 << 20, "it is too large to be held");
    for (whole_at, code) in [(3, 0), (4, 3)] {
        let address = breaks_off(object.clone(), whole_at);
        let args = ["usage", "s3://my-trail/AWSLogs/", "--output", "csv", "--endpoint-url", &address];
        let done = ask(&folder, &args, &KEYS);
        assert_eq!(done.code, Some(code), "{}", done.err);
        assert_eq!(done.out.contains(",used,20000,"), code == 0, "{}", done.err);
        let says = "s3://my-trail/AWSLogs/l.json: cannot be read: ";
        assert_eq!(done.err.contains(says), code != 0, "{}", done.err);
    }
}
