//! What Trunk calls in place of Binaryen's `wasm-opt`: calls that, and then sorts the functions.
//!
//! Brotli finds what a function shares with another one best when the two are neighbours, and the compiler writes them in
//! the order in which it came upon them. Each followed by the one that is most like it, the download is 3 % smaller.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail};
use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{CodeSection, FunctionSection, Module};
use wasmparser::{CodeSectionReader, FunctionBody, FunctionSectionReader, Parser, Payload, TypeRef};

use crate::workspace::{Workspace, run};

/// The verb of xtask that is [`shrink`].
pub const VERB: &str = "wasm-opt";

/// A folder with a `wasm-opt` that is `xtask wasm-opt`, for the PATH of Trunk, which calls the program that `index.html`
/// asks for, or fails.
pub fn stand_in(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.target.join("xtask/stand-in");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
    let xtask = env::current_exe().context("cannot tell where xtask is")?;
    let script = format!("#!/bin/sh\nexec '{}' {VERB} \"$@\"\n", xtask.display());
    let program = folder.join("wasm-opt");
    fs::write(&program, script).with_context(|| format!("cannot write `{}`", program.display()))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
    }
    Ok(folder)
}

/// Does what `wasm-opt` is asked for, or only copies where it is not installed, and sorts the functions of what it wrote.
pub fn shrink(workspace: &Workspace, args: &[OsString]) -> Result<()> {
    let stand_in = stand_in(workspace)?;
    let is_real = |program: &PathBuf| program.parent() != Some(stand_in.as_path());
    let real = workspace.all("wasm-opt").into_iter().find(is_real);
    let texts: Vec<&str> = args.iter().filter_map(|arg| arg.to_str()).collect();
    if texts.contains(&"--version") {
        return match real {
            Some(real) => run(Command::new(real).args(args)),
            None => {
                println!("wasm-opt version 0");
                Ok(())
            }
        };
    }
    let output = texts.iter().find_map(|text| text.strip_prefix("--output="));
    let input = texts.iter().find(|text| !text.starts_with('-'));
    let (Some(input), Some(output)) = (input, output) else {
        bail!("expected an input and `--output=`");
    };
    match real {
        Some(real) => run(Command::new(real).args(args))?,
        None => fs::copy(input, output)
            .map(drop)
            .with_context(|| format!("cannot copy `{input}`"))?,
    }
    let wasm = fs::read(output).with_context(|| format!("cannot read `{output}`"))?;
    fs::write(output, sorted(&wasm)?).with_context(|| format!("cannot write `{output}`"))
}

/// Bytes of code that count as shared: an instruction or two, with what they are about.
const RUN: usize = 5;
/// A run in more functions than this tells nothing.
const MAX_SHARING: usize = 400;
/// A program of more functions, as the engine is, stays sorted by type and length: comparing takes minutes there.
const MAX_COMPARED: usize = 5_000;

/// The same program, its functions beside those that they are like.
fn sorted(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut sorter = Sorter::of(wasm)?;
    let mut module = Module::new();
    sorter
        .parse_core_module(&mut module, Parser::new(0), wasm)
        .map_err(|error| anyhow!("cannot sort the functions of the WASM: {error}"))?;
    Ok(module.finish())
}

struct Sorter {
    n_imported: u32,
    /// Which function of the program stands where, without those that it imports.
    order: Vec<usize>,
    /// Where each function of the program stands.
    places: Vec<u32>,
}

impl Sorter {
    fn of(wasm: &[u8]) -> Result<Self> {
        let (mut n_imported, mut types, mut bodies) = (0, Vec::new(), Vec::new());
        for payload in Parser::new(0).parse_all(wasm) {
            match payload.context("cannot read the WASM")? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        n_imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                    }
                }
                Payload::FunctionSection(functions) => types = functions.into_iter().collect::<Result<Vec<_>, _>>()?,
                Payload::CodeSectionEntry(body) => bodies.push(body.as_bytes()),
                _ => {}
            }
        }
        let mut order: Vec<usize> = (0..types.len().min(bodies.len())).collect();
        order.sort_by_key(|&at| (types[at], bodies[at].len()));
        if order.len() <= MAX_COMPARED {
            order = chained(&order, &bodies);
        }
        let mut places = vec![0; order.len()];
        for (place, &at) in (n_imported..).zip(&order) {
            places[at] = place;
        }
        Ok(Sorter {
            n_imported,
            order,
            places,
        })
    }
}

