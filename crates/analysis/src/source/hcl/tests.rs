//! What configurations come to.

use super::*;
use crate::source::shown;

fn read<'t>(files: &[(&str, &'t str)]) -> (Sources<'t>, Vec<Resource>) {
    let files = files.iter().map(|(name, text)| (Arc::from(*name), *text));
    let (sources, refused) = Sources::parse(files);
    assert!(refused.is_empty(), "{refused:?}");
    let roots = sources.roots();
    let resources = roots.iter().flat_map(|root| sources.resources(root, "000000000000").unwrap()).collect();
    (sources, resources)
}

/// What `value` of the local `x` comes to.
fn value(text: &str) -> String {
    let text = format!("{text}\nresource \"t\" \"r\" {{\n  x = local.x\n}}\n");
    let (_, resources) = read(&[("main.tf", &text)]);
    let node = resources.iter().find(|resource| resource.kind == "t").unwrap().body.get("x").unwrap();
    let node = json_text(node).unwrap_or(node);
    shown(&node.to_json())
}

fn local(expression: &str) -> String {
    value(&format!("locals {{\n  x = {expression}\n}}"))
}

fn document(files: &[(&str, &str)]) -> (Arc<str>, Node) {
    let (sources, resources) = read(files);
    let resource = resources.iter().find(|resource| resource.body.get("policy").is_some()).unwrap();
    sources.settled(json_text(resource.body.get("policy").unwrap()).unwrap())
}

