//! Completions for shells, from the definitions of the command line.

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::cli::arguments::Arguments;

/// The script for that shell.
#[must_use]
pub fn completions(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "thoughts", &mut script);
    script
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shell_learns_every_command() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::Elvish, Shell::PowerShell] {
            let script = String::from_utf8(completions(shell)).unwrap();
            for word in ["register", "audience", "accept", "recovery-key-stdin", "follow"] {
                assert!(script.contains(word), "{shell}: {word}");
            }
        }
    }
}
