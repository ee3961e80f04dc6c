//! What is wrong with an intent is told with file, line, column and a way out; all of it at once.

use leastwise_catalog::Catalog;
use leastwise_generate::intent::{Form, Intent, MOST_VALUES};
use leastwise_generate::lower::aws;
use leastwise_policy::aws::Policy;
use proptest::prelude::*;

/// What is said about a file.
fn faults(text: &str) -> Vec<String> {
    let error = Intent::from_yaml("roles.yaml", text)
        .and_then(|intent| aws::compile(&intent, Catalog::embedded(), &aws::Options::default()).map(|_| ()))
        .expect_err("this is wrong");
    error.faults.iter().map(ToString::to_string).collect()
}

fn fault(text: &str) -> String {
    let mut faults = faults(text);
    assert_eq!(faults.len(), 1, "{faults:#?}");
    faults.remove(0)
}

/// The policies of a file that is right, as JSON.
fn compiled(text: &str) -> String {
    let intent = Intent::from_yaml("roles.yaml", text).expect("it is read");
    let roles = aws::compile(&intent, Catalog::embedded(), &aws::Options::default()).expect("it is right");
    roles.iter().flat_map(|role| &role.identity).map(|named| named.policy.to_json()).collect()
}

/// A role with one permission on a table.
fn role(permission: &str) -> String {
    format!(
        "roles:\n  A:\n    permissions:\n      - {permission}\nresources:\n  orders: arn:aws:dynamodb:eu-west-1:111122223333:table/orders\n"
    )
}

#[test]
fn an_unknown_level_names_the_one_that_was_meant() {
    let text = fault(&role("raed: orders"));
    assert!(text.starts_with("roles.yaml:4:9: unknown level or verb `raed`"), "{text}");
    assert!(text.ends_with("did you mean `read`?"), "{text}");
}

#[test]
fn an_unknown_level_is_named_though_its_resource_is_not_bound_either() {
    let faults = faults(&role("raed: nothing_like_it"));
    assert_eq!(faults[0], "roles.yaml:4:9: unknown level or verb `raed`; did you mean `read`?");
    assert!(
        faults[1].starts_with("roles.yaml:4:15: the resource `nothing_like_it` is not bound"),
        "{faults:?}"
    );
}

#[test]
fn an_unknown_action_names_the_nearest() {
    let text = fault(&role("dynamodb:GetItm: orders"));
    assert_eq!(text, "roles.yaml:4:9: unknown action `dynamodb:GetItm`; did you mean `dynamodb:GetItem`?");
}

#[test]
fn a_resource_without_a_binding_says_how_to_bind_it() {
    let text = fault(&role("read: order"));
    assert_eq!(text, "roles.yaml:4:15: the resource `order` is not bound; did you mean `orders`?");
    let text = fault(&role("read: something_else"));
    assert!(text.contains("`resources:` with `something_else: arn:aws:…`"), "{text}");
}

#[test]
fn the_form_without_resources_says_which_names_are_open_and_takes_one_binding_for_all() {
    let text = "roles:\n  OrderProcessor:\n    permissions:\n      - read: customer_orders\n      - write: order_status\n";
    assert_eq!(faults(text).len(), 2);
    let mut intent = Intent::from_yaml("roles.yaml", text).expect("the form as it stands");
    intent.bind("*=arn:aws:dynamodb:eu-west-1:111122223333:table/{name}").expect("a binding");
    let roles = aws::compile(&intent, Catalog::embedded(), &aws::Options::default()).expect("bound");
    let text = roles[0].identity[0].policy.to_json();
    assert!(text.contains("table/order_status") && text.contains("table/customer_orders"), "{text}");
}

#[test]
fn an_action_of_another_service_says_what_it_is_about() {
    let text = fault(&role("sqs:SendMessage: orders"));
    assert_eq!(
        text,
        "roles.yaml:4:9: `sqs:SendMessage` is not about `orders`, which is a table of Amazon DynamoDB; it is about a queue"
    );
}

