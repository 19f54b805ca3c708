//! `rollcall`: the command line. Each verb is one file of `commands/`.

use std::process::ExitCode;

fn main() -> ExitCode {
    rollcall::run()
}
