//! Starts `hxpc lsp`, from the settings or from the `PATH` of the folder that is open.

use zed_extension_api::settings::LspSettings;
use zed_extension_api::{Command, Extension, LanguageServerId, Result, Worktree, register_extension};

struct Hxp;

impl Extension for Hxp {
    fn new() -> Self {
        Self
    }

    fn language_server_command(&mut self, server: &LanguageServerId, worktree: &Worktree) -> Result<Command> {
        let binary = LspSettings::for_worktree(server.as_ref(), worktree)?.binary;
        let (path, arguments) = binary.map(|b| (b.path, b.arguments)).unwrap_or_default();
        let command = path.or_else(|| worktree.which("hxpc")).ok_or(
            "hxpc is not on the PATH; `lsp.hxpc.binary.path` in the settings says where it is",
        )?;
        let args = arguments.unwrap_or_else(|| vec!["lsp".to_owned()]);
        Ok(Command { command, args, env: worktree.shell_env() })
    }
}

register_extension!(Hxp);
