//! Which principals are agents: by their tags, else by their names, else by the service that runs them.
//!
//! Nothing in IAM says that a principal is an agent, so people say it: with a tag, with a name, or in the settings. The
//! defaults know the usual words. What a name says is a guess and is told as one; a tag that says no (`agent = false`)
//! beats the name.

use leastwise_policy::glob::Glob;

/// How agents are told from people and other workloads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marks {
    tags: Vec<TagMark>,
    names: Vec<NameMark>,
}

/// Why a principal counts as an agent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// It has this tag.
    Tag {
        /// The key as it stands there.
        key: String,
        /// The value as it stands there.
        value: String,
    },
    /// Its name has this word, or is like this pattern.
    Name(String),
    /// This service, which runs agents, assumes it.
    Service(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct TagMark {
    key: Glob,
    /// Any value but one that says no, when it is not given.
    value: Option<Glob>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum NameMark {
    Word(String),
    Pattern { shown: String, glob: Glob },
}

/// Keys of tags that mark an agent unless the settings name others.
pub const DEFAULT_TAGS: &[&str] = &["leastwise:agent", "agent", "ai-agent"];

/// Words that mark an agent in a name unless the settings name others.
pub const DEFAULT_NAMES: &[&str] = &[
    "agent",
    "agentic",
    "agentcore",
    "bot",
    "chatbot",
    "automation",
    "copilot",
    "assistant",
    "mcp",
    "llm",
    "gpt",
    "chatgpt",
    "claude",
    "codex",
    "genai",
    "ai",
    "aiops",
];

/// Services that run agents and nothing else, as roles name them whom they trust:
/// <https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-permissions.html>.
const SERVICES: &[&str] = &["bedrock-agentcore.amazonaws.com"];

/// Programs that are called agents and decide nothing: the word before `agent` in their names.
const PROGRAMS: &[&str] = &[
    "backup",
    "cloudwatch",
    "codedeploy",
    "datadog",
    "datasync",
    "discovery",
    "dynatrace",
    "ecs",
    "inspector",
    "kinesis",
    "log",
    "logging",
    "logs",
    "metrics",
    "monitoring",
    "replication",
    "security",
    "ssm",
    "storage",
    "watch",
    "xray",
];

/// Services that have such a word in their names and decide nothing: the word before it.
const SERVICES_OF: &[(&str, &str)] = &[("chatbot", "aws")];

/// Values of a tag that say that it is not one.
const NO: &[&str] = &["", "0", "false", "n", "no", "none", "off"];

impl Default for Marks {
    fn default() -> Marks {
        Marks::new(DEFAULT_TAGS.iter().copied(), DEFAULT_NAMES.iter().copied())
    }
}

impl Marks {
    /// `tags` are `KEY` or `KEY=VALUE`, both with `*` and `?`; a key alone means any value that does not say no.
    /// `names` are words, which mark a name in which they stand as a word, or patterns of the whole name, which have a
    /// `*` or `?`. Case does not matter.
    pub fn new<'a>(
        tags: impl IntoIterator<Item = &'a str>,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Marks {
        let tags = tags.into_iter().map(|text| {
            let (key, value) = match text.split_once('=') {
                Some((key, value)) => (key, Some(Glob::new(value.trim()))),
                None => (text, None),
            };
            TagMark { key: Glob::new(key.trim()), value }
        });
        let names = names.into_iter().map(|text| match text.contains(['*', '?']) {
            true => NameMark::Pattern { shown: text.to_owned(), glob: Glob::new(text) },
            false => NameMark::Word(text.to_lowercase()),
        });
        Marks { tags: tags.collect(), names: names.collect() }
    }

    /// Why the principal with this name (without its path) and these tags is an agent; none when nothing says so.
    pub fn of<'t>(&self, name: &str, tags: impl IntoIterator<Item = (&'t str, &'t str)>) -> Option<Mark> {
        let mut says_no = false;
        for (key, value) in tags {
            for mark in self.tags.iter().filter(|mark| mark.key.matches_ignoring_case(key)) {
                let is_no = NO.contains(&value.trim().to_lowercase().as_str());
                let fits = match &mark.value {
                    Some(wanted) => wanted.matches_ignoring_case(value),
                    None => !is_no,
                };
                if fits {
                    return Some(Mark::Tag { key: key.to_owned(), value: value.to_owned() });
                }
                says_no |= is_no;
            }
        }
        if says_no { None } else { self.of_name(name) }
    }

    /// The same of a role that these services may assume, besides others.
    pub fn of_role<'t>(
        &self,
        name: &str,
        tags: impl IntoIterator<Item = (&'t str, &'t str)> + Clone,
        services: impl IntoIterator<Item = &'t str>,
    ) -> Option<Mark> {
        if let Some(mark) = self.of(name, tags.clone()) {
            return Some(mark);
        }
        let service = services.into_iter().find(|service| SERVICES.contains(service))?;
        // A tag that says no counts here too.
        let says_no = |(key, value): (&str, &str)| {
            self.tags.iter().any(|mark| mark.key.matches_ignoring_case(key))
                && NO.contains(&value.trim().to_lowercase().as_str())
        };
        (!tags.into_iter().any(says_no)).then(|| Mark::Service(service.to_owned()))
    }

    fn of_name(&self, name: &str) -> Option<Mark> {
        let words = words(name);
        self.names.iter().find_map(|mark| match mark {
            NameMark::Word(word) => stands_in(word, &words).then(|| Mark::Name(word.clone())),
            NameMark::Pattern { shown, glob } => {
                glob.matches_ignoring_case(name).then(|| Mark::Name(shown.clone()))
            }
        })
    }
}

