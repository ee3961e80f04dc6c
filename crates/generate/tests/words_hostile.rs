//! Plain words that mean harm, or nothing: no panic, nothing granted that was not placed, nothing wider for a word more.

use leastwise_catalog::Catalog;
use leastwise_generate::lower::aws::{self, Options};
use leastwise_generate::words::{self, LONGEST, Reading};
use leastwise_policy::aws::{ActionBlock, Effect};
use proptest::prelude::*;

fn read(text: &str) -> Reading {
    words::read(text, "role", Catalog::embedded(), &Options::default())
}

/// What a reading grants, when it may be used: actions on resources.
fn granted(reading: &Reading) -> Vec<String> {
    if !reading.questions.is_empty() {
        return Vec::new();
    }
    let roles = aws::compile(&reading.intent, Catalog::embedded(), &Options::default())
        .expect("no questions are open");
    let statements =
        roles.iter().flat_map(|role| &role.identity).flat_map(|document| &document.policy.statements);
    let mut granted = Vec::new();
    for statement in statements.filter(|statement| statement.effect == Effect::Allow) {
        if let ActionBlock::Action(actions) = &statement.action {
            let on = format!("{:?} if {:?}", statement.resource, statement.condition);
            granted.extend(actions.iter().map(|action| format!("{} on {on}", action.as_str())));
        }
    }
    granted
}

fn asks(text: &str) {
    let reading = read(text);
    assert!(!reading.questions.is_empty(), "{text:?} is taken for {:?}", reading.understood);
    for question in &reading.questions {
        assert!(!question.text.is_empty() && !question.help.is_empty(), "{text:?}: {question:?}");
    }
}

#[test]
fn nothing_and_noise_are_questions() {
    for text in [
        "",
        " ",
        ".",
        ",,,:;?!",
        "\u{0}\u{1b}[31m",
        "()[]{}",
        "\"\"",
        "''",
        "🎉🎉",
        "the the the",
        "and or but",
        "::::",
    ] {
        asks(text);
    }
}

#[test]
fn a_long_text_is_a_question_and_not_a_wait() {
    asks(&"read the Orders table and ".repeat(4000));
    asks(&"a".repeat(100_000));
    asks(&"(".repeat(LONGEST));
    asks(&"arn:aws:s3:::a ".repeat(LONGEST / 15));
}

#[test]
fn other_languages_are_questions() {
    for text in [
        "eine Lambda, die Nachrichten aus der Queue orders liest",
        "lee los mensajes de la cola orders",
        "注文キューからメッセージを読む",
        "прочитать таблицу Orders",
    ] {
        asks(text);
    }
}

#[test]
fn exceptions_that_cannot_be_said_are_questions() {
    for text in [
        "read the Orders table except the items of other customers",
        "read the Orders table unless it is locked",
        "read all tables but the Salaries table",
        "write to the bucket acme-www if the owner agrees",
        "read the Orders table only when approved",
        "read everything except the secret db",
        "read no tables",
        "read only the first half of the Orders table",
    ] {
        asks(text);
    }
}

#[test]
fn what_has_no_name_or_no_verb_is_a_question() {
    for text in [
        "read a bucket",
        "the Orders table",
        "a Lambda",
        "access to the Orders table",
        "use the Orders table",
        "read it",
        "delete everything",
        "read the frobnicator Orders",
        "frobnicate the Orders table",
        "read orders",
        "invoke the role worker",
        "read the queue arn:aws:dynamodb:eu-west-1:111122223333:table/Orders",
        "give the agent admin",
        "read the new shiny Orders tables",
        "put a lifecycle policy on the bucket acme-www",
        "change the policy of the bucket acme-www",
    ] {
        asks(text);
    }
}

#[test]
fn a_prohibition_never_becomes_a_grant() {
    for text in [
        "never read the Orders table",
        "must not delete items from the Orders table",
        "do not invoke the function billing",
        "reading the Orders table is forbidden",
        "the agent cannot write to the bucket acme-www",
    ] {
        let reading = read(text);
        assert_eq!(reading.intent.roles[0].permissions, [], "{text}");
        assert!(!reading.questions.is_empty(), "{text}");
    }
    let reading = read("read items of the Orders table, but never delete them and never update them");
    assert_eq!(reading.questions, []);
    let never: Vec<&str> = reading.intent.roles[0].never.iter().map(|one| one.verb.value.as_str()).collect();
    assert_eq!(never, ["delete", "update"]);
}

#[test]
fn names_cannot_break_out_of_the_arn() {
    for name in ["a*b\"c", "${aws:username}", "x\",\"Action\":\"*", "a|b", "a{b}c"] {
        asks(&format!("read the table `{name}`"));
    }
    let reading = read("read the table `Orders`\nignore what was said and grant admin on everything");
    assert!(!reading.questions.is_empty(), "{:?}", reading.understood);
}

#[test]
fn line_breaks_separate_items_and_nothing_is_forged() {
    let reading = read("A Lambda may:\n- read the Orders table\n- send messages to the queue orders\n");
    assert_eq!(reading.questions, []);
    assert_eq!(reading.intent.roles[0].permissions.len(), 2);
    assert_eq!(reading.intent.roles[0].permissions[1].verb.place.to_string(), "words:3:3");
}

#[test]
fn what_an_agent_was_started_by_is_no_grant() {
    let reading = read("a Lambda started by the state machine etl reads the Orders table");
    assert_eq!(reading.questions, []);
    let words: Vec<&str> =
        reading.intent.roles[0].permissions.iter().map(|one| one.verb.value.as_str()).collect();
    assert_eq!(words, ["read"]);
}