/// From the first of `order` on, the function that shares most with the one before; where none does, the next of `order`.
fn chained(order: &[usize], bodies: &[&[u8]]) -> Vec<usize> {
    let runs: Vec<HashSet<&[u8]>> = bodies.iter().map(|body| body.windows(RUN).collect()).collect();
    let mut with_run: HashMap<&[u8], Vec<usize>> = HashMap::new();
    for &at in order {
        for run in &runs[at] {
            with_run.entry(run).or_default().push(at);
        }
    }
    let mut is_placed = vec![false; bodies.len()];
    let mut chain: Vec<usize> = Vec::with_capacity(order.len());
    let mut rest = order.iter().copied();
    let mut next = rest.next();
    while let Some(now) = next {
        is_placed[now] = true;
        chain.push(now);
        let mut n_shared = vec![0_usize; bodies.len()];
        let telling = runs[now].iter().map(|run| &with_run[run]);
        for &other in telling.filter(|sharing| sharing.len() < MAX_SHARING).flatten() {
            n_shared[other] += 1;
        }
        // Of all that one of the two has, how much both have; the earlier of two that are as like.
        let likeness = |other: usize| {
            let n_either = runs[now].len() + runs[other].len() - n_shared[other];
            n_shared[other] as f64 / n_either as f64
        };
        let candidates = order
            .iter()
            .copied()
            .filter(|&other| !is_placed[other] && n_shared[other] > 0);
        let likest = candidates
            .rev()
            .max_by(|&one, &other| likeness(one).total_cmp(&likeness(other)));
        next = likest.or_else(|| rest.find(|&other| !is_placed[other]));
    }
    chain
}

impl Reencode for Sorter {
    type Error = Infallible;

    fn function_index(&mut self, index: u32) -> Result<u32, Error<Infallible>> {
        let own = index.checked_sub(self.n_imported).map(|own| self.places[own as usize]);
        Ok(own.unwrap_or(index))
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        let types: Vec<u32> = section.into_iter().collect::<Result<_, _>>()?;
        for &at in &self.order {
            functions.function(types[at]);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        let bodies: Vec<FunctionBody<'_>> = section.into_iter().collect::<Result<_, _>>()?;
        for at in self.order.clone() {
            self.parse_function_body(code, bodies[at].clone())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{ExportKind, ExportSection, Function, Instruction, TypeSection, ValType};
    use wasmparser::Operator;

    use super::*;

    /// A program of three functions, of which the first calls the other two.
    fn program() -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([], [ValType::I32]);
        types.ty().function([], []);
        let mut functions = FunctionSection::new();
        functions.function(1).function(0).function(0);
        let mut exports = ExportSection::new();
        exports.export("first", ExportKind::Func, 0);
        let mut code = CodeSection::new();
        let bodies: [&[Instruction<'_>]; 3] = [
            &[
                Instruction::Call(1),
                Instruction::Drop,
                Instruction::Call(2),
                Instruction::Drop,
            ],
            &[Instruction::I32Const(100_000)],
            &[Instruction::I32Const(7)],
        ];
        for instructions in bodies {
            let mut body = Function::new([]);
            for instruction in instructions {
                body.instruction(instruction);
            }
            body.instruction(&Instruction::End);
            code.function(&body);
        }
        let mut module = Module::new();
        module
            .section(&types)
            .section(&functions)
            .section(&exports)
            .section(&code);
        module.finish()
    }

    /// What each function does, in order, and what is exported.
    fn told(wasm: &[u8]) -> Vec<String> {
        let mut told = Vec::new();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload.unwrap() {
                Payload::CodeSectionEntry(body) => {
                    let operators: Vec<Operator<'_>> = body
                        .get_operators_reader()
                        .unwrap()
                        .into_iter()
                        .collect::<Result<_, _>>()
                        .unwrap();
                    told.push(format!("{operators:?}"));
                }
                Payload::ExportSection(exports) => {
                    told.extend(
                        exports
                            .into_iter()
                            .map(|export| format!("exports {}", export.unwrap().index)),
                    );
                }
                _ => {}
            }
        }
        told
    }

    #[test]
    fn sorted_functions_call_whom_they_called() {
        let sorted = sorted(&program()).unwrap();
        assert_eq!(
            told(&sorted),
            [
                "exports 2",
                "[I32Const { value: 7 }, End]",
                "[I32Const { value: 100000 }, End]",
                "[Call { function_index: 1 }, Drop, Call { function_index: 0 }, Drop, End]",
            ]
        );
        assert_eq!(super::sorted(&sorted).unwrap(), sorted);
    }

    #[test]
    fn each_function_is_followed_by_the_one_most_like_it() {
        let bodies: [&[u8]; 5] = [
            b"left and right",
            b"0123456789",
            b"left and wrong",
            b"xyz",
            b"left and righty",
        ];
        assert_eq!(chained(&[0, 1, 2, 3, 4], &bodies), [0, 4, 2, 1, 3]);
    }

    #[test]
    fn what_is_no_wasm_is_refused() {
        sorted(b"\0asm but not really").unwrap_err();
    }
}