impl Mark {
    /// For people: ``tag `agent` = `billing` ``.
    pub fn words(&self) -> String {
        match self {
            Mark::Tag { key, value } => format!("tag `{key}` = `{value}`"),
            Mark::Name(word) => format!("its name has `{word}`"),
            Mark::Service(service) => format!("`{service}` assumes it"),
        }
    }
}

/// Whether the word, or several of it, stands among the words.
fn stands_in(wanted: &str, words: &[String]) -> bool {
    words.iter().enumerate().any(|(index, word)| {
        let is_it = word == wanted || word.strip_suffix('s') == Some(wanted);
        let before = index.checked_sub(1).and_then(|index| words.get(index));
        let is_program =
            wanted == "agent" && before.is_some_and(|before| PROGRAMS.contains(&before.as_str()));
        let is_service =
            SERVICES_OF.iter().any(|(of, by)| *of == wanted && before.is_some_and(|one| one == by));
        is_it && !is_program && !is_service
    })
}

/// The words of a name in lower case: split at what is no letter or digit, between letters and digits, and at capitals
/// (`MyAIAgent2` is my, ai, agent, 2).
fn words(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().collect();
    let mut words = vec![String::new()];
    for (index, c) in chars.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|index| chars.get(index));
        let after = chars.get(index + 1);
        let begins = before.is_some_and(|before| {
            before.is_numeric() != c.is_numeric()
                || (before.is_lowercase() && c.is_uppercase())
                || (before.is_uppercase()
                    && c.is_uppercase()
                    && after.is_some_and(|after| after.is_lowercase()))
        });
        if begins || !c.is_alphanumeric() {
            words.push(String::new());
        }
        if let (true, Some(word)) = (c.is_alphanumeric(), words.last_mut()) {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(name: &str) -> bool {
        Marks::default().of(name, []).is_some()
    }

    #[test]
    fn a_word_in_a_name_marks_an_agent() {
        for name in [
            "billing-agent",
            "BillingAgent",
            "MyAIHelper",
            "ci_bot",
            "agents",
            "agent007",
            "prod.mcp",
            "AI",
            "chatbot",
            "claude-code",
            "gpt_runner",
            "aiops",
            "GPT4Worker",
        ] {
            assert!(marked(name), "{name}");
        }
        for name in ["maintainer", "robotics", "email", "reagent", "detail", "admin", ""] {
            assert!(!marked(name), "{name}");
        }
    }

    #[test]
    fn programs_that_are_called_agents_are_none() {
        for name in
            ["CloudWatchAgentServerRole", "datadog-agent", "AmazonSSMAgent", "ecs-agent", "AWSChatbot-role"]
        {
            assert!(!marked(name), "{name}");
        }
        assert!(marked("cloudwatch-agent-bot"));
    }

    #[test]
    fn a_tag_marks_an_agent_unless_its_value_says_no() {
        let marks = Marks::default();
        assert_eq!(
            marks.of("x", [("Agent", "billing")]),
            Some(Mark::Tag { key: "Agent".into(), value: "billing".into() })
        );
        assert_eq!(marks.of("deploy-bot", [("agent", "False")]), None);
        assert!(marks.of("deploy-bot", [("team", "false")]).is_some());
    }

    #[test]
    fn a_role_that_a_service_for_agents_assumes_is_one_unless_a_tag_says_no() {
        let marks = Marks::default();
        let of = |tags: &[(&'static str, &'static str)], service| {
            marks.of_role("runtime", tags.iter().copied(), [service])
        };
        assert!(matches!(of(&[], "bedrock-agentcore.amazonaws.com"), Some(Mark::Service(_))));
        assert_eq!(of(&[("agent", "no")], "bedrock-agentcore.amazonaws.com"), None);
        assert_eq!(of(&[], "lambda.amazonaws.com"), None);
    }

    #[test]
    fn settings_take_the_place_of_the_defaults() {
        let marks = Marks::new(["kind=ai-*"], ["svc-*-worker", "zebra"]);
        assert!(marks.of("x", [("Kind", "ai-coder")]).is_some());
        assert!(marks.of("x", [("kind", "human")]).is_none());
        assert!(marks.of("svc-mail-worker", []).is_some());
        assert!(marks.of("the-zebra-1", []).is_some());
        assert!(marks.of("billing-agent", []).is_none());
    }
}
