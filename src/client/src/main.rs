//! The program `thoughts`. All it does lives in the library; here is only the way in.

use std::process::ExitCode;

fn main() -> ExitCode {
    thoughts::cli::main()
}
