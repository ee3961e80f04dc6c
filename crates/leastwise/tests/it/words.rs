//! `leastwise generate "…"`: plain words as a user says them.

use crate::support::{Folder, run};

const SENTENCE: &str =
    "a Lambda that reads messages from the orders queue and puts items into the CustomerOrders table";

#[test]
fn words_and_flags_that_mean_the_same_give_the_same() {
    let folder = Folder::new("words-same");
    let said = run(&folder, &["generate", SENTENCE]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let flags = run(
        &folder,
        &[
            "generate",
            "--from",
            "lambda",
            "--to",
            "sqs:read,orders",
            "--to",
            "dynamodb:put-item,table/CustomerOrders",
        ],
    );
    assert_eq!(said.out, flags.out);
    assert!(said.err.contains("understood: words:1:1: `a Lambda`: held by lambda"), "{}", said.err);
    assert!(said.err.contains("`puts items into the CustomerOrders table`"), "{}", said.err);
    let option = run(&folder, &["generate", "--words", SENTENCE]);
    assert_eq!(option.out, said.out);
}

#[test]
fn a_question_is_told_with_its_answers_and_writes_nothing() {
    let folder = Folder::new("words-question");
    for args in [
        &["generate", "a Lambda that uses the orders queue", "--out", "made"][..],
        &["generate", "--yes", "a Lambda that uses the orders queue", "--out", "made"],
    ] {
        let done = run(&folder, args);
        assert_eq!((done.code, done.out.as_str()), (Some(3), ""), "{}", done.err);
        assert!(
            done.err.contains("question: words:1:15: `uses`: queue orders: what may be done with it?"),
            "{}",
            done.err
        );
        assert!(done.err.contains("  read: a Lambda that read the orders queue"), "{}", done.err);
        assert!(!folder.0.join("made").exists());
    }
}

#[test]
fn an_exception_is_refused_rather_than_left_out() {
    let folder = Folder::new("words-except");
    let done = run(&folder, &["generate", "read the Orders table except the items of other customers"]);
    assert_eq!((done.code, done.out.as_str()), (Some(3), ""), "{}", done.err);
    assert!(done.err.contains("`except`"), "{}", done.err);
}

#[test]
fn words_do_not_mix_with_flags_or_files() {
    let folder = Folder::new("words-mixed");
    folder.write("roles.yaml", "roles: {}\n");
    for args in [
        &["generate", SENTENCE, "--from", "lambda", "--to", "sqs:read,orders"][..],
        &["generate", SENTENCE, "roles.yaml"],
        &["generate", SENTENCE, "read the Orders table"],
    ] {
        let done = run(&folder, args);
        assert_eq!((done.code, done.out.as_str()), (Some(2), ""), "{}", done.err);
    }
}

#[test]
fn a_file_with_spaces_in_its_name_is_a_file() {
    let folder = Folder::new("words-file");
    folder.write("my roles.yaml", "roles:\n  A:\n    permissions:\n      - read: arn:aws:s3:::acme-x\n");
    let done = run(&folder, &["generate", "my roles.yaml"]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(done.out.contains("acme-x/*"), "{}", done.out);
}

#[test]
fn nothing_in_the_words_forges_a_line_on_the_terminal() {
    let folder = Folder::new("words-forged");
    let done = run(&folder, &["generate", "read the table `x\u{1b}[31m`\nunderstood: all is well"]);
    assert_eq!(done.code, Some(3), "{}", done.err);
    assert!(!done.err.contains('\u{1b}'), "{}", done.err);
    assert!(!done.err.lines().any(|line| line.starts_with("understood: all")), "{}", done.err);
}
