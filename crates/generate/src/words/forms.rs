//! The forms of English verbs and nouns, by its rules.

/// How a verb stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `read`.
    Base,
    /// `reads`.
    Third,
    /// `reading`.
    Ing,
    /// `written`.
    Past,
}

/// All forms of a verb, which may have a particle: `look up`. Where the rules of doubling leave a doubt, both forms are
/// there: one of them nobody writes.
pub(super) fn of(phrase: &str, irregular: &[String]) -> Vec<(String, Form)> {
    let (verb, particle) = match phrase.split_once(' ') {
        // The verb of `git pull` is its last word.
        Some(("git" | "docker", _)) => ("", ""),
        Some((verb, particle)) => (verb, particle),
        None => (phrase, ""),
    };
    if verb.is_empty() {
        let (tool, verb) = phrase.split_once(' ').unwrap_or(("", phrase));
        return of(verb, &[]).into_iter().map(|(text, form)| (format!("{tool} {text}"), form)).collect();
    }
    let mut forms = vec![(verb.to_owned(), Form::Base)];
    forms.extend(thirds(verb).into_iter().map(|text| (text, Form::Third)));
    let stems = stems(verb);
    forms.extend(stems.iter().map(|stem| (format!("{stem}ing"), Form::Ing)));
    forms.extend(pasts(verb, &stems).into_iter().map(|text| (text, Form::Past)));
    let mut forms: Vec<(String, Form)> = forms
        .into_iter()
        .map(|(text, form)| (if particle.is_empty() { text } else { format!("{text} {particle}") }, form))
        .collect();
    forms.extend(irregular.iter().map(|text| (text.clone(), Form::Past)));
    forms
}

/// The plurals that a noun may have.
pub(super) fn plurals(phrase: &str) -> Vec<String> {
    thirds(phrase)
}

/// The singular of a word, as far as its letters tell.
pub(super) fn singular(word: &str) -> String {
    if let Some(stem) = word.strip_suffix("ies").filter(|stem| stem.len() > 1) {
        return format!("{stem}y");
    }
    for ending in ["sses", "xes", "ches", "shes"] {
        if word.ends_with(ending) {
            return word[..word.len() - 2].to_owned();
        }
    }
    match word.strip_suffix('s') {
        Some(stem) if stem.len() > 2 && !stem.ends_with(['s', 'u', 'i']) => stem.to_owned(),
        _ => word.to_owned(),
    }
}

fn thirds(word: &str) -> Vec<String> {
    if word == "have" {
        return vec!["has".to_owned()];
    }
    if let Some(stem) = word.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'i', 'o', 'u'])) {
        return vec![format!("{stem}ies")];
    }
    match word.ends_with(['s', 'x', 'z'])
        || word.ends_with("ch")
        || word.ends_with("sh")
        || word.ends_with('o')
    {
        true => vec![format!("{word}es")],
        false => vec![format!("{word}s")],
    }
}

/// What `-ing` and `-ed` are put to.
fn stems(verb: &str) -> Vec<String> {
    let mut stems = vec![verb.to_owned()];
    if let Some(stem) = verb.strip_suffix('e').filter(|stem| !stem.ends_with('e')) {
        return vec![stem.to_owned()];
    }
    let mut ending = verb.chars().rev();
    if let (Some(last), Some(vowel), Some(before)) = (ending.next(), ending.next(), ending.next())
        && !"aeiouwxy".contains(last)
        && "aeiou".contains(vowel)
        && !"aeiou".contains(before)
    {
        stems.push(format!("{verb}{last}"));
    }
    stems
}

fn pasts(verb: &str, stems: &[String]) -> Vec<String> {
    if let Some(stem) = verb.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'i', 'o', 'u'])) {
        return vec![format!("{stem}ied")];
    }
    stems.iter().map(|stem| format!("{stem}ed")).collect()
}

/// Prefixes of services that nobody takes for an English word: `dynamodb`, `s3`, and not `events`.
pub(super) fn unlike_a_word(prefix: &str) -> bool {
    const NAMES: [&str; 22] = [
        "lambda",
        "glue",
        "athena",
        "kinesis",
        "firehose",
        "bedrock",
        "comprehend",
        "rekognition",
        "textract",
        "polly",
        "cloudfront",
        "cloudtrail",
        "cloudwatch",
        "dynamodb",
        "codebuild",
        "codecommit",
        "codepipeline",
        "codedeploy",
        "sagemaker",
        "elasticache",
        "redshift",
        "cloudformation",
    ];
    let digits = prefix.bytes().any(|b| b.is_ascii_digit());
    let vowels = prefix.bytes().filter(|b| b"aeiou".contains(b)).count();
    let short = prefix.len() <= 4
        && (vowels == 0 || ["iam", "eks", "ecs", "ecr", "acm", "ses", "waf"].contains(&prefix));
    NAMES.contains(&prefix) || digits || short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(verb: &str) -> Vec<String> {
        of(verb, &[]).into_iter().map(|(text, _)| text).collect()
    }

    #[test]
    fn verbs_take_their_forms_by_the_rules() {
        assert!(texts("put").contains(&"putting".to_owned()));
        assert!(texts("store").contains(&"stored".to_owned()));
        assert!(texts("copy").contains(&"copied".to_owned()));
        assert!(texts("look up").contains(&"looks up".to_owned()));
        assert!(texts("git pull").contains(&"git pulls".to_owned()));
        assert!(texts("push").contains(&"pushes".to_owned()));
    }

    #[test]
    fn nouns_have_a_singular() {
        assert_eq!(singular("queries"), "query");
        assert_eq!(singular("addresses"), "address");
        assert_eq!(singular("records"), "record");
        assert_eq!(singular("status"), "status");
    }
}