#[test]
fn an_arn_that_the_service_does_not_know_is_refused_where_it_stands() {
    let text = fault(&role("read: orders").replace("table/orders", "tabel/orders"));
    assert!(text.starts_with("roles.yaml:6:11: Amazon DynamoDB has nothing like"), "{text}");
    let text = fault(&role("read: orders").replace("111122223333", "1111"));
    assert!(text.contains("`1111` is no account id"), "{text}");
    let text = fault(&role("read: orders").replace(":dynamodb:", ":dynamobd:"));
    assert!(text.contains("did you mean `dynamodb`?"), "{text}");
}

#[test]
fn names_that_go_round_in_a_circle_are_told_as_such() {
    let text = "roles:\n  A:\n    permissions: [{read: a}]\nresources:\n  a: b\n  b: [c]\n  c: a\n";
    let text = fault(text);
    assert_eq!(
        text,
        "roles.yaml:5:3: the names go round in a circle: a → b → c → a; bind one of them to an arn"
    );
}

#[test]
fn a_key_that_comes_twice_is_refused_with_both_places() {
    let text = fault("roles:\n  A:\n    permissions: []\n  A:\n    permissions: []\n");
    assert_eq!(text, "roles.yaml:4:3: the key `A` is here twice; it stands at roles.yaml:2:3 already");
}

#[test]
fn aliases_that_explode_are_refused_before_they_are_expanded() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let before = level - 1;
        let items = vec![format!("*a{before}"); 9].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    let text = fault(&text);
    assert!(text.contains(&format!("more than {MOST_VALUES} values")), "{text}");
}

#[test]
fn a_long_text_that_aliases_repeat_is_refused_too() {
    let long = "x".repeat(1 << 20);
    let aliases = vec!["*a"; 100].join(", ");
    let text = fault(&format!("a: &a {long}\nb: [{aliases}]\n"));
    assert!(text.contains("with those that aliases repeat"), "{text}");
}

#[test]
fn deep_nesting_and_an_alias_inside_of_itself_are_refused() {
    let text = fault(&format!("a: {}{}\n", "[".repeat(60), "]".repeat(60)));
    assert!(text.starts_with("roles.yaml:1:"), "{text}");
    let text = fault("a: &a [*a]\n");
    assert!(text.starts_with("roles.yaml:1:"), "{text}");
}

#[test]
fn tags_second_documents_and_broken_yaml_are_refused_with_their_place() {
    assert!(fault("roles: !!binary aGk=\n").contains("tags are not read"));
    assert!(fault("roles: {}\n---\nroles: {}\n").contains("a second document"));
    assert!(fault("roles: [\n").starts_with("roles.yaml:"));
}

#[test]
fn all_faults_are_told_in_the_order_of_the_text() {
    let text = "roles:\n  A:\n    permisions:\n      - read: x\n    session: 1d\n    expires: soon\n    conditions:\n      region: europe\n      vcp: vpc-1\n";
    let faults = faults(text);
    let places: Vec<&str> = faults.iter().map(|fault| fault.split(": ").next().unwrap_or_default()).collect();
    assert_eq!(
        places,
        ["roles.yaml:3:5", "roles.yaml:5:14", "roles.yaml:6:14", "roles.yaml:8:15", "roles.yaml:9:7"]
    );
    assert!(faults[0].ends_with("did you mean `permissions`?"), "{faults:?}");
}

#[test]
fn a_condition_that_says_nothing_is_not_left_out() {
    for condition in ["region:", "vpc: []", "tags: {}", "tags: {env: }", "time: {}"] {
        let text = role("read: orders")
            .replace("    permissions:", &format!("    conditions: {{{condition}}}\n    permissions:"));
        assert!(fault(&text).contains("has no value"), "{condition}");
    }
}

