//! The manual page, from the definitions of the command line: one page with a section for each command.

use std::io::{Result, Write as _};

use clap::CommandFactory as _;
use clap_mangen::Man;

use crate::cli::arguments::Arguments;

/// The page in troff.
///
/// # Errors
/// Never, in practice: it is written into memory.
pub fn manual() -> Result<Vec<u8>> {
    let mut program = Arguments::command();
    program.build();
    let mut page = Vec::new();
    let man = Man::new(program.clone()).manual("User Commands");
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    writeln!(page, ".SH COMMANDS")?;
    for command in program.get_subcommands().filter(|command| command.get_name() != "help") {
        section(&mut page, command)?;
    }
    page.write_all(FILES_AND_STATUS)?;
    man.render_version_section(&mut page)?;
    Ok(page)
}

/// One command with what is its own; what holds for every command stands once, above.
fn section(page: &mut Vec<u8>, command: &clap::Command) -> Result<()> {
    let steps: Vec<_> = command.get_subcommands().filter(|step| step.get_name() != "help").collect();
    if steps.is_empty() {
        writeln!(page, ".SS {}", escaped(command.clone().render_usage().to_string().trim_start_matches("Usage: ")))?;
        writeln!(page, "{}", escaped(&command.get_about().map(ToString::to_string).unwrap_or_default()))?;
        for argument in command.get_arguments().filter(|argument| is_own(argument)) {
            writeln!(page, ".TP\n\\fB{}\\fR", escaped(&label(argument)))?;
            writeln!(page, "{}", escaped(&argument.get_help().map(ToString::to_string).unwrap_or_default()))?;
        }
    }
    steps.into_iter().try_for_each(|step| section(page, step))
}

fn is_own(argument: &clap::Arg) -> bool {
    !argument.is_global_set() && !argument.is_hide_set() && !["help", "version"].contains(&argument.get_id().as_str())
}

fn label(argument: &clap::Arg) -> String {
    let names: Vec<_> = argument.get_value_names().unwrap_or_default().iter().map(ToString::to_string).collect();
    match argument.get_long() {
        Some(long) if argument.get_action().takes_values() => format!("--{long} {}", names.join(" ")),
        Some(long) => format!("--{long}"),
        None => names.join(" "),
    }
}

/// Text as troff takes it: no line is a command, hyphens can be copied.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    text.lines()
        .map(|line| if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line.to_owned() })
        .collect::<Vec<_>>()
        .join("\n")
}

const FILES_AND_STATUS: &[u8] = b".SH FILES
.TP
\\fI$XDG_DATA_HOME/thoughts/\\fR
The accounts of this computer, a folder each: the login, the keys and the index for searches. Whoever can read it can read
everything; it is readable for its owner only. \\fBTHOUGHTS_DATA\\fR names another folder.
.SH ENVIRONMENT
.TP
\\fBTHOUGHTS_DATA\\fR
The folder in which accounts are kept.
.TP
\\fBNO_COLOR\\fR
If it is set, there are no colours.
.SH EXIT STATUS
0 if all went well, 1 if it did not (what went wrong, and the next step, is said), 2 if the command line made no sense.
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_section_and_every_option_a_line() {
        let page = String::from_utf8(manual().unwrap()).unwrap();
        for line in [".SS thoughts register", ".SS thoughts friend accept", ".SS thoughts recovery restore"] {
            assert!(page.contains(line), "{line}");
        }
        assert!(page.contains("\\fB\\-\\-password\\-stdin\\fR"));
        assert!(page.contains(".SH EXIT STATUS"));
    }

    #[test]
    fn no_text_becomes_a_command_of_troff() {
        assert_eq!(escaped(".so x\n'y\na\\b-c"), "\\&.so x\n\\&'y\na\\eb\\-c");
    }
}
