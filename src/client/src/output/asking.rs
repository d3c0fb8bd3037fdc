//! Asking whoever sits at the terminal, or taking a line from whatever standard input is.

use std::io::{IsTerminal, Write};

use tokio::task::spawn_blocking;

use crate::console::Question;
use crate::error::{Error, Result};
use crate::output::plain;

/// How often an answer that is not understood is asked for again.
const TRIES: u32 = 5;

/// The answer. The question goes to standard error, so that standard output is for results only.
///
/// # Errors
/// If standard input has ended, or no answer is understood.
pub async fn ask(question: Question) -> Result<String> {
    spawn_blocking(move || answer(&question)).await.map_err(std::io::Error::other)?
}

fn answer(question: &Question) -> Result<String> {
    for _ in 0..TRIES {
        if let Some(answer) = understood(question, &read(question)?) {
            return Ok(answer);
        }
    }
    Err(unanswered(question))
}

/// The last line of the question is what was asked.
fn unanswered(question: &Question) -> Error {
    let asked = question.text.lines().last().unwrap_or_default().trim_end_matches(':');
    Error::NoAnswer(format!("There was no answer to “{asked}”."))
}

/// The answer as the question has it: any unambiguous beginning of a choice is that choice.
fn understood(question: &Question, line: &str) -> Option<String> {
    if question.choices.is_empty() {
        return (!line.is_empty()).then(|| line.to_owned());
    }
    let line = line.trim().to_lowercase();
    let mut meant = question.choices.iter().filter(|choice| !line.is_empty() && choice.starts_with(&line));
    let choice = meant.next()?;
    meant.next().is_none().then(|| choice.clone())
}

fn read(question: &Question) -> Result<String> {
    let choices =
        if question.choices.is_empty() { String::new() } else { format!(" [{}]", question.choices.join("/")) };
    write!(std::io::stderr(), "{}{choices} ", plain(&question.text))?;
    std::io::stderr().flush()?;
    let ended = || unanswered(question);
    if question.secret && std::io::stdin().is_terminal() {
        return rpassword::read_password().map_err(|_| ended());
    }
    let mut line = String::new();
    match std::io::stdin().read_line(&mut line)? {
        0 => Err(ended()),
        _ => Ok(line.trim_end_matches(['\n', '\r']).to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_of_an_answer_is_enough() {
        let question = Question::yes_or_no("Do they match?");
        for (line, answer) in
            [("y", Some("yes")), ("YES ", Some("yes")), ("n", Some("no")), ("", None), ("maybe", None)]
        {
            assert_eq!(understood(&question, line).as_deref(), answer, "{line}");
        }
        assert_eq!(understood(&Question::secret("Password:"), " x ").as_deref(), Some(" x "));
        assert_eq!(understood(&Question::secret("Password:"), ""), None);
    }
}
