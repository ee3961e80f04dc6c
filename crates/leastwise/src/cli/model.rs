//! Which language model may be asked, and where it is.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Arguments about a model.
#[derive(Debug, Args)]
#[command(next_help_heading = "A language model (docs/model.md)")]
pub struct ModelArgs {
    /// Let a language model read the words and propose roles; names are replaced by stand-ins before anything is sent.
    /// Only ever on the command line; without a name the one of the settings
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "")]
    pub model: Option<String>,

    /// The model's name, where --model says none
    #[arg(long, value_name = "NAME")]
    pub model_name: Option<String>,

    /// Whose protocol the model's server speaks
    #[arg(long, value_enum, value_name = "PROVIDER")]
    pub model_provider: Option<Provider>,

    /// The address of the server [default: the provider's own]
    #[arg(long, value_name = "URL")]
    pub model_endpoint: Option<String>,

    /// The environment variable that holds the key [default: OPENAI_API_KEY or ANTHROPIC_API_KEY, for the provider's own
    /// address alone]
    #[arg(long, value_name = "VARIABLE", conflicts_with = "model_api_key_file")]
    pub model_api_key_env: Option<String>,

    /// A file that holds the key
    #[arg(long, value_name = "FILE")]
    pub model_api_key_file: Option<PathBuf>,

    /// How many seconds one request may take
    #[arg(long, value_name = "SECONDS", default_value = "60")]
    pub model_timeout: u64,

    /// Print on stderr what is sent to the model and what it replies
    #[arg(long)]
    pub show_prompt: bool,
}

/// Whose protocol a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Provider {
    /// Chat completions: OpenAI, vLLM, llama.cpp and many others
    Openai,
    /// Messages
    Anthropic,
    /// Ollama on this machine
    Ollama,
}
