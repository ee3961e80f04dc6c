//! Plain words on the command line: what was understood is shown, what was not is asked, or refused with `--yes` and
//! where nobody can be asked.

use std::io::{self, BufRead, IsTerminal as _};

use leastwise_catalog::Catalog;
use leastwise_generate::intent::Intent;
use leastwise_generate::words::{self, Question, Reading};

use crate::cli::generate::GenerateArgs;
use crate::error::{Error, Result};
use crate::output;

/// The longest answer that is read, and how many are asked for.
const LONGEST_ANSWER: u64 = 4096;
const MOST_ANSWERS: usize = 20;

/// The words among the arguments: what `--words` says, or an argument that holds white space and is no file.
pub fn said(args: &GenerateArgs) -> Result<Option<String>> {
    let sentence = |path: &std::path::PathBuf| {
        let text = path.to_str().filter(|text| text.contains(char::is_whitespace))?;
        (!path.exists()).then(|| text.to_owned())
    };
    let mut said: Vec<String> = args.words.iter().cloned().collect();
    let sentences: Vec<String> = args.files.iter().filter_map(sentence).collect();
    let files = args.files.len() > sentences.len();
    said.extend(sentences);
    match &said[..] {
        [] => Ok(None),
        [_] if !files && args.from.is_empty() && args.to.is_empty() => Ok(said.pop()),
        [_] => Err(Error::usage("plain words cannot be mixed with files or flags")
            .hint("say all of it in words, or all of it in roles or flags")),
        _ => Err(Error::usage("plain words are one argument").hint("put all sentences into one, in quotes")),
    }
}

/// Reads the words; asks for what they leave open.
pub fn read(args: &GenerateArgs, text: &str, catalog: &Catalog, quiet: bool) -> Result<Intent> {
    let options = super::aws::options(args)?;
    let mut text = text.to_owned();
    for _ in 0..MOST_ANSWERS {
        let reading = words::read(&text, &args.name, catalog, &options);
        let Some(question) = reading.questions.first() else {
            if !quiet {
                show(&reading);
            }
            return Ok(reading.intent);
        };
        let asked = !args.yes && io::stdin().is_terminal() && io::stderr().is_terminal();
        match asked.then(|| ask(question)).flatten() {
            Some(answer) => text = answer,
            None => return Err(refused(&reading, quiet)),
        }
    }
    Err(Error::input("the words are not understood after many answers")
        .hint("write roles in YAML, or use `--to`"))
}

/// What each phrase was taken for.
fn show(reading: &Reading) {
    for phrase in &reading.understood {
        note(&format!("understood: {}: `{}`: {}", phrase.place, phrase.phrase, phrase.meaning));
    }
    for phrase in &reading.left_out {
        note(&format!("left out: {}: `{}`: {}", phrase.place, phrase.phrase, phrase.meaning));
    }
}

/// Every question on stderr, with the answers that it has.
fn refused(reading: &Reading, quiet: bool) -> Error {
    if !quiet {
        show(reading);
    }
    for question in &reading.questions {
        note(&format!("question: {}", told(question)));
        for choice in &question.choices {
            note(&format!("  {}: {}", choice.label, choice.text));
        }
        note(&format!("  help: {}", question.help));
    }
    let open = match reading.questions.len() {
        1 => "a question is open".to_owned(),
        several => format!("{several} questions are open"),
    };
    Error::input(format!("the words are not understood: {open}"))
        .hint("say it as the answers do, or in roles or flags; on a terminal, without `--yes`, you are asked")
}

fn told(question: &Question) -> String {
    match question.phrase.is_empty() {
        true => format!("{}: {}", question.place, question.text),
        false => format!("{}: `{}`: {}", question.place, question.phrase, question.text),
    }
}

/// Asks on the terminal: the number of an answer, or the whole said otherwise. Nothing ends it.
fn ask(question: &Question) -> Option<String> {
    note(&format!("question: {}", told(question)));
    for (index, choice) in question.choices.iter().enumerate() {
        note(&format!("  {}. {}", index + 1, choice.label));
    }
    note(&format!("  help: {}", question.help));
    note("the number of an answer, or the whole in other words; nothing to stop:");
    let mut line = String::new();
    let mut input = io::Read::take(io::stdin().lock(), LONGEST_ANSWER);
    input.read_line(&mut line).ok()?;
    answer(question, line.trim())
}

/// What is read next, after an answer.
fn answer(question: &Question, line: &str) -> Option<String> {
    if let Ok(number) = line.parse::<usize>() {
        let choice = number.checked_sub(1).and_then(|index| question.choices.get(index))?;
        return Some(choice.text.clone());
    }
    (!line.is_empty()).then(|| line.to_owned())
}

fn note(text: &str) {
    output::note(&output::plain(text));
}

#[cfg(test)]
mod tests {
    use super::*;
    use leastwise_generate::lower::aws;

    fn question() -> Question {
        let text = "a Lambda that uses the tasks queue";
        let reading = words::read(text, "role", Catalog::embedded(), &aws::Options::default());
        reading.questions.into_iter().next().expect("a question")
    }

    #[test]
    fn an_answer_is_a_number_or_other_words() {
        let question = question();
        let first = answer(&question, "1").expect("an answer");
        assert_eq!(first, question.choices[0].text);
        assert_eq!(answer(&question, "reads the tasks queue").as_deref(), Some("reads the tasks queue"));
        for nothing in ["", "0", "99"] {
            assert_eq!(answer(&question, nothing), None);
        }
    }

    #[test]
    fn every_answer_that_is_offered_is_understood() {
        let question = question();
        assert!(!question.choices.is_empty());
        for choice in &question.choices {
            let reading = words::read(&choice.text, "role", Catalog::embedded(), &aws::Options::default());
            assert_eq!(reading.questions, [], "{}", choice.text);
        }
    }
}
