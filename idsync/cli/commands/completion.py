"""`idsync completion SHELL`: print the script that lets a shell complete commands and options."""

import click
from click.shell_completion import get_completion_class

from idsync.cli.exit_codes import ExitCode
from idsync.cli.invocation import Invocation, common_options, pass_invocation
from idsync.errors import UsageError


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@common_options()
@pass_invocation
def command(invocation: Invocation, shell: str) -> ExitCode:
    """Print the completion script of a shell.

    \b
    bash:  eval "$(idsync completion bash)"             in ~/.bashrc
    zsh:   eval "$(idsync completion zsh)"              in ~/.zshrc
    fish:  idsync completion fish > ~/.config/fish/completions/idsync.fish
    """
    from idsync.cli.application import application

    script = get_completion_class(shell)
    if script is None:
        raise UsageError(f"Completion for {shell} is not known.")
    invocation.console.result(script(application, {}, "idsync", "_IDSYNC_COMPLETE").source())
    return ExitCode.DONE
