//! What only the process that the user started can do: read its standard input, and know what its relative paths mean.
//! Afterwards the command can be done by any process.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::cli::arguments::{Command, Profile, RecoveryStep};
use crate::error::{Error, Result};

/// The longest text that is read. An event holds 65,536 bytes, and Markdown goes into it twice.
const MAX_TEXT_BYTES: u64 = 60_000;

/// The command with what standard input had for it, and with paths from the root.
///
/// # Errors
/// If standard input cannot be read, is too long or no UTF-8.
pub fn prepare(mut command: Command, stdin: &mut dyn Read) -> Result<Command> {
    match &mut command {
        Command::Post(post) => {
            if post.text.as_deref().is_none_or(|text| text == "-") && (post.text.is_some() || post.pictures.is_empty())
            {
                post.text = Some(text(stdin)?);
            }
            post.pictures = post.pictures.iter().map(|path| absolute(path)).collect::<Result<_>>()?;
        }
        Command::Edit(edit) => from_stdin(&mut edit.text, stdin)?,
        Command::Dm(dm) => from_stdin(&mut dm.text, stdin)?,
        Command::Reply(reply) if reply.text == "-" => reply.text = text(stdin)?,
        Command::Profile(Profile { avatar: Some(path), .. }) => *path = absolute(path)?,
        Command::Export(export) => export.file = export.file.as_deref().map(absolute).transpose()?,
        Command::Recovery(RecoveryStep::Restore { recovery_key_stdin: true, key }) => {
            let read = text(stdin)?;
            *key = Some(read.lines().next().unwrap_or_default().trim().to_owned());
        }
        _ => {}
    }
    Ok(command)
}

fn from_stdin(given: &mut Option<String>, stdin: &mut dyn Read) -> Result<()> {
    if given.as_deref() == Some("-") {
        *given = Some(text(stdin)?);
    }
    Ok(())
}

/// All of standard input, without the last end of line.
fn text(stdin: &mut dyn Read) -> Result<String> {
    let mut read = Vec::new();
    stdin.take(MAX_TEXT_BYTES + 1).read_to_end(&mut read)?;
    if read.len() as u64 > MAX_TEXT_BYTES {
        let most = MAX_TEXT_BYTES / 1_000;
        return Err(Error::Input(format!("The text is too long: one message holds about {most} kB.")));
    }
    let read = String::from_utf8(read).map_err(|_| Error::Input("Standard input is not text in UTF-8.".to_owned()))?;
    let read = read.trim_end_matches(['\n', '\r']).to_owned();
    if read.trim().is_empty() {
        return Err(Error::Input("There was no text on standard input.".to_owned()));
    }
    Ok(read)
}

fn absolute(path: &Path) -> Result<PathBuf> {
    Ok(std::path::absolute(path)?)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::arguments::Arguments;

    fn prepared(line: &[&str], stdin: &str) -> Result<Command> {
        prepare(Arguments::parse_from(line).command, &mut stdin.as_bytes())
    }

    fn posted(line: &[&str], stdin: &str) -> Option<String> {
        match prepared(line, stdin).unwrap() {
            Command::Post(post) => post.text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_text_comes_from_standard_input_where_none_is_given() {
        assert_eq!(posted(&["thoughts", "post", "-"], "one\ntwo\n").as_deref(), Some("one\ntwo"));
        assert_eq!(posted(&["thoughts", "post"], "one\n").as_deref(), Some("one"));
        assert_eq!(posted(&["thoughts", "post", "given"], "one\n").as_deref(), Some("given"));
        assert_eq!(posted(&["thoughts", "post", "--picture", "x.png"], "one\n"), None);
        assert_eq!(posted(&["thoughts", "post", "-", "--picture", "x.png"], "one\n").as_deref(), Some("one"));
    }

    #[test]
    fn nothing_and_too_much_are_refused() {
        assert!(matches!(prepared(&["thoughts", "post"], " \n"), Err(Error::Input(_))));
        assert!(matches!(prepared(&["thoughts", "reply", "abcd", "-"], ""), Err(Error::Input(_))));
        assert!(matches!(prepared(&["thoughts", "post", "-"], &"x".repeat(60_001)), Err(Error::Input(_))));
        assert_eq!(posted(&["thoughts", "post", "-"], &"x".repeat(60_000)).map(|text| text.len()), Some(60_000));
    }

    #[test]
    fn paths_mean_what_they_meant_where_the_user_was() {
        let Command::Export(export) = prepared(&["thoughts", "export", "mine.jsonl"], "").unwrap() else { panic!() };
        assert!(export.file.unwrap().is_absolute());
    }
}
