//! What can go wrong at the edge, sorted by what the caller of the program would do about it: each kind is one
//! exit code.
//!
//! A message names the thing, the place and the way out: lower-case, no full stop, the user's own text in
//! backticks. The way out is the `hint`.

use std::fmt;

/// What a message says, and what it rests on.
#[derive(Debug)]
pub struct Detail {
    message: String,
    hint: Option<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// Why a command ended without doing what it was asked.
#[derive(Debug)]
pub enum Error {
    /// The answer is no: a proof that does not hold, a call that would be denied. Exit code 1.
    Findings(Detail),
    /// The command line or the configuration is wrong. Exit code 2.
    Usage(Detail),
    /// Something given could not be read, or a result could not be written. Exit code 3.
    Input(Detail),
}

/// The result of a command.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// The answer is no.
    pub fn findings(message: impl Into<String>) -> Self {
        Error::Findings(Detail::new(message))
    }

    /// The answer is no, and has been printed: there is nothing to add but the exit code.
    pub fn answered_no() -> Self {
        Error::findings("")
    }

    /// The command line or the configuration is wrong.
    pub fn usage(message: impl Into<String>) -> Self {
        Error::Usage(Detail::new(message))
    }

    /// Something could not be read or written.
    pub fn input(message: impl Into<String>) -> Self {
        Error::Input(Detail::new(message))
    }

    /// Says the way out.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.detail_mut().hint = Some(hint.into());
        self
    }

    /// Keeps the cause.
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.detail_mut().source = Some(source.into());
        self
    }

    /// The process's exit code: 1 the answer is no, 2 wrong use, 3 input that cannot be read.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Findings(_) => 1,
            Error::Usage(_) => 2,
            Error::Input(_) => 3,
        }
    }

    /// The way out, when there is one to tell.
    pub fn way_out(&self) -> Option<&str> {
        self.detail().hint.as_deref()
    }

    fn detail(&self) -> &Detail {
        match self {
            Error::Findings(detail) | Error::Usage(detail) | Error::Input(detail) => detail,
        }
    }

    fn detail_mut(&mut self) -> &mut Detail {
        match self {
            Error::Findings(detail) | Error::Usage(detail) | Error::Input(detail) => detail,
        }
    }
}

impl Detail {
    fn new(message: impl Into<String>) -> Self {
        Detail { message: message.into(), hint: None, source: None }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail().message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.detail().source.as_deref().map(|source| source as &(dyn std::error::Error + 'static))
    }
}

/// The whole story on as many lines as it needs: message, causes, way out.
pub fn story(error: &Error) -> String {
    let mut text = format!("error: {}", crate::output::plain(&error.to_string()));
    let mut cause = std::error::Error::source(error);
    let mut said = error.to_string();
    while let Some(source) = cause {
        let line = source.to_string();
        // Many libraries repeat their cause in their own message; saying it twice helps nobody.
        if !said.contains(&line) {
            text.push_str(&format!("\n  because: {}", crate::output::plain(&line)));
        }
        said = line;
        cause = source.source();
    }
    if let Some(hint) = error.way_out() {
        text.push_str(&format!("\n  help: {}", crate::output::plain(hint)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_story_tells_message_cause_and_way_out_once_each() {
        let error = Error::input("cannot read `a.json`")
            .because(std::io::Error::other("permission denied"))
            .hint("give a file that you may read");
        assert_eq!(
            story(&error),
            "error: cannot read `a.json`\n  because: permission denied\n  help: give a file that you may read"
        );
    }

    #[test]
    fn a_name_with_a_line_break_cannot_forge_a_line() {
        let story = story(&Error::input("cannot read `a\nerror: all is well`"));
        assert_eq!(story.lines().count(), 1);
    }
}