#[test]
fn expressions_are_worked_out() {
    assert_eq!(local(r#"["a", 1, true, null]"#), r#"["a",1,true,null]"#);
    assert_eq!(local(r#"1 + 2 * 3 == 7 && !false ? "y" : "n""#), r#""y""#);
    assert_eq!(local(r#"{ a = 1, "b" = 2, ("c") = 3, "${"d"}" = 4 }"#), r#"{"a":1,"b":2,"c":3,"d":4}"#);
    assert_eq!(local(r#"[for i, x in ["a", "b"] : "${i}${upper(x)}" if x != "a"]"#), r#"["1B"]"#);
    assert_eq!(local(r#"{for k, v in {a = 1, b = 2} : v => k}"#), r#"{"1":"a","2":"b"}"#);
    assert_eq!(local(r#"[{n = "a"}, {n = "b"}][*].n"#), r#"["a","b"]"#);
    assert_eq!(local(r#""%{ for x in ["a", "b"] }${x}-%{ endfor }""#), r#""a-b-""#);
    assert_eq!(local("<<-E\n    a\n      b\n    E"), r#""a\n  b\n""#);
    assert_eq!(local(r#""[%{ for x in ["a", "b"] ~} ${x}, %{~ endfor ~} ]""#), r#""[a,b,]""#);
    assert_eq!(local(r#""a ${~ "b" ~} c%{ if true ~} d %{~ else ~} e %{~ endif } f""#), r#""abcd f""#);
}

#[test]
fn functions_that_only_look_at_their_arguments_are_worked_out() {
    assert_eq!(local(r#"concat(["a"], tolist(["b"]), var.more)"#), r#"["a","b","${var.more}"]"#);
    assert_eq!(local(r#"format("%s-%03d%%", "a", 7)"#), r#""a-007%""#);
    assert_eq!(local(r#"formatlist("s3:%s", ["Get", "Put"])"#), r#"["s3:Get","s3:Put"]"#);
    assert_eq!(local(r#"merge({a = 1}, {a = 2, b = 3})"#), r#"{"a":2,"b":3}"#);
    assert_eq!(local(r#"join(":", flatten([["a"], ["b", ["c"]]]))"#), r#""a:b:c""#);
    assert_eq!(local(r#"lookup({a = 1}, "b", replace("x.y", ".", "-"))"#), r#""x-y""#);
    assert_eq!(local(r#"element(split("/", "a/b"), 1)"#), r#""b""#);
    assert_eq!(local(r#"try(var.a.b, "c")"#), r#""c""#);
    assert_eq!(local(r#"jsondecode("{\"a\": [1]}").a[0]"#), "1");
    assert_eq!(local(r#"distinct(compact(["a", "", "a"]))"#), r#"["a"]"#);
    assert_eq!(local(r#"length(["a"]) > 0 ? file("x") : """#), r#""${file(x)}""#);
    assert_eq!(local(r#"values({b = 2, a = 1})"#), "[1,2]");
}

#[test]
fn what_is_not_known_leaves_the_rest_known() {
    assert_eq!(local(r#""arn:aws:s3:::${var.bucket}/*""#), r#""arn:aws:s3:::${var.bucket}/*""#);
    assert_eq!(local(r#"var.on ? ["a"] : ["b"]"#), r#"["a","b"]"#);
    assert_eq!(local(r#"[for x in var.xs : "s3:${x}"]"#), r#"["s3:${var.xs}"]"#);
    assert_eq!(local(r#"lower("A-${var.b}")"#), r#""${A-${var.b}}""#);
}

#[test]
fn variables_have_their_defaults_or_what_is_assigned() {
    let text = "variable \"a\" {\n  default = [\"d\"]\n}\nlocals {\n  x = var.a\n}";
    assert_eq!(value(text), r#"["d"]"#);
    let main = format!("{text}\nresource \"t\" \"r\" {{\n  x = local.x\n}}\n");
    let (_, resources) = read(&[("m/main.tf", &main), ("m/terraform.tfvars", "a = [\"e\"]\n")]);
    assert_eq!(resources[0].body.get("x").unwrap().to_json(), r#"["e"]"#);
}

#[test]
fn circles_end() {
    assert_eq!(value("locals {\n  x = local.y\n  y = [local.x]\n}"), r#"["${local.x}"]"#);
}

#[test]
fn a_document_has_the_places_of_its_source() {
    let text = "\
data \"aws_iam_policy_document\" \"d\" {
  statement {
    actions = [
      \"s3:GetObject\",
    ]
    resources = [aws_s3_bucket.b.arn, \"${aws_s3_bucket.b.arn}/&{aws:username}\"]
    principals {
      type        = \"AWS\"
      identifiers = [data.aws_caller_identity.me.account_id]
    }
    condition {
      test     = \"Bool\"
      variable = \"aws:SecureTransport\"
      values   = [true]
    }
  }
}
data \"aws_caller_identity\" \"me\" {}
resource \"aws_s3_bucket\" \"b\" {
  bucket = \"reports\"
}
";
    let policy =
        "resource \"aws_s3_bucket_policy\" \"p\" {\n  policy = data.aws_iam_policy_document.d.json\n}\n";
    let (file, document) = document(&[("m/data.tf", text), ("m/main.tf", policy)]);
    assert_eq!(&*file, "m/data.tf");
    let action = document.pointer("/Statement/0/Action/0").unwrap();
    assert_eq!((action.text(), action.at), (Some("s3:GetObject"), Place { line: 4, column: 7 }));
    assert_eq!(
        document.to_json(),
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::reports","arn:aws:s3:::reports/${aws:username}"],"Principal":{"AWS":["000000000000"]},"Condition":{"Bool":{"aws:SecureTransport":[true]}}}]}"#
    );
}

#[test]
fn statements_with_one_sid_replace_each_other_and_dynamic_blocks_are_unrolled() {
    let text = r#"
data "aws_iam_policy_document" "base" {
  statement {
    sid       = "A"
    actions   = ["s3:*"]
    resources = ["*"]
  }
}
data "aws_iam_policy_document" "d" {
  source_policy_documents = [data.aws_iam_policy_document.base.json]
  statement {
    sid       = "A"
    actions   = ["s3:GetObject"]
    resources = ["*"]
  }
  dynamic "statement" {
    for_each = toset(["sqs", "sns"])
    content {
      effect    = "Deny"
      actions   = ["${statement.value}:*"]
      resources = ["*"]
    }
  }
}
resource "aws_iam_policy" "p" {
  policy = data.aws_iam_policy_document.d.json
}
"#;
    let (_, document) = document(&[("main.tf", text)]);
    let actions: Vec<String> = document
        .get("Statement")
        .unwrap()
        .items()
        .iter()
        .map(|one| one.get("Action").unwrap().to_json())
        .collect();
    assert_eq!(actions, [r#"["s3:GetObject"]"#, r#"["sqs:*"]"#, r#"["sns:*"]"#]);
}

#[test]
fn json_in_a_heredoc_and_jsonencode_keep_their_places() {
    let text = "\
resource \"aws_iam_policy\" \"p\" {
  policy = <<-EOF
    {
      \"Statement\": [{
        \"Effect\": \"Allow\",
        \"Action\": ${jsonencode(var.actions)},
        \"Resource\": \"${var.r}\", \"Sid\": \"x\"
      }]
    }
  EOF
}
";
    let (_, node) = document(&[("main.tf", text)]);
    let effect = node.pointer("/Statement/0/Effect").unwrap();
    assert_eq!(effect.at, Place { line: 5, column: 19 });
    assert_eq!(node.pointer("/Statement/0").unwrap().at, Place { line: 4, column: 21 });
    assert_eq!(shown(&node.pointer("/Statement/0/Action").unwrap().to_json()), r#""${var.actions}""#);
    let text = "\
resource \"aws_iam_policy\" \"p\" {
  policy = jsonencode({
    Statement = [{ Effect = \"Allow\", Action = \"*\" }]
  })
}
";
    let (_, node) = document(&[("main.tf", text)]);
    assert_eq!(node.pointer("/Statement/0/Action").unwrap().at, Place { line: 3, column: 47 });
}

#[test]
fn instances_and_modules_are_worked_out_with_what_they_are_given() {
    let main = r#"
module "m" {
  source   = "./child"
  for_each = { a = "s3:*", b = "sqs:*" }
  action   = each.value
}
resource "t" "off" {
  count = 0
}
resource "t" "two" {
  count = 2
  x     = "n${count.index}"
}
resource "u" "u" {
  x = [t.two[1].x, t.two[*].x, module.m["b"].out]
}
"#;
    let child = r#"
variable "action" {}
resource "aws_iam_policy" "p" {
  name   = "p"
  policy = jsonencode({ Action = var.action })
}
output "out" {
  value = aws_iam_policy.p.arn
}
"#;
    let (_, resources) = read(&[("root/main.tf", main), ("root/child/main.tf", child)]);
    let mut addresses: Vec<&str> = resources.iter().map(|resource| &*resource.address).collect();
    addresses.sort_unstable();
    assert_eq!(
        addresses,
        [
            "module.m[\"a\"].aws_iam_policy.p",
            "module.m[\"b\"].aws_iam_policy.p",
            "t.two[0]",
            "t.two[1]",
            "u.u"
        ]
    );
    let of = |address: &str, key: &str| {
        let resource = resources.iter().find(|resource| resource.address == address).unwrap();
        let node = resource.body.get(key).unwrap();
        json_text(node).unwrap_or(node).to_json()
    };
    assert_eq!(of("module.m[\"b\"].aws_iam_policy.p", "policy"), r#"{"Action":"sqs:*"}"#);
    assert_eq!(of("u.u", "x"), r#"["n1",["n0","n1"],"arn:aws:iam::000000000000:policy/p"]"#);
}

#[test]
fn json_syntax_is_read_too() {
    let text = r#"{"resource": {"aws_iam_policy": {"p": {"policy": "${jsonencode({Action = \"s3:*\"})}"}}}}"#;
    let (_, node) = document(&[("main.tf.json", text)]);
    assert_eq!(node.to_json(), r#"{"Action":"s3:*"}"#);
}

#[test]
fn a_broken_file_leaves_the_others() {
    let files = [("a.tf", "resource \"x\" {"), ("b.tf", "locals {\n  a = 1\n}\n")];
    let (_, refused) = Sources::parse(files.map(|(name, text)| (Arc::from(name), text)));
    assert_eq!(refused.len(), 1);
    assert_eq!((&*refused[0].0, refused[0].1.at.line), ("a.tf", 1));
}

#[test]
fn work_is_bounded() {
    let mut text =
        "locals {\n  a0 = \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"\n".to_owned();
    for level in 1..60 {
        let before = level - 1;
        text.push_str(&format!("  a{level} = \"${{local.a{before}}}${{local.a{before}}}\"\n"));
        text.push_str(&format!("  b{level} = [local.b{before}, local.b{before}]\n"));
    }
    text.push_str("  b0 = [1]\n}\nresource \"t\" \"r\" {\n  x = [local.a59, local.b59]\n}\n");
    let (sources, _) = Sources::parse([(Arc::from("main.tf"), text.as_str())]);
    assert!(sources.resources("", "000000000000").is_none());
}

#[test]
fn a_text_with_mistakes_is_refused_or_worked_out_and_never_a_panic() {
    let text = include_str!("../../../../../fuzz/seeds/hcl/document");
    let mut random = 7_u64;
    let mut next = |most: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (random >> 33) as usize % most
    };
    for _ in 0..300 {
        let mut characters: Vec<char> = text.chars().collect();
        for _ in 0..1 + next(3) {
            let (at, to) = (next(characters.len()), next(text.len()));
            match next(3) {
                0 => characters[at] = characters[to % characters.len()],
                1 => drop(characters.drain(at.min(to)..at)),
                _ => characters.truncate(at + 1),
            }
            if characters.is_empty() {
                characters.push('{');
            }
        }
        let text: String = characters.into_iter().collect();
        let (sources, _) = Sources::parse([(Arc::from("main.tf"), text.as_str())]);
        for resource in sources.resources("", "000000000000").unwrap_or_default() {
            sources.settled(&resource.body);
        }
    }
}

#[test]
fn what_lies_very_deep_is_not_worked_out_and_not_a_crash() {
    let mut text = "locals {\n  a0 = [1]\n".to_owned();
    for level in 1..400 {
        let before = level - 1;
        text.push_str(&format!("  a{level} = {}local.a{before}{}\n", "[".repeat(20), "]".repeat(20)));
    }
    text.push_str("}\nresource \"t\" \"r\" {\n  x = local.a399\n}\n");
    let (sources, refused) = Sources::parse([(Arc::from("main.tf"), text.as_str())]);
    assert!(refused.is_empty());
    assert_eq!(sources.resources("", "000000000000").unwrap().len(), 1);
    let (_, refused) =
        Sources::parse([(Arc::from("a.tf"), &*format!("a = {}1{}", "[".repeat(99), "]".repeat(99)))]);
    assert!(refused[0].1.reason.contains("nest"), "{}", refused[0].1.reason);
}