#[test]
fn a_name_that_iam_does_not_take_is_refused() {
    let text = fault(&role("read: orders").replace("  A:", "  A role:"));
    assert!(text.starts_with("roles.yaml:2:3: `A role` is no name of a role"), "{text}");
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_with_a_place(text in "[ -~\n]{0,200}") {
        if let Err(error) = Intent::from_yaml("roles.yaml", &text) {
            prop_assert!(error.to_string().starts_with("roles.yaml:"), "{}", error);
        }
    }

    #[test]
    fn any_word_on_any_resource_is_compiled_or_refused(
        word in "[a-z:*-]{1,12}", resource in "[a-z:/*${}<>\"-]{1,40}", arn in any::<bool>(),
    ) {
        let head = if arn { "arn:aws:dynamodb:eu-west-1:111122223333:table/" } else { "" };
        let mut intent = Intent::from_yaml("roles.yaml", &role("read: orders")).expect("an intent");
        intent.roles[0].permissions[0].verb.value = word;
        intent.bind(&format!("orders={head}{resource}")).expect("a binding");
        if let Ok(roles) = aws::compile(&intent, Catalog::embedded(), &aws::Options::default()) {
            for document in &roles[0].identity {
                prop_assert!(Policy::parse(&document.policy.to_json()).is_ok());
            }
        }
    }
}

#[test]
fn nobody_can_be_trusted_by_a_wildcard() {
    for trust in [
        "{oidc: example.com, subject: '*'}",
        "{github: 'acme'}",
        "{account: 'arn:aws:iam::111122223333:role/*'}",
        "'*'",
    ] {
        let text = role("read: orders")
            .replace("    permissions:", &format!("    trust: {trust}\n    permissions:"));
        let text = fault(&text);
        assert!(text.starts_with("roles.yaml:3:12"), "{text}");
    }
}

#[test]
fn a_key_has_no_contents_to_read_and_a_secret_is_deleted_by_the_operation_only() {
    let key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let text = role("read: orders").replace("arn:aws:dynamodb:eu-west-1:111122223333:table/orders", key);
    assert!(fault(&text).contains("`read` means nothing for a key"), "{}", fault(&text));
    let secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-a1b2c3";
    let text = role("delete: orders").replace("arn:aws:dynamodb:eu-west-1:111122223333:table/orders", secret);
    assert!(fault(&text).contains("name what is done"), "{}", fault(&text));
}

#[test]
fn the_arn_of_a_secret_without_its_ending_is_refused_with_the_one_to_write() {
    let arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db";
    let of =
        |arn: &str| role("read: orders").replace("arn:aws:dynamodb:eu-west-1:111122223333:table/orders", arn);
    let told = fault(&of(arn));
    assert!(told.contains("is not a whole arn") && told.contains(&format!("write `{arn}-??????`")), "{told}");
    for whole in ["prod/db-a1b2c3", "prod/db-??????", "prod/*"] {
        let text = of(&arn.replace("prod/db", whole));
        assert!(compiled(&text).contains(whole), "{whole}");
    }
    // What is said without account and region is a name.
    assert!(compiled(&of("secretsmanager:secret:prod/db")).contains(":secret:prod/db-??????"));
}

#[test]
fn an_owner_that_cannot_be_a_tag_is_refused() {
    let text = role("read: orders").replace("    permissions:", "    owner: \"o'hara\"\n    permissions:");
    assert!(fault(&text).starts_with("roles.yaml:3:12: `o'hara` is no value of a tag"), "{}", fault(&text));
}

#[test]
fn to_delete_what_has_contents_never_deletes_the_resource() {
    let table = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders";
    for arn in [
        "arn:aws:sns:eu-west-1:111122223333:alerts",
        "arn:aws:firehose:eu-west-1:111122223333:deliverystream/audit",
    ] {
        let text = role("delete: orders").replace(table, arn);
        assert!(fault(&text).contains("`delete` means nothing"), "{arn}");
    }
}

#[test]
fn a_flag_that_means_nothing_is_named_as_it_was_given() {
    let form =
        Form { name: "a".into(), to: vec!["dynamodb".into(), "sqs:sned,orders".into()], ..Form::default() };
    let error = Intent::from_form(&form).expect_err("no verb");
    assert!(error.to_string().starts_with("`--to dynamodb`: `dynamodb` is no service and verb"), "{error}");
    let form = Form { name: "a".into(), to: vec!["sqs:sned,orders".into()], ..Form::default() };
    let intent = Intent::from_form(&form).expect("its form is right");
    let error =
        aws::compile(&intent, Catalog::embedded(), &aws::Options::default()).expect_err("no such verb");
    assert!(error.to_string().ends_with("did you mean `send`?"), "{error}");
}