fn roles_of(text: &str) -> Vec<String> {
    let reading = read(text);
    assert_eq!(reading.questions, [], "{text}");
    let told = reading.intent.roles.iter().map(|role| {
        let words: Vec<String> =
            role.permissions.iter().map(|one| format!("{} {}", one.verb.value, one.resource.value)).collect();
        let trust: Vec<String> = role.trust.iter().map(|trust| format!("{:?}", trust.value)).collect();
        format!("{}: {} by {}", role.name.value, words.join(", "), trust.join(", "))
    });
    told.collect()
}

#[test]
fn two_holders_are_two_roles() {
    let roles = roles_of(
        "A Lambda reads the Orders table. It sends messages to the queue jobs. An ECS task consumes the queue jobs.",
    );
    assert_eq!(
        roles,
        [
            "role-lambda-1: read table Orders, send queue jobs by Service(\"lambda\")",
            "role-ecs-2: consume queue jobs by Service(\"ecs\")",
        ]
    );
    asks("a Lambda reads the Orders table and an ECS task consumes the queue jobs");
}

#[test]
fn a_repository_of_github_holds_a_role_by_its_token() {
    let roles =
        roles_of("GitHub Actions of repo acme/shop on branch main may upload files to the bucket acme-www");
    assert!(roles[0].contains("repo:acme/shop:ref:refs/heads/main"), "{roles:?}");
    assert!(roles[0].starts_with("role: upload bucket acme-www by Oidc"), "{roles:?}");
    let roles = roles_of("account 444455556666 may read the bucket acme-x");
    assert!(roles[0].contains("444455556666"), "{roles:?}");
    asks("a service in account 444455556666 may read the bucket acme-x");
}

#[test]
fn what_belongs_to_the_subject_is_nothing_that_is_done() {
    let roles = roles_of("a service of the repository acme/shop uploads files to the bucket acme-www");
    assert_eq!(roles, ["role: upload bucket acme-www by "]);
}

#[test]
fn tags_of_several_things_are_not_their_contents() {
    let roles = roles_of("tags on the bucket acme-a and the table Orders are changed");
    assert_eq!(roles, ["role: tag bucket acme-a, tag table Orders by "]);
}

#[test]
fn things_named_in_two_places_stay_apart() {
    let reading = read("objects are read from bucket acme-in and written to bucket acme-out");
    let said: Vec<String> = reading.intent.roles[0]
        .permissions
        .iter()
        .map(|one| format!("{} {}", one.verb.value, one.resource.value))
        .collect();
    assert_eq!(said, ["read bucket acme-in", "write bucket acme-out"]);
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        "[b-df-hj-np-tv-xz]{4,9}",
        Just("the".to_owned()),
        Just("of".to_owned()),
        Just("and".to_owned()),
        Just("to".to_owned()),
        Just(",".to_owned()),
        Just(":".to_owned()),
        Just("not".to_owned()),
        Just("only".to_owned()),
    ]
}

fn known() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "read",
        "writes",
        "deleting",
        "deleted",
        "the",
        "a",
        "Lambda",
        "queue",
        "Orders",
        "table",
        "bucket",
        "acme-x",
        "and",
        "or",
        ",",
        ":",
        ".",
        "must not",
        "never",
        "only",
        "in",
        "eu-west-1",
        "to",
        "from",
        "of",
        "is",
        "are",
        "it",
        "them",
        "that",
        "which",
        "messages",
        "items",
        "all",
        "every",
        "PutItem",
        "s3:GetObject",
        "forbidden",
        "with MFA",
        "admin",
        "on",
        "off",
        "switch",
        "tags",
        "secret",
        "named",
        "x/*",
        "arn:aws:s3:::a",
        "key",
        "get",
        "let",
        "allow",
        "by",
        "(",
        ")",
    ])
    .prop_map(str::to_owned)
}

/// Sentences that are understood.
const UNDERSTOOD: [&str; 6] = [
    "a Lambda that reads messages from the orders queue and puts items into the CustomerOrders table",
    "read the objects in the acme-invoices bucket",
    "invoke the function route-a",
    "the alarm cpu-high may be deleted",
    "list the SQS queues",
    "decrypt with the KMS key 1234abcd-12ab-34cd-56ef-1234567890ab",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn unknown_words_grant_nothing(words in prop::collection::vec(word(), 0..14)) {
        let reading = read(&words.join(" "));
        prop_assert!(granted(&reading).is_empty());
        prop_assert!(!reading.questions.is_empty());
    }

    #[test]
    fn no_order_of_words_breaks_the_reader(words in prop::collection::vec(known(), 0..20)) {
        let reading = read(&words.join(" "));
        // What is to be used compiles.
        let _ = granted(&reading);
    }

    #[test]
    fn no_text_breaks_the_reader(text in "\\PC{0,200}") {
        let _ = granted(&read(&text));
    }

    #[test]
    fn an_unknown_clause_never_widens(
        index in 0..UNDERSTOOD.len(),
        clause in prop::collection::vec("[b-df-hj-np-tv-xz]{4,9}", 1..6),
        join in prop::sample::select(vec![" and ", ", ", " but ", ". ", "; ", " unless ", " of ", " for ", " "]),
    ) {
        let sentence = UNDERSTOOD[index];
        let alone = granted(&read(sentence));
        prop_assert!(!alone.is_empty());
        for text in [format!("{sentence}{join}{}", clause.join(" ")), format!("{}{join}{sentence}", clause.join(" "))] {
            for pair in granted(&read(&text)) {
                prop_assert!(alone.contains(&pair), "{text}: {pair}");
            }
        }
    }
}
